"""Carries out what journeys do beside sending."""
