"""`recovery keys`: the owner's keys, made, kept, and used where there is no network."""

from __future__ import annotations

import click

from .keys_cold import prepare, sign
from .keys_compromised import compromised
from .keys_files import list_keys, password, show
from .keys_hsm import hsm
from .keys_rotate import rotate
from .keys_schedule import schedule
from .keys_seed import new, restore
from .keys_send import send


@click.group(short_help="Make and keep your own keys, and sign where there is no network")
def keys() -> None:
    """Make and keep your own keys, and sign where there is no network."""


for _command in (new, restore, list_keys, show, password, hsm, prepare, sign, send, rotate, schedule, compromised):
    keys.add_command(_command)
