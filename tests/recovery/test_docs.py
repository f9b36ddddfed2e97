"""What the docs say in numbers is what was measured."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_on_gas_has_the_numbers_of_the_snapshot() -> None:
    snapshot = json.loads((ROOT / "benchmarks" / "gas.json").read_text("utf-8"))
    page = (ROOT / "docs" / "gas.md").read_text("utf-8").partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", page, re.MULTILINE)
    assert {name: int(gas.replace(",", "")) for name, gas in rows} == snapshot


def test_the_page_on_trust_counts_the_lines_that_decide() -> None:
    deciding = [
        *(ROOT / "contracts" / "modules").glob("*.sol"),
        *(ROOT / "contracts" / "libraries").glob("*.sol"),
        *(ROOT / "contracts" / "wallet").glob("*.sol"),
        ROOT / "contracts" / "RecoveryModule.sol",
    ]
    lines = 0
    for file in deciding:
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", file.read_text("utf-8"), flags=re.DOTALL)
        lines += sum(bool(line.strip()) for line in code.split("\n"))
    told = re.search(r"<!-- lines -->([\d,]+) lines of Solidity", (ROOT / "TRUST.md").read_text("utf-8"))
    assert told and int(told[1].replace(",", "")) == lines
