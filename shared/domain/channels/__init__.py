"""What each channel carries and whom it reaches: one file a channel, one row in the catalog."""
