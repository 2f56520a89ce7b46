"""Conditions in words: what both languages share, and one module for each language."""
