"""An operator at the `rapport` command, against a stack."""

from typing import Any

from typer.testing import CliRunner

from cli.doctor import Outside
from cli.main import Desk, app
from infra.local.stack import LocalStack


class Operator:
    """Runs commands and sees what they say; one that fails unexpectedly fails the test."""

    def __init__(self, stack: LocalStack) -> None:
        self._target = ("--url", stack.api_url, "--key", stack.admin_key())
        self._outside = Outside(account=stack)

    def says(self, *words: Any, code: int = 0) -> str:
        """What a command says, on either stream, when it ends with this code."""
        # Wide enough for whatever titles other scenarios have left in a list.
        runner = CliRunner(env={"COLUMNS": "1000", "NO_COLOR": "1"})
        result = runner.invoke(
            app, [*self._target, *map(str, words)], obj=Desk(outside=self._outside)
        )
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, f"rapport {words}: {result.output}"
        return result.output

    def listed(self, journey_id: str) -> list[str]:
        """The line of `journey list` about a journey, word by word from the status on."""
        lines = self.says("journey", "list").splitlines()
        (line,) = [each for each in lines if each.split()[:1] == [journey_id]]
        return line.split()[-5:]
