"""`python -m cli` is the `rapport` command."""

from cli.main import app

app(prog_name="rapport")
