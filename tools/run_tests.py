"""Runs the tests: `python -m tools.run_tests [contracts|plain] [pytest options]`.

`tests/contracts` runs under Ape on Anvil, everything else without Ape. With neither named both run at the same time:
Ape waits for its chain half of the time. The contracts' output comes when they are done, and the summary of the other
run counts the tests of both, so that the last line tells the whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = Path("tests/contracts")


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
        codes: list[int] = []
        contracts = threading.Thread(target=lambda: codes.append(_aside(options, results)))
        contracts.start()
        code = _run("plain", [*options, f"--add-results={results}"])
        contracts.join()
        return code or codes[0]


def _aside(options: list[str], results: Path) -> int:
    """Tests the contracts and shows what was said once that is over. Results are there in any case at the end."""
    with tempfile.TemporaryFile() as output:
        code = _run("contracts", [*options, f"--save-results={results}"], output)
        output.seek(0)
        sys.stdout.write("\n" + output.read().decode(errors="replace"))
        sys.stdout.flush()
    if not results.exists():
        results.write_text("[]", encoding="utf-8")  # it broke off: the other run shall not wait, and the code says it
    return code


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


def _run(part: str, options: list[str], output: IO[bytes] | None = None) -> int:
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
    run = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output and subprocess.STDOUT,
        check=False,
    )
    return run.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
