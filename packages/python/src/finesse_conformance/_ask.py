"""Requests to the control port. They use `http.client`, which no variable sends to a proxy."""

import http.client
import json
from typing import Any, Mapping, Optional, Union
from urllib.parse import quote, urlencode, urlsplit

from ._errors import ExpectationNotMet, FakeError

EXPECT = ("/verify", "/wait")
"""Routes whose 409 is an expectation that is not met."""


def ask_text(
    control: str,
    method: str,
    route: str,
    path: Optional[Mapping[str, Union[str, int]]] = None,
    body: Any = None,
    query: Optional[Mapping[str, Any]] = None,
) -> str:
    """Sends a request, and returns the text of the answer. `path` fills in the route. A body of bytes is sent as it is."""
    target = route
    for name, value in (path or {}).items():
        target = target.replace(f"{{{name}}}", quote(str(value), safe=""))
    given = {name: value for name, value in (query or {}).items() if value is not None}
    if given:
        target += "?" + urlencode(given)
    connection = http.client.HTTPConnection(urlsplit(control).netloc)
    try:
        connection.request(method, target, body if body is None or isinstance(body, bytes) else json.dumps(body))
        answer = connection.getresponse()
        status, text = answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        message = f"the fake does not answer at {control}; has it been stopped? ({error})"
        raise FakeError(message, 0, f"{method} {route}") from error
    finally:
        connection.close()
    if status < 300:
        return text
    message = json.loads(text)["error"]
    if status == 409 and route in EXPECT:
        raise ExpectationNotMet(message)
    raise FakeError(message, status, f"{method} {route}")
