"""The pure core: no AWS, no clock, no environment, no randomness, no I/O."""
