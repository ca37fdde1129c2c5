#!/usr/bin/python3
"""nbxmpp, the library of Gajim, at the gate."""

import json
import os
import re
import sys

import gi

gi.require_version("Soup", "3.0")
from gi.repository import Gio, GLib
from nbxmpp.client import Client
from nbxmpp.const import ConnectionProtocol, ConnectionType
from nbxmpp.protocol import Iq, Presence
from nbxmpp.structs import StanzaHandler


def env(name):
    return os.environ.get(f"CONFORMANCE_{name}", "")


def report(event, **members):
    print(json.dumps({"event": event, **members}), flush=True)


class Driver:
    def __init__(self, asked):
        self.asked = asked
        self.nodes = set()
        self.loop = GLib.MainLoop()
        self.client = client = Client()
        secure = env("URL").startswith("wss:")
        client.set_domain(env("DOMAIN"))
        client.set_username(env("USER"))
        client.set_password(env("PASSWORD"))
        client.set_resource(env("RESOURCE"))
        client.set_custom_host(
            env("URL"), ConnectionProtocol.WEBSOCKET, ConnectionType.DIRECT_TLS if secure else ConnectionType.PLAIN
        )
        client.subscribe("connected", self.on_login)
        client.subscribe("disconnected", self.on_end)
        client.subscribe("connection-failed", self.on_end)
        client.register_handler(StanzaHandler(name="message", callback=self.on_message, priority=20))

    def next(self, *_):
        """Does the next thing that is asked, if there is one."""
        if self.asked:
            verb, _, argument = self.asked.pop(0).partition(" ")
            VERBS[verb](self, argument)
        return GLib.SOURCE_REMOVE

    def login(self, _):
        self.client.connect()

    def on_login(self, *_):
        self.client.send_stanza(Presence())
        self.next()

    def on_end(self, *_):
        _, condition, _ = self.client.get_error()
        if condition:
            report("error", condition=condition)
        self.loop.quit()

    def ask(self, verb, node):
        (self.nodes.add if verb == "subscribe" else self.nodes.discard)(node)
        iq = Iq("set", to=env("PUBSUB"))
        pubsub = iq.addChild("pubsub", namespace="http://jabber.org/protocol/pubsub")
        pubsub.addChild(verb, {"node": node, "jid": str(self.client.get_bound_jid())})

        def on_answer(_client, answer):
            if answer.getType() == "error":
                report("error", condition=answer.getError(), node=node)
            self.next()

        self.client.send_stanza(iq, callback=on_answer)

    def on_message(self, _client, _stanza, properties):
        event = properties.pubsub_event
        if event is None or event.item is None:
            return
        for payload in event.item.getChildren():
            text = payload.getData() or ""
            root = re.match(r"<(\w+)", text)
            report("notification", node=event.node, update=root[1] if root else payload.getName(), text=text)

    def sign_out(self, _):
        if not self.nodes:
            return self.client.disconnect()
        self.asked.insert(0, "sign-out")
        self.ask("unsubscribe", next(iter(self.nodes)))

    def stay(self, time):
        number, unit = re.fullmatch(r"(\d+)(ms|s|m)", time).groups()
        GLib.timeout_add(int(number) * {"ms": 1, "s": 1000, "m": 60000}[unit], self.next)


VERBS = {
    "login": Driver.login,
    "login-wrong-password": Driver.login,
    "subscribe": lambda driver, node: driver.ask("subscribe", node),
    "unsubscribe": lambda driver, node: driver.ask("unsubscribe", node),
    "stay": Driver.stay,
    "wait": lambda driver, _: None,
    "sign-out": Driver.sign_out,
}

asked = env("DO").split("; ")
if not all(text.split(" ")[0] in VERBS for text in asked):
    report("unsupported")
    sys.exit(89)
if env("CA"):
    Gio.TlsBackend.get_default().set_default_database(Gio.TlsFileDatabase.new(env("CA")))
driver = Driver(asked)
GLib.idle_add(driver.next)
driver.loop.run()
