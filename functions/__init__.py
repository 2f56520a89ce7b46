"""One folder per Lambda function: handler (trigger glue), usecase (what it does), settings."""
