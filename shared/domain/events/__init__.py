"""Behaviour events: what a profile did, as received, checked and corrected."""
