"""Erases a person everywhere, stage by stage, and leaves a receipt that names nobody."""
