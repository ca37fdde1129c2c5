"""Finds the program: as it is given, by the environment, or where pip has put it."""

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Iterator, Union

NAME = "finesse-conformance.exe" if sys.platform == "win32" else "finesse-conformance"


def program(given: Union[str, "os.PathLike[str]", None] = None) -> str:
    """The path of the program. The error says where it was looked for."""
    named, by = (os.fspath(given), "the argument `program`") if given else (os.environ.get("FINESSE_CONFORMANCE"), "FINESSE_CONFORMANCE")
    if named:
        if shutil.which(named) is None:
            raise FileNotFoundError(f"{by} names {named}, which is no program that can be started")
        return named
    looked = list(dict.fromkeys(_installed()))
    found = next((path for path in looked if path.is_file()), None)
    if found is None:
        places = ", ".join(str(path.parent) for path in looked)
        raise FileNotFoundError(
            f"the program {NAME} is not there (looked in {places}); install a wheel of finesse-conformance for this platform, "
            "or name a program by FINESSE_CONFORMANCE or the argument `program`"
        )
    return str(found)


def _installed() -> Iterator[Path]:
    yield Path(sysconfig.get_path("scripts"), NAME)
    scheme = "nt_user" if os.name == "nt" else "posix_user"
    if sys.platform == "darwin" and sys._framework:
        scheme = "osx_framework_user"
    yield Path(sysconfig.get_path("scripts", scheme=scheme), NAME)
    # `pip install --target` puts scripts beside the packages.
    yield Path(__file__).parent.parent / "bin" / NAME
