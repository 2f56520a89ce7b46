"""Takes events over HTTP: authenticates, checks, corrects, and queues them before answering."""
