"""Audiences: who belongs to a segment, list or condition, written down for somebody else."""
