"""The workspace: the tenant's own settings."""
