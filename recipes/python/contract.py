"""The driver of a client in Python, in one file: joins your client to `finesse-conformance gate`.

Only the standard library is needed. Put your client's calls into the class at the end, and run:

    finesse-conformance gate -- python3 driver.py

The page "Write a driver" of the book has every variable, verb and event.
"""
import json
import os
import re
import signal
import sys
import time


def env(name):
    """A variable that the gate sets: env("URL") is CONFORMANCE_URL."""
    return os.environ.get(f"CONFORMANCE_{name}", "")


def report(event, **members):
    """Tells what the application sees, as one line of JSON. Keep everything else off standard output."""
    print(json.dumps({"event": event, **members}), flush=True)


def refused(condition, node=None):
    """An error that your client shows the application: refused("item-not-found", node) for a subscription."""
    report("error", condition=condition, **({"node": node} if node else {}))


def published(node, name, text=""):
    """A published item: its node, the name of the element in <item>, and the text in that element, unescaped once.

    Finesse puts XML into that text; then `update` is the name of its root, and otherwise that of the element.
    """
    root = re.match(r"\s*<([\w.-]+)", text)
    report("notification", node=node, update=root[1] if root else name, text=text)


def state(state):
    """The agent's state, as your client shows it: state("READY")."""
    report("state", state=state)


def called(state, number, variables=()):
    """A call, each time that your client shows something new of it: the state of the agent's own side, the number of the
    other side (empty for a caller without one), and the call variables: called("ALERTING", "5550100", {"callVariable1": "0042"})."""
    report("call", state=state, number=number, **dict(variables))


def seconds(time):
    """`300ms`, `2s`, `1m`."""
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", time).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


def run(client):
    """Does what is asked, verb by verb; exits with 89 when something is asked that is not among the verbs."""
    verbs = {
        "login": client.login,
        "login-wrong-password": client.login,
        "subscribe": client.subscribe,
        "unsubscribe": client.unsubscribe,
        "stay": lambda time: client.wait(seconds(time)),
        "wait": lambda: client.wait(None),
        "sign-out": client.sign_out,
    }
    for verb in ("sign-in", "ready", "not-ready", "answer", "hold", "retrieve", "hang-up", "call", "transfer"):
        if hasattr(client, verb.replace("-", "_")):
            verbs[verb] = getattr(client, verb.replace("-", "_"))
    asked = [text.split(" ") for text in env("DO").split("; ")]
    if not all(verb in verbs for verb, *_ in asked):
        report("unsupported")
        sys.exit(89)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for verb, *arguments in asked:
        try:
            verbs[verb](*arguments)
        except Exception as error:  # A login that failed, a connection lost for good.
            sys.exit(f"{verb}: {error or type(error).__name__}")


class Client:
    """Your client begins here.

    Also call published(…) where your client hands on an item, and refused(…) where it hands on an error.

    A client that uses the REST API, at env("REST"), also has sign_in (at env("EXTENSION")), ready, not_ready, answer, hold,
    retrieve, hang_up, call(number), transfer(number) or some of them, and calls state(…) and called(…). Its sign_out signs
    out by REST first.
    For a method that is not there the driver exits with 89.
    """

    def login(self):
        """Connects to env("URL") with the subprotocol xmpp, trusting the authority in the file env("CA") alone (there is
        none for ws://); logs in as env("USER") at env("DOMAIN") with env("PASSWORD"); binds env("RESOURCE"); sends presence.
        Returns when done."""
        raise NotImplementedError("not written yet: put the call of your client into the driver")

    def subscribe(self, node):
        """Subscribes to the node at env("PUBSUB") with the full JID. Returns when answered; a refusal is refused(…)."""
        raise NotImplementedError("not written yet: put the call of your client into the driver")

    def unsubscribe(self, node):
        """Ends the subscription. Returns when answered."""
        raise NotImplementedError("not written yet: put the call of your client into the driver")

    def wait(self, seconds):
        """Handles what arrives for this time; None: until the connection is lost for good. A client with a thread of its
        own only sleeps."""
        time.sleep(seconds if seconds is not None else 3600)

    def sign_out(self):
        """Leaves in order: the stream, the WebSocket, TCP."""
        raise NotImplementedError("not written yet: put the call of your client into the driver")


if __name__ == "__main__":
    run(Client())
