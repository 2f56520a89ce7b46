"""Carries broadcasts on: who is in them, whom to ask next, asking them, and which variant won."""
