"""Reads the stream of profiles: writes applied events and changes of identity to the lake."""
