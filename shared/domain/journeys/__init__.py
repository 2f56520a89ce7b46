"""Journeys: the definition, the one interpreter, and its compilation to Step Functions."""
