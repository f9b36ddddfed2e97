"""`recovery guardian`: cards, receipts, and who stays a guardian."""

from __future__ import annotations

import click

from .guardian_card import card, check, resign
from .guardian_change import renew, replace
from .guardian_filing import receive
from .guardian_list import list_guardians
from .guardian_paper import paper


@click.group(short_help="Be a guardian, and look after yours")
def guardian() -> None:
    """Be a guardian: card, check, resign. Look after yours: all others."""


for _command in (card, check, resign, receive, list_guardians, replace, renew, paper):
    guardian.add_command(_command)
