"""Acts of agents and calls. Made by packages/make.py from crates/fake/src/control/openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

from ._handle import Handle

if TYPE_CHECKING:
    from ._handles import Call

AgentSelf = TypeVar("AgentSelf", bound="AgentActs")
CallSelf = TypeVar("CallSelf", bound="CallActs")


class AgentActs(Handle):
    def accept(self: AgentSelf) -> AgentSelf:
        """`accept`. The agent acts on the last of its calls that allows the act."""
        self.fake.ask("POST", "/agents/{id}/accept", {"id": self.id})
        return self

    def answer(self: AgentSelf) -> AgentSelf:
        """`answer`. The agent acts on the last of its calls that allows the act."""
        self.fake.ask("POST", "/agents/{id}/answer", {"id": self.id})
        return self

    def barge_in(self: AgentSelf) -> AgentSelf:
        """A supervisor who listens comes into the call."""
        self.fake.ask("POST", "/agents/{id}/barge-in", {"id": self.id})
        return self

    def call(self, number: str) -> Call:
        """The agent calls a number."""
        return self.fake.call(self.fake.ask("POST", "/agents/{id}/call", {"id": self.id}, {"number": number})["id"])

    def cancel_callback(self: AgentSelf) -> AgentSelf:
        """`cancel-callback`. The agent acts on the last of its calls that allows the act."""
        self.fake.ask("POST", "/agents/{id}/cancel-callback", {"id": self.id})
        return self

    def close(self: AgentSelf) -> AgentSelf:
        """`close`. The agent acts on the last of its calls that allows the act."""
        self.fake.ask("POST", "/agents/{id}/close", {"id": self.id})
        return self

    def conference(self: AgentSelf) -> AgentSelf:
        """`conference`. The agent acts on the last of its calls that allows the act."""
        self.fake.ask("POST", "/agents/{id}/conference", {"id": self.id})
        return self

    def consult(self, number: str) -> Call:
        """The agent holds its call and calls a number about it; the answer is the consultation."""
        return self.fake.call(self.fake.ask("POST", "/agents/{id}/consult", {"id": self.id}, {"number": number})["id"])

    def drop_participant(self: AgentSelf, address: str) -> AgentSelf:
        """The agent takes another party out of a conference."""
        self.fake.ask("POST", "/agents/{id}/drop-participant", {"id": self.id}, {"address": address})
        return self

    def hang_up(self: AgentSelf) -> AgentSelf:
        """`hang-up`. The agent acts on the last of its calls that allows the act."""
        self.fake.ask("POST", "/agents/{id}/hang-up", {"id": self.id})
        return self

    def hold(self: AgentSelf) -> AgentSelf:
        """`hold`. The agent acts on the last of its calls that allows the act."""
        self.fake.ask("POST", "/agents/{id}/hold", {"id": self.id})
        return self

    def listen_to(self, agent: str) -> Call:
        """A supervisor listens to an agent of a supervised team; the answer is the supervisor's own call."""
        return self.fake.call(self.fake.ask("POST", "/agents/{id}/listen-to", {"id": self.id}, {"agent": agent})["id"])

    def preview(self, campaign: str, number: str) -> Call:
        """A dialer offers a customer to an agent that is READY; the answer is the reservation."""
        return self.fake.call(self.fake.ask("POST", "/agents/{id}/preview", {"id": self.id}, {"campaign": campaign, "number": number})["id"])

    def reclassify(self: AgentSelf, classification: Literal["VOICE", "FAX", "ANS_MACHINE", "INVALID", "BUSY", "DO_NOT_CALL"]) -> AgentSelf:
        """The agent says what it found at the other end of its outbound call."""
        self.fake.ask("POST", "/agents/{id}/reclassify", {"id": self.id}, {"classification": classification})
        return self

    def reject(self: AgentSelf) -> AgentSelf:
        """`reject`. The agent acts on the last of its calls that allows the act."""
        self.fake.ask("POST", "/agents/{id}/reject", {"id": self.id})
        return self

    def retrieve(self: AgentSelf) -> AgentSelf:
        """`retrieve`. The agent acts on the last of its calls that allows the act."""
        self.fake.ask("POST", "/agents/{id}/retrieve", {"id": self.id})
        return self

    def ring(self, from_: str) -> Call:
        """A call from outside rings."""
        return self.fake.call(self.fake.ask("POST", "/agents/{id}/ring", {"id": self.id}, {"from": from_})["id"])

    def schedule_callback(self: AgentSelf, time: str) -> AgentSelf:
        """The agent schedules a callback to the customer of its outbound call."""
        self.fake.ask("POST", "/agents/{id}/schedule-callback", {"id": self.id}, {"time": time})
        return self

    def send_dtmf(self: AgentSelf, digits: str) -> AgentSelf:
        """The agent sends digits as tones."""
        self.fake.ask("POST", "/agents/{id}/send-dtmf", {"id": self.id}, {"digits": digits})
        return self

    def start_recording(self: AgentSelf) -> AgentSelf:
        """`start-recording`. The agent acts on the last of its calls that allows the act."""
        self.fake.ask("POST", "/agents/{id}/start-recording", {"id": self.id})
        return self

    def transfer(self: AgentSelf) -> AgentSelf:
        """`transfer`. The agent acts on the last of its calls that allows the act."""
        self.fake.ask("POST", "/agents/{id}/transfer", {"id": self.id})
        return self

    def transfer_to(self: AgentSelf, number: str) -> AgentSelf:
        """The agent sends its call to a number and leaves, without a consultation."""
        self.fake.ask("POST", "/agents/{id}/transfer-to", {"id": self.id}, {"number": number})
        return self


