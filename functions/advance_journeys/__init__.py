"""Enrols, wakes and ends people in journeys when a domain event says so."""
