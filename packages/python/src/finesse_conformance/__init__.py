"""A fake Cisco Finesse notification server for tests of clients.

    with FakeFinesse(users={"1001": "secret"}) as fake:
        client = connect(fake.url, ssl=fake.ssl_context)
        fake.wait_for("<presence/>")
        fake.agent("1001").login().ready().ring("5550100").answer()
"""

from ._errors import ExpectationNotMet, FakeError, StartFailed
from ._fake import FakeFinesse
from ._handles import Agent, Call, Queue
from ._program import program

__all__ = ["Agent", "Call", "ExpectationNotMet", "FakeError", "FakeFinesse", "Queue", "StartFailed", "program"]
