"""xmpppy over BOSH, at the gate."""

import http.client
import pathlib
import ssl
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "recipes/python"))

import contract
import xmpp
from contract import env, published, refused
from xmpp.transports import Bosh

EVENT = "http://jabber.org/protocol/pubsub#event"
PUBSUB = "http://jabber.org/protocol/pubsub"


class Response(http.client.HTTPResponse):
    """A response as httplib of Python 2 had them: it takes `strict`, and reads no octet of the next response."""

    def __init__(self, sock, strict=None, **options):
        super().__init__(sock, **options)
        self.fp = sock.makefile("rb", buffering=0)


class Http(http.client.HTTPConnection):
    strict = None
    response_class = Response


class Https(http.client.HTTPSConnection):
    strict = None
    response_class = Response

    def __init__(self, *address):
        super().__init__(*address, context=ssl.create_default_context(cafile=env("CA")))


class Client(contract.Client):
    def login(self):
        Bosh.connection_cls = {"http": Http, "https": Https}
        self.client = xmpp.Client(env("DOMAIN"), debug=[])
        if not self.client.connect(transport=Bosh(env("BOSH"), GZIP=False, hold=1), secure=0):
            raise RuntimeError("no stream")
        if not self.client.auth(env("USER"), env("PASSWORD"), env("RESOURCE")):
            refused("login")
            raise RuntimeError("no login")
        self.client.RegisterHandler("message", self.on_message)
        self.client.sendInitPresence(requestRoster=0)

    def ask(self, verb, node):
        iq = xmpp.Iq("set", to=env("PUBSUB"))
        pubsub = iq.addChild("pubsub", namespace=PUBSUB)
        pubsub.addChild(verb, {"node": node, "jid": f"{self.client.User}@{self.client.Server}/{self.client.Resource}"})
        answer = self.client.SendAndWaitForResponse(iq)
        if answer and answer.getType() == "error":
            refused(answer.getError(), node)

    def subscribe(self, node):
        self.ask("subscribe", node)

    def unsubscribe(self, node):
        self.ask("unsubscribe", node)

    def on_message(self, _client, message):
        event = message.getTag("event", namespace=EVENT)
        for items in event.getTags("items") if event else []:
            for item in items.getTags("item"):
                for payload in item.getChildren():
                    published(items.getAttr("node"), payload.getName(), payload.getData() or "")

    def wait(self, seconds):
        until = time.monotonic() + (seconds or 3600)
        while (left := until - time.monotonic()) > 0:
            if not self.client.Process(min(left, 1)):
                raise ConnectionError("the session has ended")

    def sign_out(self):
        self.client.disconnect()


if __name__ == "__main__":
    contract.run(Client())
