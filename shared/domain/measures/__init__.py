"""Measures: what is kept of certain events, so that conditions need not read a history again."""
