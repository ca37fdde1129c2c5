"""A fake in a process of its own, driven by its control port."""

from __future__ import annotations

import base64
import json
import ssl
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Dict, List, Literal, Mapping, Optional, Sequence, Type, TypedDict, Union

from ._ask import ask_text
from ._handles import Agent, Call, Queue
from ._launch import Process
from ._options import Duration, Either, Text, duration, words
from ._program import program as find
from ._schemas import AgentView, CallView, Expectation, Explanation, Fault, FaultParameter, Said, Session, World
from ._schemas import Queue as QueueView

SystemStatus = Literal["IN_SERVICE", "OUT_OF_SERVICE"]


class Transcript(TypedDict):
    forgotten: int
    """The number of entries before the first that are no longer kept."""
    said: List[Said]


class FaultRow(TypedDict):
    name: str
    usage: str
    does: str
    parameters: List[FaultParameter]


class FakeFinesse:
    """A fake Finesse notification server in a process of its own, which ends with this process at the latest.

    As a context manager it judges its expectations at the end, unless the block raised an error, and stops. The methods block;
    in `asyncio`, call those that wait by `asyncio.to_thread`.

    :param users: accounts, each an agent: names with passwords. A name such as `agent00001..05000` is a range.
        Default: 1001 to 1010, `secret`.
    :param world: a TOML file with teams, agents, queues and reason codes
    :param domain: the XMPP domain; default `finesse.example.com`
    :param profile: `finesse` (default), `openfire-4.4` or `strict`
    :param plain: `ws://` instead of `wss://`
    :param listen: address and port, or a port of 127.0.0.1; default a free one
    :param pair: two servers with one world, the other is `second`; with an address, the second listens there
    :param faults: faults from the start, such as `drop-tcp after=success times=2`
    :param nodes: pubsub nodes that every account may subscribe to
    :param traffic: simulated calls a minute
    :param seed: the seed of the traffic
    :param speed: how many times as fast as the clock on the wall the server's time passes
    :param collections: the length of every list in answers and events: 0, 1, 2 or `many`
    :param values: `hostile` gives names, numbers and call variables texts that clients stumble over
    :param cross_origin: pages of other origins may use the REST API
    :param rest: serve the REST API, whatever the profile
    :param www: a folder whose files are served beside the API
    :param also: serve at these ports too, with and without TLS; True is for 7071, 7443 and 8082
    :param xmpp: serve XMPP over TCP at these ports, with and without TLS; True is for 5222 and 5223
    :param hints: listen at these ports too, and tell each caller the right one; True is for 5222, 5223, 7071 and 7443
    :param log: a file to which a line about each event of a client is appended
    :param args: further words for `finesse-conformance mock`
    :param program: the program; default the variable FINESSE_CONFORMANCE, or else the one that was installed with this package
    :param start_within: seconds that the start may take
    """

    url: str
    """The WebSocket of the notification service."""
    bosh_url: str
    rest_url: Optional[str]
    """The REST API, `https://…/finesse/api/`; None if it is not served."""
    www_url: Optional[str]
    also_ports: List[int]
    xmpp_ports: List[int]
    hint_ports: List[int]
    domain: str
    pubsub_host: str
    """The XMPP address of the publish-subscribe service."""
    users: List[str]
    control: str
    """The URL of the control port."""
    token: str
    """The token that a browser needs at the control port."""
    ca_file: Optional[str]
    """The authority to trust, as a PEM file, until the fake is stopped: `requests.get(url, verify=fake.ca_file)`. None with `plain`."""
    ca: Optional[str]
    """The same as text."""
    second: Optional[FakeFinesse]
    """The other server of a pair. Both stop together."""

    def __init__(
        self,
        *,
        users: Mapping[str, str] = {},
        world: Optional[Text] = None,
        domain: Optional[str] = None,
        profile: Optional[Literal["finesse", "openfire-4.4", "strict"]] = None,
        plain: bool = False,
        listen: Union[str, int, None] = None,
        pair: Union[bool, str, int] = False,
        faults: Sequence[str] = (),
        nodes: Sequence[str] = (),
        traffic: Optional[int] = None,
        seed: Optional[int] = None,
        speed: Optional[int] = None,
        collections: Union[Literal["many"], int, None] = None,
        values: Optional[str] = None,
        cross_origin: bool = False,
        rest: bool = False,
        www: Optional[Text] = None,
        also: Either = False,
        xmpp: Either = False,
        hints: Either = False,
        log: Optional[Text] = None,
        args: Sequence[str] = (),
        program: Optional[Text] = None,
        start_within: float = 10,
    ) -> None:
        valued = {
            "collections": collections,
            "domain": domain,
            "listen": listen,
            "log": log,
            "profile": profile,
            "seed": seed,
            "speed": speed,
            "traffic": traffic,
            "values": values,
            "world": world,
            "www": www,
        }
        switches = {"cross_origin": cross_origin, "plain": plain, "rest": rest}
        asked = words(valued, switches, {"fault": faults, "node": nodes}, {"also": also, "xmpp": xmpp, "hint": hints, "pair": pair}, users, args)
        path = find(None if program is None else str(program))
        self._process = Process(path, asked, start_within)
        said = self._process.said
        try:
            ca = Path(said["ca"]).read_text(encoding="ascii") if said["ca"] else None
        except BaseException:
            self._process.stop()
            raise
        self._describe(said, said["ca"], ca)
        self.second = None
        if "second" in said:
            self.second = FakeFinesse.__new__(FakeFinesse)
            self.second._process = self._process
            self.second.second = None
            self.second._describe(said["second"], said["ca"], ca)

    def _describe(self, said: Dict[str, Any], ca_file: Optional[str], ca: Optional[str]) -> None:
        self.url, self.bosh_url, self.rest_url, self.www_url = said["url"], said["bosh"], said["rest"], said["www"]
        self.also_ports, self.xmpp_ports, self.hint_ports = said["also"], said["xmpp"], said["hints"]
        self.domain, self.pubsub_host, self.users = said["domain"], said["pubsub"], said["users"]
        self.control, self.token = said["control"], said["token"]
        self.ca_file, self.ca = ca_file, ca

    def __repr__(self) -> str:
        return f"<FakeFinesse {self.url}>"

    @cached_property
    def ssl_context(self) -> Optional[ssl.SSLContext]:
        """Trusts the authority: `websockets.sync.client.connect(fake.url, ssl=fake.ssl_context)`. None with `plain`."""
        return None if self.ca is None else ssl.create_default_context(cadata=self.ca)

    @property
    def env(self) -> Dict[str, str]:
        """Variables by which a child process trusts the authority: SSL_CERT_FILE, REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS."""
        names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
        return {} if self.ca_file is None else dict.fromkeys(names, self.ca_file)

    def ask(
        self,
        method: str,
        route: str,
        path: Optional[Mapping[str, Union[str, int]]] = None,
        body: Any = None,
        query: Optional[Mapping[str, Any]] = None,
    ) -> Any:
        """A request to the control port, for what has no method here. `path` fills in names in the route."""
        return json.loads(ask_text(self.control, method, route, path, body, query))

    # Connected clients and the transcript.

    def about(self) -> Dict[str, Any]:
        """Version, profile and addresses of the fake, and the routes of its control port."""
        about: Dict[str, Any] = self.ask("GET", "/")
        return about

    def sessions(self) -> List[Session]:
        """The connected clients."""
        sessions: List[Session] = self.ask("GET", "/sessions")["sessions"]
        return sessions

    def transcript(self, *, connection: Optional[int] = None, after: Optional[int] = None) -> Transcript:
        """All that was said, without passwords; perhaps only by one connection, or in entries after a number."""
        transcript: Transcript = self.ask("GET", "/transcript", query={"connection": connection, "after": after})
        return transcript

    def transcript_text(self, *, connection: Optional[int] = None, after: Optional[int] = None) -> str:
        """The same as text, one line for each entry."""
        query = {"connection": connection, "after": after, "format": "text"}
        return ask_text(self.control, "GET", "/transcript", query=query)

    def clear_transcript(self) -> None:
        self.ask("DELETE", "/transcript")

    def explain(self, file: Union[str, bytes]) -> Explanation:
        """At which step a conversation in a file broke, and whose fault it is: a HAR, a log of a console, a transcript."""
        octets = file.encode() if isinstance(file, str) else file
        explanation: Explanation = self.ask("POST", "/explain", body=octets)
        return explanation

    # Messages.

    def wait_for(self, pattern: str, *, within: Optional[Duration] = None) -> Said:
        """Waits until a client has sent a message or request that fits the pattern, or has an answer that fits.

        Each message ends one wait, also one that came before. `within` is in seconds, or text such as `10s`; default `5s`.
        Raises ExpectationNotMet, which shows the nearest messages.
        """
        given = {} if within is None else {"within": duration(within)}
        said: Said = self.ask("POST", "/wait", body={"pattern": pattern, **given})
        return said

    def expect(
        self, pattern: str, *, times: Optional[int] = None, at_least: Optional[int] = None, at_most: Optional[int] = None
    ) -> Expectation:
        """Expects a message from now on, at least once unless set otherwise. `verify` judges it, and so does the end of `with`."""
        counts = {"times": times, "at_least": at_least, "at_most": at_most}
        given = {name: count for name, count in counts.items() if count is not None}
        expectation: Expectation = self.ask("POST", "/expectations", body={"pattern": pattern, **given})
        return expectation

    def expectations(self) -> List[Expectation]:
        """The expectations, and how often each came."""
        expectations: List[Expectation] = self.ask("GET", "/expectations")["expectations"]
        return expectations

    def verify(self) -> None:
        """Judges all expectations and removes them. Raises ExpectationNotMet, which shows the nearest messages."""
        self.ask("POST", "/verify")

    def publish(self, node: str, payload: str) -> None:
        """Publishes one XML element to a node, in the server's own name."""
        self.ask("POST", "/publish", body={"node": node, "payload": payload})

    def inject(self, to: str, what: Union[str, bytes]) -> int:
        """Sends a text message, or octets below WebSocket, unasked and unchecked. Returns the number of connections."""
        said = {"text": what} if isinstance(what, str) else {"octets": base64.b64encode(what).decode()}
        sent: int = self.ask("POST", "/inject", body={"to": to, **said})["sent"]
        return sent

    def kick(self, who: str) -> int:
        """Ends sessions as an administrator does: of a user, a JID, or `#` and the number of a connection. Returns their number."""
        kicked: int = self.ask("POST", "/kick", body={"who": who})["kicked"]
        return kicked

    # Faults.

    def fault(self, fault: str) -> Fault:
        """Misbehaves from now on, e.g. `drop-tcp after=event nth=1`."""
        added: Fault = self.ask("POST", "/faults", body={"fault": fault})
        return added

    def faults(self) -> List[Fault]:
        """The present faults, and how often each has struck."""
        faults: List[Fault] = self.ask("GET", "/faults")["faults"]
        return faults

    def remove_fault(self, id: int) -> None:
        self.ask("DELETE", "/faults/{id}", {"id": id})

    def remove_faults(self) -> None:
        self.ask("DELETE", "/faults")

    def fault_table(self) -> List[FaultRow]:
        """The names of all faults, and what each does."""
        table: List[FaultRow] = self.ask("GET", "/faults/table")["table"]
        return table

    # The contact centre.

    def agent(self, id: Union[str, int]) -> Agent:
        return Agent(self, str(id))

    def call(self, id: int) -> Call:
        return Call(self, id)

    def queue(self, id: Union[str, int]) -> Queue:
        return Queue(self, str(id))

    def world(self) -> World:
        """The whole contact centre."""
        world: World = self.ask("GET", "/world")
        return world

    def agents(self) -> List[AgentView]:
        agents: List[AgentView] = self.ask("GET", "/agents")["agents"]
        return agents

    def calls(self) -> List[CallView]:
        calls: List[CallView] = self.ask("GET", "/calls")["calls"]
        return calls

    def queues(self) -> List[QueueView]:
        queues: List[QueueView] = self.ask("GET", "/queues")["queues"]
        return queues

    def system_status(self) -> SystemStatus:
        status: SystemStatus = self.ask("GET", "/systeminfo")["status"]
        return status

    def system_info(self, status: SystemStatus) -> None:
        """Sets the server in or out of service."""
        self.ask("PUT", "/systeminfo", body={"status": status})

    # Its end.

    def reset(self) -> None:
        """Drops all connections and resets world, nodes, faults, expectations and transcript."""
        self.ask("POST", "/reset")

    def stop(self) -> None:
        """Ends the process. Expectations are not judged."""
        self._process.stop()

    def __enter__(self) -> FakeFinesse:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], where: Optional[TracebackType]
    ) -> None:
        try:
            if error is None:
                self.verify()
        finally:
            self.stop()
