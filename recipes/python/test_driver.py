"""The contract at the gate, with a small client behind it, and as it is printed. Wants finesse-conformance in PATH."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).parent
# One case for each verb and event.
GREEN = [
    "bind/client-resource",
    "close/client-signs-out",
    "notify/client-order",
    "notify/client-payload-unescaped-once",
    "notify/client-unknown-node",
    "pubsub/client-subscribe-error-surfaced",
    "pubsub/client-unsubscribes",
    "sasl/client-no-plain-without-tls",
    "sasl/client-wrong-password-once",
]


def gate(cases, driver):
    """The verdicts by case."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "run.jsonl")
        command = ["finesse-conformance", "gate", *cases, "--report", f"json={report}", "--report", "text", "--"]
        ran = subprocess.run([*command, sys.executable, driver], cwd=folder, capture_output=True, text=True, timeout=120)
        lines = map(json.loads, report.read_text().splitlines()) if report.exists() else []
        return {it["id"]: it["verdict"] for it in lines if it["event"] == "case"}, ran.stdout + ran.stderr


class Driver(unittest.TestCase):
    def test_a_client_behind_it_passes(self):
        verdicts, said = gate(GREEN, HERE / "driver.py")
        self.assertEqual(verdicts, dict.fromkeys(GREEN, "pass"), said)

    def test_what_the_client_does_not_do_is_red(self):
        verdicts, said = gate(["keepalive/client-xmpp-ping"], HERE / "driver.py")
        self.assertEqual(verdicts, {"keepalive/client-xmpp-ping": "fail"}, said)

    def test_as_it_is_printed_it_says_what_is_missing(self):
        printed = subprocess.run(["finesse-conformance", "init", "--driver", "python"], capture_output=True, check=True)
        self.assertEqual(printed.stdout.decode(), (HERE / "contract.py").read_text())
        verdicts, said = gate(["upgrade/minimal"], HERE / "contract.py")
        self.assertEqual(verdicts, {"upgrade/minimal": "fail"}, said)
        self.assertIn("login: not written yet", said)
