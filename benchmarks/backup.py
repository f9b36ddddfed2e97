"""How long backups take: `python -m benchmarks.backup [--json]`.

Every row is the median of several runs, in milliseconds, on the computer it runs on. `split_ms` and `combine_ms` are
SLIP-39's work with what this project uses by default: 32 bytes, 3 of 5, a passphrase, extendable. `check_ms` is the
check value, which is slow on purpose (scrypt): it is what whoever guesses a passphrase has to pay each time.
`sheet_ms` is a share's sheet of paper, five pages, drawn, made into pictures and read back.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from recovery.backup import shares
from recovery.backup.check_value import Check
from recovery.backup.forms import Kind
from recovery.backup.share import About, Share
from recovery.sheets import share_pdf

#: The most that a row may take, in milliseconds.
LIMITS = {"split_ms": 50.0, "combine_ms": 50.0, "sheet_ms": 1500.0}
SECRET = bytes(range(1, 33))
PASSPHRASE = b"a passphrase of the benchmark"
RUNS = 15


def median(run: Callable[[], object], runs: int = RUNS) -> float:
    """The median time of a few runs after one that does not count, in milliseconds."""
    run()
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        run()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def split_ms() -> float:
    return median(lambda: shares.split(SECRET, [(3, 5)], passphrase=PASSPHRASE))


def combine_ms() -> float:
    made = shares.split(SECRET, [(3, 5)], passphrase=PASSPHRASE)
    words = [share.text for share in made.all[:3]]
    assert shares.combine(words, PASSPHRASE) == SECRET
    return median(lambda: shares.combine(words, PASSPHRASE))


def check_ms() -> float:
    check = Check.of(SECRET)
    assert check.fits(SECRET)
    return median(lambda: check.fits(SECRET), 5)


def sheet_ms() -> float:
    made = shares.split(SECRET, [(3, 5)], passphrase=PASSPHRASE)
    about = About.of(made, SECRET, Kind.KEY, "the key of the benchmark", None, True, 1_700_000_000)
    share = Share(about, "Holder of the benchmark", True, made.all[0])
    return median(lambda: share_pdf(share), 5)


#: What is measured, by the name of its row.
ROWS: dict[str, Callable[[], float]] = {
    "split_ms": split_ms,
    "combine_ms": combine_ms,
    "check_ms": check_ms,
    "sheet_ms": sheet_ms,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures everything.

    Returns:
        0, or 1 if something takes longer than its limit.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    options = parser.parse_args(arguments)
    rows = {name: round(measure(), 2) for name, measure in ROWS.items()}
    if options.json:
        print(json.dumps(rows))
    else:
        for name, value in rows.items():
            limit = f"   at most {LIMITS[name]:.0f}" if name in LIMITS else ""
            print(f"{name:<12} {value:8.2f}{limit}")
    return int(any(rows[name] > limit for name, limit in LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main())
