"""Backtests: what a journey would have done in a past period, told from the events of then."""
