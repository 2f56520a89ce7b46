"""Sends everybody who comes due within the next minutes to the queue of update_tags."""
