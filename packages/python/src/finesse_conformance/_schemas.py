"""Objects of the control port. Made by packages/make.py from crates/fake/src/control/openapi.json."""

from typing import Any, Dict, List, Literal, TypedDict, Union


class Error(TypedDict):
    error: str
    """The mistake, and its repair."""


_ExplanationReserved = TypedDict("_ExplanationReserved", {"or": Union[str, None]})


class Explanation(_ExplanationReserved):
    good: bool
    first_broken_step: str
    """`none` if nothing broke."""
    fault: str
    """client, server, proxy, certificate, configuration, or none."""
    finding: str
    """The failure, in a sentence."""
    findings: List[Dict[str, Any]]
    steps: List[Dict[str, Any]]
    connections: List[Dict[str, Any]]
    files: List[Dict[str, Any]]


class FaultParameterValues(TypedDict):
    value: str
    does: str


class FaultParameter(TypedDict):
    name: str
    does: str
    kind: str
    """The kind of its value, e.g. DURATION."""
    usual: Union[str, None]
    """The value that it has where none is given."""
    values: List[FaultParameterValues]
    """All values, if there is a list of them."""


class SaidRequest(TypedDict):
    method: str
    target: str
    """Path and query."""
    body: str


class SaidAnswer(TypedDict):
    status: int
    body: str


class _Said(TypedDict, total=False):
    request: SaidRequest
    """The request of the REST API that this is, or answers."""
    answer: SaidAnswer
    """The answer of the REST API that this is."""


class Said(_Said):
    number: int
    """Counted from the start of the fake."""
    at: float
    """Seconds of server time since the start."""
    connection: int
    """Counted from 1; 0 is the fake itself."""
    who: Union[str, None]
    """Full JID, or account."""
    speaker: Literal["client", "server", "nobody"]
    kind: Literal["http", "text", "binary", "control", "octets", "fact"]
    text: str


class Session(TypedDict):
    connection: int
    account: Union[str, None]
    jid: Union[str, None]
    phase: Literal["connected", "upgraded", "open", "authenticated", "bound", "available", "closing", "ghost"]
    since: float
    """Seconds of server time."""


class Fault(TypedDict):
    id: int
    fault: str
    """The fault as written, with its defaults."""
    does: str
    struck: int
    """Number of times."""


class Expectation(TypedDict):
    id: int
    pattern: str
    at_least: int
    at_most: Union[int, None]
    came: int
    met: bool


class Named(TypedDict):
    id: str
    name: str


class Reason(TypedDict):
    id: int
    code: int
    """The code in reports."""
    label: str
    category: str
    system: bool
    """Only the system uses it."""


AgentState = Literal["LOGOUT", "NOT_READY", "READY", "RESERVED", "RESERVED_OUTBOUND", "RESERVED_OUTBOUND_PREVIEW", "TALKING", "HOLD", "WORK", "WORK_READY"]


class AgentViewMobile(TypedDict):
    mode: str
    dial_number: str


class AgentViewWrapUp(TypedDict):
    incoming: str
    outgoing: str
    seconds: int


class _AgentView(TypedDict, total=False):
    mobile: AgentViewMobile
    """The phone with which it signed in as a mobile agent."""
    devices: List[Named]
    """The devices of its extension, if there are several to choose from."""
    active_device: str
    """The id of the device with which it signed in."""


class AgentView(_AgentView):
    id: str
    login_name: str
    first_name: str
    last_name: str
    extension: str
    team: Named
    supervises: List[Named]
    state: AgentState
    pending_state: Union[AgentState, None]
    allowed: List[Literal["LOGIN", "READY", "NOT_READY", "WORK", "LOGOUT"]]
    """The changes of state that may be asked for now."""
    reason: Union[Reason, None]
    since: Union[str, None]
    wrap_up: AgentViewWrapUp
    call: Union[int, None]
    """The last of its calls."""
    calls: List[int]
    present: bool
    """Whether its client is available."""


class CallViewParties(TypedDict):
    address: str
    agent: Union[str, None]
    state: str
    cause: Union[str, None]
    actions: List[str]
    began: str
    since: str


class CallViewOutboundCallback(TypedDict):
    time: str
    number: str


class _CallViewOutbound(TypedDict, total=False):
    classification: str
    callback: CallViewOutboundCallback


class CallViewOutbound(_CallViewOutbound):
    number: str
    """The number of the customer."""


_CallViewReserved = TypedDict("_CallViewReserved", {"from": str})


class _CallView(TypedDict, total=False):
    associated: int
    """The call that a consultation or a listening supervisor is about."""
    wrap_up_reason: str
    outbound: CallViewOutbound
    """The dialer's side of the call, if a dialer began it."""


class CallView(_CallView, _CallViewReserved):
    id: int
    state: str
    to: str
    dialed: str
    call_type: str
    queue: Union[Named, None]
    parties: List[CallViewParties]
    variables: List[List[str]]


class Acted(TypedDict):
    call: Union[CallView, None]
    """null when the call has ended."""
    agents: Dict[str, str]
    """States of the agents that are signed in."""


class Queue(TypedDict):
    id: str
    name: str
    number: str
    statistics: Dict[str, Any]


class World(TypedDict):
    flavour: Literal["ccx", "cce"]
    teams: List[Named]
    agents: List[AgentView]
    calls: List[CallView]
    queues: List[Queue]
