"""The process of a fake: started with a pipe as standard input, whose end ends it, however this process ends."""

import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from io import BufferedReader
from typing import Any, Dict, List

from ._errors import StartFailed

END = 5.0
"""Seconds that an end may take."""

LEFT = 0.5
"""Seconds that output may take to end when the program has ended: a process that it left behind may hold it open."""

KEPT = 16_384
"""The last octets of standard error that are kept."""

LONGEST = 8 << 20
"""The most octets of the first line, which names all users."""


class Process:
    def __init__(self, program: str, words: List[str], start_within: float) -> None:
        self._folder = tempfile.mkdtemp(prefix="finesse-conformance-")
        ca = os.path.join(self._folder, "ca.pem")
        command = [program, "mock", "--json", "--control", "--until-eof", f"--ca-file={ca}", *words]
        # A fake is what its arguments say, and not what variables of the program, such as FINESSE_USERS, say beside them.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FINESSE_")}
        try:
            pipe = subprocess.PIPE
            self._child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise StartFailed(f"the fake did not start: {error}\n  command: {' '.join(command)}") from error
        self._stderr = bytearray()
        self._first: "queue.Queue[bytes]" = queue.Queue()
        self._threads = [
            threading.Thread(target=target, args=(stream,), daemon=True)
            for target, stream in ((self._read_stdout, self._child.stdout), (self._read_stderr, self._child.stderr))
        ]
        for thread in self._threads:
            thread.start()
        try:
            self.said = _described(self._first_line(start_within))
        except BaseException as error:
            self._child.kill()
            self.stop()
            if not isinstance(error, StartFailed):
                raise
            stderr = self._stderr.decode(errors="replace").strip() or "(nothing)"
            raise StartFailed(f"the fake did not start: {error}\n  command: {' '.join(command)}\n  standard error: {stderr}") from None

    def _first_line(self, within: float) -> bytes:
        try:
            line = self._first.get(timeout=within)
        except queue.Empty:
            raise StartFailed(f"it was not ready within {within:g} s") from None
        if not line:
            # It may have closed its output and go on.
            try:
                status = self._child.wait(END)
            except subprocess.TimeoutExpired:
                raise StartFailed("it said nothing and did not end") from None
            raise StartFailed(f"it ended with status {status}")
        if len(line) > LONGEST:
            raise StartFailed(f"its first line has more than {LONGEST} octets")
        return line

    def _read_stdout(self, stream: BufferedReader) -> None:
        self._first.put(stream.readline(LONGEST + 1))
        while stream.read1(8192):
            pass

    def _read_stderr(self, stream: BufferedReader) -> None:
        while octets := stream.read1(8192):
            self._stderr = (self._stderr + octets)[-KEPT:]

    def stop(self) -> None:
        """Ends the process; a second time it does nothing."""
        child = self._child
        assert child.stdin and child.stdout and child.stderr
        try:
            child.stdin.close()
        except OSError:
            pass  # It has ended already.
        try:
            child.wait(END)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for thread, stream in zip(self._threads, (child.stdout, child.stderr)):
            thread.join(LEFT)
            if not thread.is_alive():
                stream.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _described(line: bytes) -> Dict[str, Any]:
    """The fake that a line of JSON describes."""
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    if not isinstance(said, dict) or not all(isinstance(said.get(name), str) for name in ("url", "control")):
        raise StartFailed(f"its first line describes no fake: {line[:200].decode(errors='replace')!r}")
    return said
