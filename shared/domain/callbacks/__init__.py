"""What providers tell us that people did: follows, messages, scans, consents."""
