"""Finds or makes the profile of each event and writes the event into its partition, once."""
