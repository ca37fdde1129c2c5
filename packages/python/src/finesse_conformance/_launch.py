"""The process of a fake: started with a pipe as standard input, whose end ends it, however this process ends."""

import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from typing import IO, Any, Dict, List

from ._errors import StartFailed

END = 5.0
"""Seconds that an end may take."""

KEPT = 16_384
"""The last octets of standard error that are kept."""


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
            self.said: Dict[str, Any] = json.loads(self._first_line(start_within))
        except BaseException as error:
            self._child.kill()
            self.stop()
            if not isinstance(error, (StartFailed, ValueError)):
                raise
            stderr = self._stderr.decode(errors="replace").strip() or "(nothing)"
            raise StartFailed(f"the fake did not start: {error}\n  command: {' '.join(command)}\n  standard error: {stderr}") from None

    def _first_line(self, within: float) -> bytes:
        try:
            line = self._first.get(timeout=within)
        except queue.Empty:
            raise StartFailed(f"it was not ready within {within:g} s") from None
        if not line:
            raise StartFailed(f"it ended with status {self._child.wait(END)}")
        return line

    def _read_stdout(self, stream: IO[bytes]) -> None:
        self._first.put(stream.readline())
        while stream.read(8192):
            pass

    def _read_stderr(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._stderr = (self._stderr + line)[-KEPT:]

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
        for thread in self._threads:
            thread.join()
        child.stdout.close()
        child.stderr.close()
        shutil.rmtree(self._folder, ignore_errors=True)
