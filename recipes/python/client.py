"""A client as small as can be: it logs in and shows itself."""
import base64
from contextlib import contextmanager

from websockets.sync.client import connect

OPEN = '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{}" version="1.0"/>'
BIND = '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>crm</resource></bind>'


@contextmanager
def log_in(fake, user, password):
    plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    with connect(fake.url, subprotocols=["xmpp"], ssl=fake.ssl_context, compression=None) as socket:
        for line, answers in [
            (OPEN.format(fake.domain), 2),
            (f'<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{plain}</auth>', 1),
            (OPEN.format(fake.domain), 2),
            (f'<iq xmlns="jabber:client" type="set" id="bind">{BIND}</iq>', 1),
        ]:
            socket.send(line)
            for _ in range(answers):
                socket.recv(timeout=10)
        socket.send('<presence xmlns="jabber:client"/>')
        yield socket
