"""What Lambda tells a function about the run that it is in."""


class Context:
    """A run of some function that has so many milliseconds left, whenever it asks."""

    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id = "5f0e1c2d-0000-4000-8000-000000000000"

    def __init__(self, milliseconds: int = 60_000) -> None:
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds
