"""Policies to begin with: YAML with comments, in which the addresses are still to be put in."""

from __future__ import annotations

#: Each a file of that name.
NAMES = ("family", "solo", "organisation", "inheritance")


def text(name: str) -> str:
    """One of `NAMES`, as it is given out."""
    from importlib import resources

    return (resources.files(__name__) / f"{name}.yaml").read_text("utf-8")
