"""The admin API: definitions, publishing, profiles and figures."""
