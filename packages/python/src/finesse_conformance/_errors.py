"""Errors of the package."""


class StartFailed(RuntimeError):
    """The program did not start, or was not ready in time. The message has its standard error."""


class FakeError(RuntimeError):
    """The control port refused a request. The message says what would be right."""

    def __init__(self, message: str, status: int, route: str) -> None:
        super().__init__(message)
        self.status = status
        self.route = route


class ExpectationNotMet(AssertionError):
    """A message that was expected, or waited for, did not come, or came too often. The message shows the nearest ones."""
