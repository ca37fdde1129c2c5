"""The fixture `fake_finesse` of pytest: a fake for each test.

    @pytest.mark.fake_finesse(users={"1001": "secret"})
    def test_a_client_logs_in(fake_finesse): ...

If the test fails, its report has the transcript. Without a failure, the expectations are judged at the end of the test.
"""

from __future__ import annotations

from typing import Any, Generator, Iterator

import pytest

from ._fake import FakeFinesse

FAKES = pytest.StashKey["list[FakeFinesse]"]()
FAILED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("finesse-conformance").addoption(
        "--finesse-conformance", metavar="PROGRAM", help="the program that the fixture fake_finesse starts"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fake_finesse(**options): options of FakeFinesse for the fixture fake_finesse")


@pytest.fixture
def fake_finesse(request: pytest.FixtureRequest) -> Iterator[FakeFinesse]:
    """A fake Finesse notification server for this test; `@pytest.mark.fake_finesse(…)` has its options."""
    options: dict[str, Any] = {"program": request.config.getoption("--finesse-conformance")}
    for marker in reversed(list(request.node.iter_markers("fake_finesse"))):
        options.update(marker.kwargs)
    fake = FakeFinesse(**options)
    request.node.stash.setdefault(FAKES, []).append(fake)
    try:
        yield fake
        if not request.node.stash.get(FAILED, False):
            fake.verify()
    finally:
        fake.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
        for fake in item.stash.get(FAKES, []):
            report.sections.append(("transcript of fake_finesse", fake.transcript_text()))
