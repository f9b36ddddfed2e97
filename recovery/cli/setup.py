"""`recovery setup`: a conversation at whose end an account is protected. It can be broken off and taken up again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import RecoveryError
from .kit_files import paper_option
from .options import ADDRESS, Paying, owning, sending
from .session import command_line, quote, say

if TYPE_CHECKING:
    from ..folder import Folder
    from ..plan import PolicyPlan

TEMPLATES = {
    "family": "two keys of yours, friends, an heir: one stolen key takes nothing",
    "solo": "one key of yours and three friends: as little as possible",
    "inheritance": "two keys, friends, and heirs who cannot act while you live",
    "organisation": "officers who spend together, a board that replaces them",
}


@click.command(short_help="Protect an account, step by step")
@click.argument("place", type=click.Path(path_type=Path, file_okay=False), default="my-recovery", metavar="[FOLDER]")
@click.option(
    "--adopt",
    type=ADDRESS,
    metavar="ADDR",
    help="An account that you have: change its policy instead of creating another account.",
)
@click.option("--template", type=click.Choice(tuple(TEMPLATES)), help="What to begin with, instead of being asked.")
@paper_option
@owning
@sending
def setup(
    place: Path, adopt: str | None, template: str | None, paper: str, signers: tuple[str, ...], pay: Paying
) -> None:
    """Protect an account, step by step: keys, guardians, policy, kits, rehearsal.

    Everything goes into FOLDER (my-recovery). Stop whenever you like, and take it
    up again with the same command: what is done is not asked again. With --adopt it
    is for an account that you have, after a recovery for instance; its owners sign
    the change of policy (--signer).
    """
    from .setup_account import adopt_account, create_account, hand_out, rehearse
    from .setup_policy import begin, decide, name_guardians, name_owners

    try:
        folder = begin(place, template, adopt)
        name_owners(folder)
        name_guardians(folder, pay, paper)
        plan = decide(folder)
        made = adopt_account if folder.note.account and not folder.note.chains else create_account
        folder = made(folder, plan, pay, signers)
        if hand_out(folder, plan, pay, paper):
            rehearse(plan)
        _done(folder, plan, pay)
    except (click.Abort, RecoveryError):
        if (place / "account.json").exists():
            click.echo(err=True)
            say(f"What was done so far is in {place}. To go on:")
            command_line(f"recovery setup {quote(place)}")
        raise


def _keep(folder: Folder) -> None:
    """What is to become of what the folder holds."""
    sheets = sorted((folder.path / "paper").glob("*.pdf"))
    keys = sorted((folder.path / "keys").glob("*.json"))
    if sheets:
        say("Still there: whoever finds it is that guardian. Print it, check the print, delete the file.", bold=True)
        command_line(*(str(sheet) for sheet in sheets))
    if keys:
        say("Keys that own the account: take them to where you use them, and keep their passwords elsewhere.")
        command_line(*(str(key) for key in keys))
    say(
        f"Keep a copy of {folder.path} in another place, without keys and sheets: whoever has that can take nothing, "
        "but learns who your guardians are. In policies stands the secret of which all kits can be made again, with "
        "your guardians' cards and the chain alone: recovery kit rebuild"
    )


def _done(folder: Folder, plan: PolicyPlan, pay: Paying) -> None:
    import time

    from ..lint import sentence
    from .guardian_state import answered, covered, look, view

    click.echo()
    say(sentence(plan), bold=True, colour="green")
    click.echo()
    seen = view(folder, look(folder, pay), int(time.time()))
    say(answered(seen.protection))
    say(covered(seen.protection), colour=None if seen.protection.protected else "yellow")
    click.echo()
    _keep(folder)
    if not seen.protection.protected:
        say("When the other receipts come in:")
        command_line(f"recovery guardian receive FILE... --folder {quote(folder.path)}")
    say("What keeps your own keys from being lost, and says when to look again:")
    command_line(
        f"recovery backup split --key KEY --group '2 of 3' --holder NAME ... --folder {quote(folder.path)}",
        f"recovery keys schedule --suggested --folder {quote(folder.path)}",
        f"recovery plan --folder {quote(folder.path)} --network URL",
    )
    say("From now on:")
    command_line(
        f"recovery status {folder.note.account} --folder {quote(folder.path)} --network URL",
        f"recovery guardian list --folder {quote(folder.path)} --network URL",
        f"recovery panic --folder {quote(folder.path)} --account KEY --network URL",
    )
