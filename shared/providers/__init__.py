"""Who carries messages out: one folder a provider, each with the same three files.

`request.py` builds what is sent, with its signature (pure); `answers.py` reads what came back into
the closed set of answers (pure); `sender.py` makes the one call.
"""
