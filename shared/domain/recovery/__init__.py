"""People made again from the lake: what its rows say, and how far a replay is."""
