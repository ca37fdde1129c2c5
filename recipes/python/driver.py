"""A client as small as can be behind the driver of contract.py: finesse-conformance gate -- python3 driver.py"""
import base64
import ssl
import time
import xml.etree.ElementTree as xml

import contract
from contract import env, published, refused
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
PUBSUB = "http://jabber.org/protocol/pubsub"
EVENT = "{http://jabber.org/protocol/pubsub#event}"


class Client(contract.Client):
    def login(self):
        tls = ssl.create_default_context(cafile=env("CA")) if env("CA") else None
        self.socket = connect(env("URL"), subprotocols=["xmpp"], ssl=tls, compression=None)
        offered = [mechanism.text for mechanism in self.open().iter(f"{{{SASL}}}mechanism")]
        if not tls or "PLAIN" not in offered:
            self.sign_out()
            raise RuntimeError("no PLAIN inside TLS is offered")
        plain = base64.b64encode(f"\0{env('USER')}\0{env('PASSWORD')}".encode()).decode()
        self.socket.send(f'<auth xmlns="{SASL}" mechanism="PLAIN">{plain}</auth>')
        if not self.receive(10).tag.endswith("}success"):
            self.sign_out()
            raise RuntimeError("the password is wrong")
        self.open()
        bind = '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>{}</resource></bind>'
        self.jid = self.ask(bind.format(env("RESOURCE"))).findtext(".//{*}jid")
        self.socket.send('<presence xmlns="jabber:client"/>')

    def open(self):
        self.socket.send(f'<open xmlns="{FRAMING}" to="{env("DOMAIN")}" version="1.0"/>')
        self.receive(10)
        return self.receive(10)  # The features of the stream.

    def ask(self, payload, to=""):
        self.socket.send(f'<iq xmlns="jabber:client" type="set" id="ask-{time.monotonic_ns()}"{to}>{payload}</iq>')
        while (answer := self.receive(10)).tag != "{jabber:client}iq":
            pass
        return answer

    def subscribe(self, node, verb="subscribe"):
        request = f'<pubsub xmlns="{PUBSUB}"><{verb} node="{node}" jid="{self.jid}"/></pubsub>'
        error = self.ask(request, f' to="{env("PUBSUB")}"').find("{*}error")
        if error is not None:
            refused(error[0].tag.split("}")[1], node)

    def unsubscribe(self, node):
        self.subscribe(node, "unsubscribe")

    def receive(self, timeout):
        """The next element; items are handed on to the application."""
        element = xml.fromstring(self.socket.recv(timeout=timeout))
        for items in element.iter(EVENT + "items"):
            for payload in items.iterfind(EVENT + "item/*"):
                published(items.get("node"), payload.tag.split("}")[-1], payload.text or "")
        return element

    def wait(self, seconds):
        until = time.monotonic() + (seconds or 3600)
        try:
            while (left := until - time.monotonic()) > 0:
                self.receive(left)
        except TimeoutError:
            pass

    def sign_out(self):
        self.socket.send(f'<close xmlns="{FRAMING}"/>')
        try:
            while not self.receive(10).tag.endswith("}close"):
                pass
            self.socket.close()
        except ConnectionClosed:
            pass


if __name__ == "__main__":
    contract.run(Client())