class CallActs(Handle):
    def answer(self: CallSelf) -> CallSelf:
        """`answer`. An agent or the other side acts on a call."""
        self.fake.ask("POST", "/calls/{id}/answer", {"id": self.id})
        return self

    def fails(self: CallSelf, cause: Literal["BUSY", "BAD_DESTINATION", "OTHER"]) -> CallSelf:
        """A call that an agent has made fails."""
        self.fake.ask("POST", "/calls/{id}/fails", {"id": self.id}, {"cause": cause})
        return self

    def hang_up(self: CallSelf) -> CallSelf:
        """`hang-up`. An agent or the other side acts on a call."""
        self.fake.ask("POST", "/calls/{id}/hang-up", {"id": self.id})
        return self

    def hold(self: CallSelf) -> CallSelf:
        """`hold`. An agent or the other side acts on a call."""
        self.fake.ask("POST", "/calls/{id}/hold", {"id": self.id})
        return self

    def other_side_answers(self: CallSelf) -> CallSelf:
        """`other-side-answers`. An agent or the other side acts on a call."""
        self.fake.ask("POST", "/calls/{id}/other-side-answers", {"id": self.id})
        return self

    def other_side_hangs_up(self: CallSelf) -> CallSelf:
        """`other-side-hangs-up`. An agent or the other side acts on a call."""
        self.fake.ask("POST", "/calls/{id}/other-side-hangs-up", {"id": self.id})
        return self

    def retrieve(self: CallSelf) -> CallSelf:
        """`retrieve`. An agent or the other side acts on a call."""
        self.fake.ask("POST", "/calls/{id}/retrieve", {"id": self.id})
        return self

    def set_variable(self: CallSelf, name: str, value: str) -> CallSelf:
        """Sets a call variable."""
        self.fake.ask("POST", "/calls/{id}/set-variable", {"id": self.id}, {"name": name, "value": value})
        return self

    def set_wrap_up_reason(self: CallSelf, reason: str) -> CallSelf:
        """Sets the reason of the wrap-up."""
        self.fake.ask("POST", "/calls/{id}/set-wrap-up-reason", {"id": self.id}, {"reason": reason})
        return self
