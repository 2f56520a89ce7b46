"""One small file for each kind of step, all of one shape: what it answers to a stimulus."""
