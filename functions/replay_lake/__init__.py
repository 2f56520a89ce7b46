"""Makes people again from the lake, a stretch at a time."""
