"""Runs the tests: `python -m tools.run_tests [contracts|plain] [pytest options]`.

`tests/contracts` runs under Ape on Anvil, everything else without Ape. With neither named both run, and the
second run's summary counts the tests of both, so that the last line tells the whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = Path("tests/contracts")
#: pytest's exit codes of a run that came to its end: all passed, some failed.
FINISHED = (0, 1)


def main(arguments: list[str]) -> int:
    """Runs what `arguments` name.

    Returns:
        An exit code: 0 if all tests passed, pytest's if not, 5 if there are none.
    """
    os.chdir(ROOT)
    wanted, options = ["contracts", "plain"], arguments
    if arguments and arguments[0] in wanted:
        wanted, options = [arguments[0]], arguments[1:]
    parts = [part for part in wanted if _has_tests(part)]
    if not parts:
        print(f"Error: there are no tests in {' or '.join(wanted)}.", file=sys.stderr)
        return 5

    if len(parts) == 1:
        return _run(parts[0], options)
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        code = _run("contracts", [*options, f"--save-results={results}"])
        if code not in FINISHED:
            return code  # it broke off: its own last lines say why, nothing shall follow them
        return _run("plain", [*options, f"--add-results={results}"])


def _has_tests(part: str) -> bool:
    tests = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")]
    return any((CONTRACTS in path.parents) == (part == "contracts") for path in tests)


def _forget_stale_build() -> None:
    """Takes away what makes Ape test something else than the sources.

    It compiles a contract again if its own file has changed, but not if a library has that it imports. And it sometimes
    leaves the folder behind in which it puts what is imported, and then does not find the project's own contracts.
    """
    shutil.rmtree(ROOT / "contracts" / ".cache", ignore_errors=True)
    sources = hashlib.sha256()
    for path in sorted((ROOT / "contracts").rglob("*.sol")):
        sources.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    stamp = ROOT / ".build" / "sources.sha256"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != sources.hexdigest():
        shutil.rmtree(ROOT / ".build", ignore_errors=True)
        stamp.parent.mkdir()
        stamp.write_text(sources.hexdigest(), encoding="utf-8")


def _run(part: str, options: list[str]) -> int:
    python = Path(sys.executable)
    if part == "contracts":
        _forget_stale_build()
        ape = str(python.with_name("ape"))
        command = [ape, "test", str(CONTRACTS), "--network", "ethereum:local:foundry"]
    else:
        # Each worker has chains of its own; contracts are not faster that way.
        workers = ["-n", str(min(4, os.cpu_count() or 1)), "--dist", "worksteal"]
        command = [str(python), "-m", "pytest", "-p", "no:ape_test", "tests", f"--ignore={CONTRACTS}", *workers]
    environment = {**os.environ, "PYTEST_PLUGINS": "tools.pytest_plugin"}
    command += options
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
