"""Loss and theft against every threshold, as a picture: SVG or PNG, the same bytes every time."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InvalidInput, MissingExtra
from .placement import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = ("svg", "png")
MAX_PANELS = 40
#: Below it nothing is drawn: no assumption is good to one in a million millions.
FLOOR = 1e-12
_DPI = 150
_COLUMNS = 2


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram of the picture.

    Attributes:
        title: What it is about.
        axis: What the threshold is of.
        rows: A point of both curves for each threshold.
    """

    title: str
    axis: str
    rows: tuple[Row, ...]


def plot(panels: Sequence[Panel], title: str, kind: str) -> bytes:
    """Draws chances of loss and of theft on a logarithmic scale, with the chosen threshold marked.

    Nothing of matplotlib's own state is changed, and no display is needed.

    Args:
        panels: The diagrams, in their order.
        title: Above all of them.
        kind: "svg" or "png".

    Raises:
        InvalidInput: Another kind of file, or no or too many diagrams.
        MissingExtra: matplotlib is not installed.
    """
    if kind not in FORMATS:
        raise InvalidInput(
            f"A picture is {' or '.join(FORMATS)}, not {kind!r}: let the file's name end with .svg or .png."
        )
    if not 1 <= len(panels) <= MAX_PANELS:
        raise InvalidInput(f"A picture has 1 to {MAX_PANELS} diagrams; this would have {len(panels)}.")
    try:
        import matplotlib.style
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ModuleNotFoundError as error:
        raise MissingExtra("Pictures of chances need matplotlib", "backup") from error
    drawn = [value for panel in panels for row in panel.rows for value in (row.loss, row.theft) if value >= FLOOR]
    least = min(drawn, default=FLOOR)  # one scale for all of them, so that they can be compared
    columns = min(_COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    # The defaults of matplotlib and not of whoever runs it; put back afterwards.
    with matplotlib.style.context(["default", {"svg.hashsalt": "ape-recovery", "font.size": 10}]):
        layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)  # inches
        figure = Figure(figsize=(5.2 * columns, 0.6 + 3.6 * lines), layout=layout)
        figure.suptitle(_plain(textwrap.fill(title, 58 * columns)), fontsize=11)
        grid = figure.subplots(lines, columns, squeeze=False)
        for number, axes in enumerate(grid.flat):
            if number < len(panels):
                _draw(axes, panels[number], least)
            else:
                axes.set_axis_off()
        names = {name: line for line, name in zip(*grid[0, 0].get_legend_handles_labels(), strict=True)}
        figure.legend(list(names.values()), list(names), loc="outside lower center", ncols=3, fontsize=9, frameon=False)
        out = io.BytesIO()
        # What draws is chosen by the kind of file: Agg or SVG, whatever backend is set. No date, nor what made it.
        without = {"Date": None, "Creator": "ape-recovery"} if kind == "svg" else {"Software": None}
        figure.savefig(out, format=kind, dpi=_DPI, metadata=without)
    return out.getvalue()


def _draw(axes: Axes, panel: Panel, least: float) -> None:
    """One diagram: told apart by dashes and marks, so that no colour is needed."""
    thresholds = [row.threshold for row in panel.rows]
    for name, values, line, mark, colour in (
        ("Loss", [row.loss for row in panel.rows], "-", "o", "#0b4f8a"),
        ("Theft", [row.theft for row in panel.rows], "--", "s", "#b3400f"),
    ):
        shown = [value if value >= FLOOR else math.nan for value in values]
        axes.plot(
            thresholds, shown, line, marker=mark, color=colour, label=name, markerfacecolor="white", linewidth=1.8
        )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: _tick(value))
    axes.set_ylim(10 ** (math.floor(math.log10(least)) - 0.3), 2.0)
    axes.set_xlim(thresholds[0] - 0.5, thresholds[-1] + 0.5)
    step = -(-len(thresholds) // 16)
    axes.set_xticks(thresholds[::step])
    for row in panel.rows:
        if row.chosen:
            axes.axvline(row.threshold, color="0.35", linestyle=":", linewidth=1.5, zorder=0, label="Chosen")
            for value, mark, colour in ((row.loss, "o", "#0b4f8a"), (row.theft, "s", "#b3400f")):
                if value >= FLOOR:
                    axes.plot([row.threshold], [value], mark, color=colour, markersize=9, zorder=3)
    axes.set_title(_plain(panel.title), fontsize=10)
    axes.set_xlabel(_plain(panel.axis))
    axes.set_ylabel("Chance")
    axes.grid(True, axis="y", color="0.85", linewidth=0.7)


def _tick(value: float) -> str:
    """A power of ten, as people say it."""
    return f"{value * 100:.4g}%" if value >= 0.99e-5 else f"1 in $10^{{{-round(math.log10(value))}}}$"


def _plain(text: str) -> str:
    """As it stands: a name with dollar signs is no formula."""
    return text.replace("$", r"\$")
