"""Answers the links of messages, without a login: who has the link may do what it says."""
