"""A wallboard: the agents of a supervisor's teams and their states, as a table that follows the events.

FINESSE_PASSWORD=secret python3 wallboard.py --rest https://127.0.0.1:8445/finesse/api/ --url wss://127.0.0.1:8445/ws/ \
    --ca target/mock/ca-4242.pem 1010
"""
import argparse
import base64
import os
import ssl
import sys
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from xml.sax.saxutils import quoteattr

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE = 20  # seconds, for each answer
FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
PUBSUB = "http://jabber.org/protocol/pubsub"
EVENT = PUBSUB + "#event"


class Rest:
    """The REST API."""

    def __init__(self, url, user, password, tls):
        self.url, self.tls = url, tls
        self.credentials = base64.b64encode(f"{user}:{password}".encode()).decode()

    def get(self, path):
        headers = {"Authorization": f"Basic {self.credentials}"}
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE, context=self.tls) as answer:
                return ET.fromstring(answer.read())
        except urllib.error.HTTPError as error:
            raise SystemExit(f"GET {path}: {error.code} {error.read().decode(errors='replace')}")


class Notifications:
    """The notification service: XMPP over WebSocket, of which a wallboard needs little."""

    def __init__(self, url, domain, user, password, tls):
        self.domain, self.user = domain, user
        self.socket = connect(url, subprotocols=["xmpp"], ssl=tls, open_timeout=PATIENCE)
        opening = f'<open xmlns="{FRAMING}" to={quoteattr(domain)} version="1.0"/>'
        plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self.ask(opening, "features")
        login = self.ask(f'<auth xmlns="{SASL}" mechanism="PLAIN">{plain}</auth>', "success", "failure")
        if login.tag.endswith("failure"):
            raise SystemExit(f"the notification service refuses the login of {user}")
        self.ask(opening, "features")
        self.request("bind", "set", "", f'<bind xmlns="{BIND}"><resource>wallboard</resource></bind>')
        self.socket.send('<presence xmlns="jabber:client"/>')

    def ask(self, message, *answers):
        """Sends a message, and returns the next element with one of these names."""
        self.socket.send(message)
        while True:
            element = ET.fromstring(self.socket.recv(timeout=PATIENCE))
            if element.tag.split("}")[-1] in answers:
                return element

    def request(self, id, kind, to, child):
        """The answer to a request. Events that come before it are of no use yet."""
        address = f" to={quoteattr(to)}" if to else ""
        self.socket.send(f'<iq xmlns="jabber:client" type="{kind}" id="{id}"{address}>{child}</iq>')
        while True:
            answer = ET.fromstring(self.socket.recv(timeout=PATIENCE))
            if answer.tag.endswith("}iq") and answer.get("id") == id:
                break
        if answer.get("type") == "error":
            raise SystemExit(f"the request {id} is refused: {ET.tostring(answer, encoding='unicode')}")
        return answer

    def subscribe(self, node, host):
        jid = f"{self.user}@{self.domain}"
        subscribe = f"<subscribe node={quoteattr(node)} jid={quoteattr(jid)}/>"
        self.request(f"to {node}", "set", host, f'<pubsub xmlns="{PUBSUB}">{subscribe}</pubsub>')

    def events(self):
        """The updates of notifications, until the connection ends."""
        while True:
            element = ET.fromstring(self.socket.recv())
            if element.tag.endswith("}iq") and element.get("type") in ("get", "set"):
                self.refuse(element)
            for items in element.iter(f"{{{EVENT}}}items"):
                for notification in items.iter():
                    if notification.tag.endswith("}notification"):
                        yield items.get("node"), ET.fromstring(notification.text)

    def refuse(self, request):
        """A server asks for the version of its clients. RFC 6120 §8.2.3: there must be an answer."""
        error = f'<error type="cancel"><service-unavailable xmlns="{STANZAS}"/></error>'
        to, id = quoteattr(request.get("from", "")), quoteattr(request.get("id", ""))
        self.socket.send(f'<iq xmlns="jabber:client" type="error" to={to} id={id}>{error}</iq>')

    def close(self):
        self.socket.send(f'<close xmlns="{FRAMING}"/>')
        self.socket.close()


def text(element, path):
    return (element.findtext(path) or "").strip()


def row(user):
    """The line of a user on the board: the same elements in answers of the API and in events."""
    name = f"{text(user, 'firstName')} {text(user, 'lastName')}".strip()
    return {
        "agent": text(user, "loginId"),
        "name": name,
        "extension": text(user, "extension"),
        "state": text(user, "state"),
        "reason": text(user, "reasonCode/label"),
    }


def table(team, rows):
    """The table of one team, as text."""
    columns = ["agent", "name", "extension", "state", "reason"]
    lines = [columns] + [[rows[id][column] for column in columns] for id in sorted(rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    return "\n".join([f"team {team}", *shown])


def main():
    parser = argparse.ArgumentParser(description="The agents of a supervisor's teams. The password is in FINESSE_PASSWORD.")
    parser.add_argument("user")
    parser.add_argument("--rest", required=True, help="the URL of the REST API, which ends in /finesse/api/")
    parser.add_argument("--url", required=True, help="the URL of the notification service")
    parser.add_argument("--ca", help="file with the authority to trust")
    options = parser.parse_args()
    password = os.environ.get("FINESSE_PASSWORD")
    if password is None:
        parser.error("FINESSE_PASSWORD is not set: it holds the password of the supervisor")
    tls = ssl.create_default_context(cafile=options.ca) if options.url.startswith("wss:") else None
    rest = Rest(options.rest, options.user, password, tls)
    system = rest.get("SystemInfo")
    teams = [text(team, "id") for team in rest.get(f"User/{options.user}").iterfind("teams/Team")]
    if not teams:
        raise SystemExit(f"{options.user} supervises no team")
    service = Notifications(options.url, text(system, "xmppDomain"), options.user, password, tls)
    boards, names = {}, {}
    # First the subscription, then the list: no change between the two is lost.
    for team in teams:
        service.subscribe(f"/finesse/api/Team/{team}/Users", text(system, "xmppPubSubDomain"))
        listed = rest.get(f"Team/{team}?includeLoggedOutAgents=true")
        names[team] = text(listed, "name")
        boards[team] = {text(user, "loginId"): row(user) for user in listed.iterfind("users/User")}
        print(table(names[team], boards[team]), flush=True)
    try:
        for node, update in service.events():
            team = node.removeprefix("/finesse/api/Team/").removesuffix("/Users")
            user = update.find("data/user")
            if team in boards and user is not None:
                boards[team][text(user, "loginId")] = row(user)
                print(table(names[team], boards[team]), flush=True)
    except ConnectionClosed:
        print("the notification service has ended the connection", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        service.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
