"""The only code that speaks to AWS: key builders, stores, queues, bus and mailers."""
