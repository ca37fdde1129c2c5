"""Agents, calls and queues have a fake and an id in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from ._fake import FakeFinesse


class Handle:
    def __init__(self, fake: FakeFinesse, id: Union[str, int]) -> None:
        self.fake = fake
        self.id = id

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"
