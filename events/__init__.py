"""Contracts on the bus: the domain events that Rapport publishes, past tense, versioned."""
