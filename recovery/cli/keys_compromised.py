"""`recovery keys compromised`: somebody else has, or may have, an owner's key. All that helps, in one command."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import RecoveryError
from .options import ADDRESS, FILE, Paying, knowing, owning, sending
from .session import command_line, flight, say, warn

if TYPE_CHECKING:
    from .sources import Source


@click.command(short_help="Somebody else may have your key: all that helps, in one command")
@click.argument("address", type=ADDRESS, required=False)
@click.option(
    "--folder",
    "folder_path",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The owner's folder: it knows the account, the guardians, and freezes that were signed ahead.",
)
@knowing
@click.option("--freeze", "freeze_file", type=FILE, metavar="REQUEST", help="A freeze request that was signed ahead.")
@click.option("--approval", "approval_files", type=FILE, multiple=True, metavar="FILE", help="Its approvals; repeat.")
@click.option("--new-owner", "new_owners", multiple=True, metavar="ADDR", help="A fresh key of yours; repeat for more.")
@click.option("--threshold", type=click.IntRange(min=1), metavar="N", help="How many of the new keys have to sign.")
@click.option("--new-signer", "new_signers", multiple=True, metavar="KEY", help="The fresh key, to see that it signs.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="DIR", help="Where requests and messages go.")
@owning
@sending
def compromised(
    address: str | None,
    folder_path: Path | None,
    source: Source | None,
    freeze_file: Path | None,
    approval_files: tuple[Path, ...],
    new_owners: tuple[str, ...],
    threshold: int | None,
    new_signers: tuple[str, ...],
    output: Path | None,
    signers: tuple[str, ...],
    pay: Paying,
) -> None:
    """Somebody else has your key, or may have it.

    If you still have it yourself (--signer) and a fresh one (--new-owner, --new-signer),
    the wallet gets the fresh one at once: with that the stolen key is worth nothing.
    Otherwise, and if that fails, it is as with `recovery panic`: freeze, a request
    for new owners, and a message for each guardian. Then comes what else the key opens.
    """
    from ..folder import Folder
    from .keys_rotate import rotate
    from .panic import panic

    account = address or (Folder.open(folder_path).note.account if folder_path else None)
    try:
        if account and new_owners and signers:
            try:
                _plain(rotate)(
                    address=account,
                    owners=new_owners,
                    threshold=threshold,
                    new_signers=new_signers,
                    proofs=(),
                    challenges=None,
                    backed_up=True,  # the thief does not wait until there is a backup
                    signers=signers,
                    pay=pay,
                )
            except RecoveryError as error:
                if flight().hash and not flight().mined:
                    raise  # it is on its way, and may still come first
                warn(f"The owners could not be replaced: {error.message} Now the rest.")
                click.echo()
            else:
                say("Has the thief asked for another policy, or for a recovery? Look, and stop what is not yours:")
                command_line(f"recovery status {account} --network URL")
                return
        _plain(panic)(
            address=address,
            folder_path=folder_path,
            source=source,
            freeze_file=freeze_file,
            approval_files=approval_files,
            new_owners=new_owners,
            threshold=threshold,
            output=output,
            pay=pay,
        )
    finally:
        _what_else()


def _plain(command: click.Command) -> Any:
    """What a command does, without its options: they were read already."""
    assert command.callback is not None  # noqa: S101 - commands have one
    return inspect.unwrap(command.callback)


def _what_else() -> None:
    click.echo()
    say("What else that key opens, and nobody can do for you:", bold=True)
    for text in (
        "If it came from a seed phrase, the thief may have all of its accounts. Take every one for stolen.",
        "What lies at the key's own address, beside the wallet, nobody protects: move it, from a clean computer.",
        "Where the wallet does not exist yet, on other chains, its first owners rule. Do the same on each chain.",
        "If the key is a guardian of somebody else's, tell them, so that they put you in with a fresh key: "
        "recovery guardian card.",
        "How did it get out? Until you know, make the fresh key on another computer: recovery keys new.",
    ):
        say(f"- {text}", 2)
