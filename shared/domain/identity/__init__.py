"""Identity: which identifiers point to which profile, and what a claim may change."""
