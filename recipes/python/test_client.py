"""A small client against the fake, which is driven by its control port. Wants finesse-conformance in PATH.

pip install -r requirements.txt && python3 -m unittest
"""
import base64
import json
import ssl
import subprocess
import unittest
import urllib.request

from websockets.sync.client import connect

OPEN = '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{}" version="1.0"/>'
BIND = '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>crm</resource></bind>'


def log_in(fake, user, password):
    """The client, as small as can be: it logs in and shows itself."""
    tls = ssl.create_default_context(cafile=fake["ca"])
    socket = connect(fake["url"], subprotocols=["xmpp"], ssl=tls, compression=None)
    plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    for line, answers in [
        (OPEN.format(fake["domain"]), 2),
        (f'<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{plain}</auth>', 1),
        (OPEN.format(fake["domain"]), 2),
        (f'<iq xmlns="jabber:client" type="set" id="bind">{BIND}</iq>', 1),
    ]:
        socket.send(line)
        for _ in range(answers):
            socket.recv(timeout=10)
    socket.send('<presence xmlns="jabber:client"/>')
    return socket


class Client(unittest.TestCase):
    def setUp(self):
        command = ["finesse-conformance", "mock", "--json", "--control"]
        mock = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.addCleanup(mock.communicate)
        self.addCleanup(mock.terminate)
        self.fake = json.loads(mock.stdout.readline())

    def ask(self, path, body):
        request = urllib.request.Request(self.fake["control"] + path, json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def test_a_change_of_state_reaches_the_client(self):
        with log_in(self.fake, "1001", "secret") as socket:
            self.ask("/wait", {"pattern": "<presence/>", "within": "10s"})
            self.ask("/agents/1001/state", {"state": "LOGIN"})
            while "NOT_READY" not in (heard := socket.recv(timeout=10)):
                pass
        self.assertIn("/finesse/api/User/1001", heard)
