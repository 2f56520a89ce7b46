"""Profiles: traits, state and what an evaluator may see of one person."""
