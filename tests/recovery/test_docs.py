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
