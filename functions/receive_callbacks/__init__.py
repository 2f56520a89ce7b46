"""Takes what providers tell: makes sure who told it, queues it, and answers at once."""
