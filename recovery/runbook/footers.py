"""What stands at the foot of every page: of what it is, and how old. No names."""

from __future__ import annotations

from datetime import datetime, timezone

from .known import Known


def footer(what: str, known: Known) -> str:
    """What it is, when it was written, and the policy that it is about."""
    return f"{what}, written {day(known.now)}, policy 0x{known.policy_hash.hex()[:8]}…"


def day(time: int) -> str:
    """A day in UTC, for people.

    Args:
        time: Seconds since 1970.
    """
    return datetime.fromtimestamp(time, timezone.utc).strftime("%d %b %Y").lstrip("0")
