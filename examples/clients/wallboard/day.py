"""A day of the wallboard against the fake. Wants finesse-conformance in PATH.

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
PATIENCE = 60  # seconds, for each table


class Tables:
    """The tables that a wallboard prints, read by a thread so that each wait has a deadline."""

    def __init__(self, stream):
        self.lines, self.table = queue.Queue(), []
        threading.Thread(target=self.read, args=[stream], daemon=True).start()

    def read(self, stream):
        for line in stream:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def until(self, wanted):
        """Reads on until a line has these words, and returns it."""
        seen = []
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"no line with {wanted} came: {seen}") from None
            if line is None:
                raise AssertionError(f"the wallboard ended before a line with {wanted}: {seen}")
            seen.append(line)
            if all(word in line.split() for word in wanted):
                return line


def heed_interrupts():
    """A job in the background of a shell is started with interrupts ignored, and so would its children be."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Day(unittest.TestCase):
    def setUp(self):
        command = ["finesse-conformance", "mock", "--json", "--control"]
        mock = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.addCleanup(mock.communicate)
        self.addCleanup(mock.terminate)
        self.fake = json.loads(mock.stdout.readline())

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.fake["control"] + path, data)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def board(self, user):
        fake = self.fake
        command = [sys.executable, os.path.join(HERE, "wallboard.py"), "--rest", fake["rest"], "--url", fake["url"], "--ca", fake["ca"], user]
        environment = {**os.environ, "FINESSE_PASSWORD": "secret"}
        board = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, preexec_fn=heed_interrupts)
        self.addCleanup(board.communicate)
        self.addCleanup(board.kill)
        return board

    def supervisor(self):
        agents = self.ask("/agents")["agents"]
        return next(agent for agent in agents if agent["supervises"])

    def test_the_table_follows_the_agents_of_the_team(self):
        supervisor = self.supervisor()
        team = supervisor["supervises"][0]["id"]
        agent = next(it for it in self.ask("/agents")["agents"] if it["team"]["id"] == team and not it["supervises"])
        number = agent["id"]
        board = self.board(supervisor["id"])
        tables = Tables(board.stdout)
        tables.until([number, "LOGOUT"])
        change = lambda **body: self.ask(f"/agents/{number}/state", body)
        change(state="LOGIN")
        tables.until([number, agent["first_name"], agent["last_name"], "NOT_READY"])
        change(state="READY")
        tables.until([number, "READY"])
        call = self.ask(f"/agents/{number}/ring", {"from": "5550100"})["id"]
        tables.until([number, "RESERVED"])
        self.ask(f"/calls/{call}/answer", {})
        tables.until([number, "TALKING"])
        self.ask(f"/calls/{call}/hang-up", {})
        tables.until([number, "READY"])
        change(state="NOT_READY", reason=1)
        self.assertEqual(tables.until([number, "NOT_READY"]).split()[-1], "Break")
        change(state="LOGOUT")
        tables.until([number, "LOGOUT"])
        board.send_signal(signal.SIGINT)
        self.assertEqual(board.wait(timeout=PATIENCE), 0)

        # The record says the same: the request for the team, and the subscriptions.
        pattern = f"GET /finesse/api/Team/{team} -> 200 <Team><id>{team}</id></Team>"
        answer = self.ask("/wait", {"pattern": pattern})
        self.assertIn(f"<loginId>{number}</loginId>", answer["answer"]["body"])
        text = json.dumps(self.ask("/transcript"))
        self.assertIn(f"subscribed to /finesse/api/Team/{team}/Users", text)
        self.assertNotIn("secret", text)

    def test_an_agent_without_a_team_is_told_so(self):
        agent = next(it for it in self.ask("/agents")["agents"] if not it["supervises"])
        board = self.board(agent["id"])
        self.assertEqual(board.wait(timeout=PATIENCE), 1)
        self.assertEqual(board.stderr.read(), f"{agent['id']} supervises no team\n")


if __name__ == "__main__":
    unittest.main()
