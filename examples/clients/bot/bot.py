"""Prints each change of an agent's state, heard by XMPP over TCP with slixmpp.

FINESSE_PASSWORD=secret python3 bot.py --port 5223 --ca ca.pem 1001@finesse.example.com
"""
import argparse
import asyncio
import os
import signal
import sys
import xml.etree.ElementTree as ElementTree

import slixmpp


class Bot(slixmpp.ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        self.enable_starttls = False
        self.failed = False
        self.register_plugin("xep_0060")
        self.add_event_handler("session_start", self.start)
        self.add_event_handler("pubsub_publish", self.published)
        self.add_event_handler("failed_all_auth", self.refused)

    async def start(self, _):
        self.send_presence()
        print("listening as", self.boundjid, flush=True)

    def published(self, message):
        items = message["pubsub_event"]["items"]
        node = items["node"]
        for item in items["substanzas"]:
            # Finesse writes the update as text into the item.
            update = ElementTree.fromstring("".join(item["payload"].itertext()))
            state = update.findtext("./data/user/state")
            if state is not None:
                print(node, state, flush=True)

    async def refused(self, _):
        print("the login was refused", file=sys.stderr)
        self.failed = True
        await self.disconnect()


async def listen(arguments):
    bot = Bot(arguments.jid, os.environ["FINESSE_PASSWORD"])
    bot.ca_certs = arguments.ca
    bot.enable_direct_tls = bool(arguments.ca)
    bot.enable_plaintext = not arguments.ca
    bot.plugin["feature_mechanisms"].unencrypted_plain = not arguments.ca
    # It leaves in order: a task of slixmpp outlives a cancelled loop.
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, bot.disconnect)
    bot.connect(arguments.host, arguments.port)
    await bot.disconnected
    return 1 if bot.failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5223)
    parser.add_argument("--ca", help="a file with the server's authority; without it, no TLS")
    parser.add_argument("jid")
    sys.exit(asyncio.run(listen(parser.parse_args())))
