"""The client against the fake. pip install -r requirements.txt finesse-conformance && pytest"""
import pytest
from client import log_in
from websockets.exceptions import ConnectionClosedError


@pytest.mark.fake_finesse(users={"1001": "secret"})
def test_a_client_hears_of_a_change_of_state_and_of_the_end_of_its_connection(fake_finesse):
    heard = []
    with log_in(fake_finesse, "1001", "secret") as client:
        fake_finesse.wait_for("<presence/>")
        fake_finesse.fault("drop-tcp after=event nth=1")
        fake_finesse.agent("1001").login()
        with pytest.raises(ConnectionClosedError):
            while True:
                heard.append(client.recv(timeout=10))
    assert "/finesse/api/User/1001" in "".join(heard)
