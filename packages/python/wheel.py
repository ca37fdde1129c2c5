#!/usr/bin/env python3
"""Builds the wheel around a program that is built already, e.g. by `cargo xtask dist`:

    python3 packages/python/wheel.py --out FOLDER target/dist/finesse-conformance [OPTION OF MATURIN…]

`maturin build` alone compiles the program anew, with the profile in pyproject.toml. Here it finds a `cargo` first that
answers `cargo rustc` with the program it is given, and passes all else to the real one. Wants maturin in PATH.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CRATE = HERE.parent.parent / "crates/conformance"
NAME = "finesse-conformance"

STAND_IN = """#!{python}
import os, sys
if sys.argv[1:2] != ["rustc"]:
    os.execv({cargo!r}, ["cargo", *sys.argv[1:]])
print({answer!r})
"""


def answer(program, cargo):
    """The messages of a `cargo rustc --message-format json` that had nothing to compile."""
    command = [cargo, "metadata", "--no-deps", "--format-version=1", "--offline", f"--manifest-path={CRATE / 'Cargo.toml'}"]
    packages = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["packages"]
    package = next(it for it in packages if it["name"] == NAME)
    target = next(it for it in package["targets"] if it["kind"] == ["bin"])
    profile = {"opt_level": "3", "debuginfo": 0, "debug_assertions": False, "overflow_checks": False, "test": False}
    artifact = {
        "reason": "compiler-artifact",
        "package_id": package["id"],
        "manifest_path": package["manifest_path"],
        "target": target,
        "profile": profile,
        "features": [],
        "filenames": [program],
        "executable": program,
        "fresh": True,
    }
    return "\n".join(map(json.dumps, [artifact, {"reason": "build-finished", "success": True}]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=".", help="the folder for the wheel")
    parser.add_argument("program")
    args, options = parser.parse_known_args()
    maturin, cargo = shutil.which("maturin"), shutil.which("cargo")
    if not maturin or not cargo:
        sys.exit("wanted maturin and cargo in PATH")
    with tempfile.TemporaryDirectory() as folder:
        # The file's name becomes that of the command.
        program = Path(folder, "program", NAME + Path(args.program).suffix)
        program.parent.mkdir()
        shutil.copy2(args.program, program)
        stand_in = Path(folder, "cargo")
        stand_in.write_text(STAND_IN.format(python=sys.executable, cargo=cargo, answer=answer(str(program), cargo)))
        stand_in.chmod(0o755)
        path = os.pathsep.join([folder, os.environ["PATH"]])
        command = [maturin, "build", f"--out={os.path.abspath(args.out)}", *options]
        return subprocess.run(command, cwd=HERE, env={**os.environ, "PATH": path}).returncode


if __name__ == "__main__":
    sys.exit(main())
