"""The fixture of pytest, as the entry point of the wheel."""

import pytest

pytest_plugins = ["pytester"]


@pytest.mark.fake_finesse(plain=True, domain="lab.example.com")
def test_a_marker_has_the_options(fake_finesse):
    assert fake_finesse.url.startswith("ws://")
    assert fake_finesse.domain == "lab.example.com"


def test_expectations_are_judged_and_a_failure_shows_the_transcript(pytester):
    pytester.makepyfile(
        """
        import socket
        from urllib.parse import urlsplit
        import pytest

        def test_forgets(fake_finesse):
            fake_finesse.expect("<presence/>")

        @pytest.mark.fake_finesse(plain=True)
        def test_fails(fake_finesse):
            fake_finesse.expect("<presence/>")
            url = urlsplit(fake_finesse.url)
            with socket.create_connection((url.hostname, url.port)) as connection:
                connection.sendall(b"GET /nonsense HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
                assert connection.recv(9) == b"HTTP/1.1 "
            assert False
        """
    )
    ran = pytester.runpytest_subprocess()
    ran.assert_outcomes(passed=1, failed=1, errors=1)
    ran.stdout.fnmatch_lines(["E *ExpectationNotMet: expected <presence/>*"])
    ran.stdout.fnmatch_lines(["*transcript of fake_finesse*", "*GET /nonsense HTTP/1.1*"])


def test_the_program_is_an_option(pytester):
    pytester.makepyfile("def test_it(fake_finesse): pass")
    ran = pytester.runpytest_subprocess("--finesse-conformance=/nowhere")
    ran.stdout.fnmatch_lines(["E *the argument `program` names /nowhere*"])
