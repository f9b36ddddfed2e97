"""Pictures of chances: the same every time, without any trace of whoever drew them."""

from __future__ import annotations

import builtins
import io
import os
import re
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from recovery.backup.chances import Term
from recovery.backup.holders import Holder
from recovery.backup.placement import Group, Placement, Row
from recovery.backup.plots import FLOOR, MAX_PANELS, Panel, plot
from recovery.errors import InvalidInput, MissingExtra

ROWS = Placement(tuple(Holder(f"h{n}", 0.1, 0.02) for n in range(5)), (Group("", 3),)).odds(Term(10)).rows
PANEL = Panel("Backup", "Shares needed", ROWS)


def drawn(*panels: Panel, title: str = "Chances", kind: str = "svg") -> bytes:
    return plot(panels or (PANEL,), title, kind)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_same_chances_give_the_same_bytes(kind: str) -> None:
    assert drawn(kind=kind) == drawn(kind=kind)
    other = Panel("Backup", "Shares needed", ROWS[:-1])
    assert drawn(kind=kind) != drawn(other, kind=kind)


def test_an_svg_is_well_formed_and_has_no_date() -> None:
    svg = drawn()
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert b"<dc:date>" not in svg and b"matplotlib" not in svg.lower().replace(b"matplotlib.axis", b"")


def test_a_png_is_a_picture_without_notes() -> None:
    image = Image.open(io.BytesIO(drawn(kind="png")))
    assert image.format == "PNG" and image.width > 700 and image.height > 500
    assert not {"Software", "Creation Time", "Author"} & set(image.info)


def test_black_and_white_is_enough_to_tell_the_curves_apart() -> None:
    svg = drawn().decode()
    assert len(re.findall("stroke-dasharray", svg)) >= 2  # theft, and the line of what was chosen
    least, most = Image.open(io.BytesIO(drawn(kind="png"))).convert("L").getextrema()
    assert least < 60 and most == 255


def test_each_panel_is_drawn() -> None:
    sizes = [Image.open(io.BytesIO(drawn(*[PANEL] * number, kind="png"))).size for number in (1, 2, 3)]
    assert sizes[1][0] == 2 * sizes[0][0] and sizes[2][0] == sizes[1][0] and sizes[2][1] > sizes[1][1]


def test_what_cannot_be_drawn_on_a_logarithmic_scale_is_left_out() -> None:
    rows = (Row("", 1, 2, 0.0, 0.5, True), Row("", 2, 2, FLOOR / 10, 0.0, False))
    assert drawn(Panel("none", "Shares", rows)).startswith(b"<?xml")
    assert drawn(Panel("none", "Shares", (Row("", 1, 1, 0.0, 0.0, True),)), kind="png").startswith(b"\x89PNG")


def test_a_name_with_dollar_signs_is_no_formula() -> None:
    assert drawn(Panel(r"group $\frac{$", r"Shares $\sqrt$", ROWS), title=r"$\frac{$").startswith(b"<?xml")


def test_nobodys_settings_change_the_picture_and_the_picture_changes_nobodys_settings() -> None:
    import matplotlib

    before = drawn()
    with matplotlib.rc_context({"font.size": 30, "svg.hashsalt": "mine", "lines.linewidth": 9}):
        settings = matplotlib.rcParams.copy()
        assert drawn() == before
        assert matplotlib.rcParams.copy() == settings


def test_no_backend_is_chosen_for_whoever_calls() -> None:
    program = (
        "import sys, matplotlib\n"
        "from recovery.backup.placement import Row\n"
        "from recovery.backup.plots import Panel, plot\n"
        "for kind in ('svg', 'png'): plot([Panel('p', 'x', (Row('', 1, 1, 0.1, 0.1, True),))], 't', kind)\n"
        "assert 'matplotlib.pyplot' not in sys.modules and matplotlib.get_backend(auto_select=False) is None"
    )
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", ["pdf", "", "SVG"])
def test_other_kinds_of_pictures_are_refused(kind: str) -> None:
    with pytest.raises(InvalidInput, match="A picture is svg or png"):
        drawn(kind=kind)


@pytest.mark.parametrize("number", [0, MAX_PANELS + 1])
def test_no_panels_or_too_many_are_refused(number: int) -> None:
    with pytest.raises(InvalidInput, match=f"this would have {number}"):
        plot([PANEL] * number, "Chances", "svg")


def test_without_matplotlib_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *arguments: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ModuleNotFoundError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtra, match=r"ape-recovery\[backup\]"):
        drawn()
