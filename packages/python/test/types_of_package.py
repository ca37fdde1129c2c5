"""The types, as a strict checker reads them. Nothing here runs."""

import ssl
from typing import Optional

from finesse_conformance import Call, FakeFinesse

with FakeFinesse(users={"1001": "secret"}, pair=True) as fake:
    context: Optional[ssl.SSLContext] = fake.ssl_context
    call: Call = fake.agent("1001").login().ready().ring("5550100")
    state: str = call.answer().hang_up().state
    number: int = fake.wait_for("<presence/>", within="10s")["number"]
    fake.agent("1001").reclassify("CAT")  # type: ignore[arg-type]
    fake.agent("1001").fly()  # type: ignore[attr-defined]
FakeFinesse(user={})  # type: ignore[call-arg]
