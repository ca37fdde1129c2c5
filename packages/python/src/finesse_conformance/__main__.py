"""The program itself: `python -m finesse_conformance mock`."""

import subprocess
import sys

from ._program import program


def main() -> int:
    try:
        path = program()
    except FileNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 69  # EX_UNAVAILABLE
    child = subprocess.Popen([path, *sys.argv[1:]])
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            # A terminal sends Ctrl-C to both. The program says when it ends.
            pass


if __name__ == "__main__":
    sys.exit(main())
