"""The package as it was built into a wheel: its methods, its errors, and the end of its process."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from client import log_in
from websockets.asyncio.client import connect

import finesse_conformance
from finesse_conformance import ExpectationNotMet, FakeError, FakeFinesse, StartFailed, program

BIND = "<iq type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>desktop</resource></bind></iq>"


def test_the_program_is_the_one_of_the_wheel():
    assert Path(program()).parent == Path(sys.executable).parent
    assert "site-packages" in finesse_conformance.__file__
    said = subprocess.run([sys.executable, "-m", "finesse_conformance", "--version"], capture_output=True, text=True, check=True)
    assert re.match(r"finesse-conformance \d+\.\d+\.\d+\b", said.stdout)


def test_a_day_of_agents_and_calls():
    with FakeFinesse(faults=["reorder"], nodes=["/lab/news"]) as fake:
        assert fake.about()["url"] == fake.url
        assert "1001" in fake.users and fake.bosh_url and fake.www_url is None and fake.also_ports == fake.xmpp_ports == fake.hint_ports == []
        assert fake.agent(1002).login(extension="2002").ready().view()["extension"] == "2002"
        agent = fake.agent("1001").login()
        assert agent.state == "NOT_READY"
        call = agent.ready().ring("5550100")
        assert call.state == "ALERTING"
        assert call.answer().set_variable("callVariable1", "Gold & more").view()["variables"] == [["callVariable1", "Gold & more"]]
        agent.hold().retrieve().consult("5550123").other_side_answers()
        agent.conference().drop_participant("5550123").hang_up()
        assert fake.calls() == []
        queue = fake.queues()[0]
        assert fake.queue(queue["id"]).call_from("5550101")
        assert fake.queue(queue["id"]).view()["name"] == queue["name"]
        with pytest.raises(LookupError, match="no queue has the id no; there are "):
            fake.queue("no").view()
        fake.system_info("OUT_OF_SERVICE")
        assert fake.system_status() == "OUT_OF_SERVICE"
        assert len(fake.world()["agents"]) == len(fake.agents())
        fault = fake.faults()[0]
        assert fault["fault"] == "reorder what=event"
        fake.remove_fault(fault["id"])
        fake.fault("drop-tcp after=success times=2")
        fake.remove_faults()
        assert fake.faults() == []
        assert any(row["name"] == "drop-tcp" for row in fake.fault_table())
        fake.publish("/lab/news", "<x xmlns='urn:example'>1</x>")
        fake.reset()
        assert agent.state == "LOGOUT"


def test_a_request_that_is_refused_says_what_would_be_right():
    with FakeFinesse() as fake:
        with pytest.raises(FakeError, match="LOGIN") as refused:
            fake.agent("1001").ready()
        assert (refused.value.status, refused.value.route) == (409, "POST /agents/{id}/state")
        with pytest.raises(FakeError, match="drop-tcp"):
            fake.fault("drop-tpc")
    with pytest.raises(FakeError, match="has it been stopped"):
        fake.sessions()
    assert not Path(fake.ca_file).exists()
    fake.stop()


def test_clients_are_seen_spoken_to_and_thrown_out():
    with FakeFinesse() as fake, log_in(fake, "1001", "secret") as client:
        said = fake.wait_for("<presence/>", within=10)
        assert said["connection"] == 1
        assert fake.sessions()[0]["phase"] == "available"
        assert fake.inject("1001", "<message xmlns='jabber:client'><body>hello</body></message>") == 1
        assert fake.inject("#1", b"\x89\0") == 1
        while "hello" not in client.recv(timeout=10):
            pass
        assert fake.kick("1001") == 1
        assert re.search("#1 .*-> <presence", fake.transcript_text(connection=1))
        assert all(it["number"] > said["number"] for it in fake.transcript(after=said["number"])["said"])
        explanation = fake.explain("SENT <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='x.example.com' version='1.0'/>")
        assert explanation["finding"] and explanation["steps"]
        fake.clear_transcript()
        assert fake.transcript()["said"] == []


def test_an_expectation_that_is_not_met_shows_the_nearest_message():
    nearest = r"iq/bind/resource +desktop +crm"
    with pytest.raises(ExpectationNotMet, match=nearest):
        with FakeFinesse() as fake:
            fake.expect("<presence/>", times=1)
            fake.expect(BIND)
            with log_in(fake, "1001", "secret"):
                fake.wait_for("<presence/>")
                assert [it["met"] for it in fake.expectations()] == [True, False]
                with pytest.raises(AssertionError, match=nearest):
                    fake.wait_for(BIND, within=timedelta(milliseconds=100))
    with pytest.raises(ZeroDivisionError), FakeFinesse() as fake:
        fake.expect("<presence/>")
        raise ZeroDivisionError("an error of the block is the one that is told")


def test_requests_and_a_child_trust_the_fake(monkeypatch):
    with FakeFinesse(users={"00001..00003": "secret", "1001": "secret"}) as fake:
        url = fake.rest_url + "User/1001"
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(url, timeout=10)
        answer = requests.get(url, auth=("1001", "secret"), verify=fake.ca_file, timeout=10)
        assert "<loginId>1001<" in answer.text
        fake.wait_for("GET /finesse/api/User/1001 -> 200")
        script = f"import requests; print(requests.get({url!r}, auth=('1001', 'secret'), timeout=10).status_code)"
        child = subprocess.run([sys.executable, "-c", script], env={**os.environ, **fake.env}, capture_output=True, text=True)
        assert child.stdout.strip() == "200", child.stderr


def test_in_asyncio_the_methods_that_wait_go_to_a_thread():
    async def day(fake):
        async with connect(fake.url, subprotocols=["xmpp"], ssl=fake.ssl_context, compression=None) as client:
            waiting = asyncio.create_task(asyncio.to_thread(fake.wait_for, "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"))
            await client.send(f'<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{fake.domain}" version="1.0"/>')
            return (await waiting)["connection"]

    with FakeFinesse() as fake:
        assert asyncio.run(day(fake)) == 1


def test_a_pair_is_two_fakes_with_one_world():
    with FakeFinesse(pair=True, plain=True) as fake:
        assert fake.second is not None and fake.second.url != fake.url
        assert (fake.ca, fake.ca_file, fake.ssl_context, fake.env) == (None, None, None, {})
        fake.agent("1001").login()
        assert fake.second.agent("1001").state == "NOT_READY"


def test_a_start_that_fails_shows_why(monkeypatch):
    with pytest.raises(StartFailed, match=r"status 64[^�]*standard error: [^�]*drop-tcp"):
        FakeFinesse(faults=["drop-tpc"])
    with pytest.raises(FileNotFoundError, match="the argument `program` names /nowhere"):
        FakeFinesse(program="/nowhere")
    with pytest.raises(StartFailed, match="it was not ready within 0 s"):
        FakeFinesse(start_within=0)
    monkeypatch.setenv("FINESSE_CONFORMANCE", "/nowhere/either")
    with pytest.raises(FileNotFoundError, match="FINESSE_CONFORMANCE names /nowhere/either"):
        FakeFinesse()


LATE = "it was not ready within 0.5 s"
OTHER = "its first line describes no fake"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (r"printf '\377\0<html>\n'; exec sleep 60", OTHER),
        ("echo '{}'; exec sleep 60", OTHER),
        ("echo null; exec sleep 60", OTHER),
        ("exec sleep 60", LATE),
        ("""printf '{"url":'; exec sleep 60""", LATE),
        ("""printf '{"url":'""", OTHER),
        ("echo broken >&2; exit 7", "it ended with status 7[^�]*standard error: broken"),
        ("kill -9 $$", "it ended with status -9"),
        ("exec >&-; exec sleep 60", "it said nothing and did not end"),
        ("sleep 60 & exit 7", LATE),
        ("sleep 60; exit 7", LATE),
        ("exec cat /dev/zero", "its first line has more than 8388608 octets"),
        ("exec 3>&1; exec yes broken >&2", LATE),
    ],
)
def test_a_program_that_is_no_fake_is_told_from_one_in_time(tmp_path, script, why):
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    began = time.monotonic()
    with pytest.raises(StartFailed, match=why):
        # A deadline that is there to be met is short; others are for a machine that has much else to do.
        FakeFinesse(program=program, start_within=0.5 if why == LATE else 30)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("end", ["", "import os; os.kill(os.getpid(), 9)"])
def test_a_fake_that_nobody_stops_ends_with_its_process(end):
    start = "from finesse_conformance import FakeFinesse; fake = FakeFinesse(plain=True); print(fake.url, flush=True); "
    child = subprocess.run([sys.executable, "-c", start + end], stdout=subprocess.PIPE, text=True)
    assert child.returncode == (-signal.SIGKILL if end else 0)
    host, port = re.search(r"//([^:]+):(\d+)/", child.stdout).groups()
    # The port refuses as soon as the fake has ended; until then each connection ends with it.
    while True:
        try:
            with socket.create_connection((host, int(port))) as connection:
                connection.recv(1)
        except ConnectionRefusedError:
            break
        except ConnectionResetError:
            pass
