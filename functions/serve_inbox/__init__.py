"""Serves what pages and apps show: the inbox of a person, and the widget that shows it."""
