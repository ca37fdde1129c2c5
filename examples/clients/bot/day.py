"""A day of the bot against the fake, with TLS and without. Wants finesse-conformance in PATH.

pip install -r requirements.txt && python3 -m unittest day
"""
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import unittest
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 60  # seconds, for each line


class Day(unittest.TestCase):
    def setUp(self):
        command = ["finesse-conformance", "mock", "--xmpp", "0", "--json", "--control"]
        mock = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.addCleanup(mock.communicate)
        self.addCleanup(mock.terminate)
        self.fake = json.loads(mock.stdout.readline())

    def change(self, state):
        body = json.dumps({"state": state}).encode()
        request = urllib.request.Request(self.fake["control"] + "/agents/1001/state", body)
        urllib.request.urlopen(request, timeout=PATIENCE).close()

    def bot(self, *options, password="secret"):
        port = str(self.fake["xmpp"][0])
        command = [sys.executable, os.path.join(HERE, "bot.py"), "--port", port, *options, "1001@" + self.fake["domain"]]
        environment = {**os.environ, "FINESSE_PASSWORD": password}
        bot = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.addCleanup(bot.communicate)
        self.addCleanup(bot.kill)
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in bot.stdout], daemon=True).start()
        return bot, lambda: lines.get(timeout=PATIENCE).rstrip("\n")

    def lives(self, *options):
        bot, line = self.bot(*options)
        self.assertIn("listening as 1001@finesse.example.com/", line())
        # The default subscriptions bring events once the presence has come.
        self.wait("<presence/>")
        for state, heard in [("LOGIN", "NOT_READY"), ("READY", "READY"), ("NOT_READY", "NOT_READY"), ("LOGOUT", "LOGOUT")]:
            self.change(state)
            self.assertEqual(line(), f"/finesse/api/User/1001 {heard}")
        bot.send_signal(signal.SIGINT)
        self.assertEqual(bot.wait(timeout=PATIENCE), 0)

    def wait(self, pattern):
        body = json.dumps({"pattern": pattern}).encode()
        request = urllib.request.Request(self.fake["control"] + "/wait", body)
        urllib.request.urlopen(request, timeout=PATIENCE).close()

    def test_it_hears_states_over_tls(self):
        self.lives("--ca", self.fake["ca"])

    def test_it_hears_states_without_tls(self):
        self.lives()

    def test_a_wrong_password_is_refused(self):
        bot, _ = self.bot(password="wrong")
        self.assertEqual(bot.wait(timeout=PATIENCE), 1)
        self.assertIn("the login was refused\n", bot.stderr.read())


if __name__ == "__main__":
    unittest.main()
