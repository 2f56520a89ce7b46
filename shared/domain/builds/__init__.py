"""Builds: judging everybody by a definition that is new or means something else now."""
