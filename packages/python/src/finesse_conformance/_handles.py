"""Agents, calls and queues. Their acts are made from the OpenAPI document, in _acts.py."""

from __future__ import annotations

from typing import Any, Optional

from ._acts import AgentActs, CallActs
from ._handle import Handle
from ._schemas import AgentState, AgentView, CallView
from ._schemas import Queue as QueueView


class Agent(AgentActs):
    """An agent. A change is published before the method returns; one that the state does not allow raises an error."""

    def view(self) -> AgentView:
        view: AgentView = self.fake.ask("GET", "/agents/{id}", {"id": self.id})
        return view

    @property
    def state(self) -> AgentState:
        return self.view()["state"]

    def login(self, *, extension: Optional[str] = None) -> Agent:
        """Signs in, at its own extension or another. The state is then NOT_READY."""
        return self._change("LOGIN", extension=extension)

    def ready(self, *, by: Optional[str] = None) -> Agent:
        """Requests READY; `by` is the id of a supervisor who does it."""
        return self._change("READY", by=by)

    def not_ready(self, reason: Optional[int] = None, *, by: Optional[str] = None) -> Agent:
        """Requests NOT_READY, perhaps with the id of a reason."""
        return self._change("NOT_READY", reason=reason, by=by)

    def work(self) -> Agent:
        """Requests the wrap-up."""
        return self._change("WORK")

    def logout(self, reason: Optional[int] = None, *, by: Optional[str] = None) -> Agent:
        """Signs out, perhaps with the id of a reason."""
        return self._change("LOGOUT", reason=reason, by=by)

    def _change(self, state: str, **members: Any) -> Agent:
        given = {name: value for name, value in members.items() if value is not None}
        self.fake.ask("POST", "/agents/{id}/state", {"id": self.id}, {"state": state, **given})
        return self


class Call(CallActs):
    """A call, which clients know as a dialog. With several agents in it, the first acts that may."""

    def view(self) -> CallView:
        view: CallView = self.fake.ask("GET", "/calls/{id}", {"id": self.id})
        return view

    @property
    def state(self) -> str:
        return self.view()["state"]


class Queue(Handle):
    def view(self) -> QueueView:
        queues = self.fake.queues()
        for queue in queues:
            if queue["id"] == self.id:
                return queue
        raise LookupError(f"no queue has the id {self.id}; there are {', '.join(queue['id'] for queue in queues)}")

    def call_from(self, number: str) -> Optional[Call]:
        """A caller dials the queue. None if the caller waits: no agent is READY."""
        call = self.fake.ask("POST", "/queues/{id}/call", {"id": self.id}, {"from": number})["call"]
        return self.fake.call(call["id"]) if call else None
