"""`recovery keys compromised`: somebody else has, or may have, an owner's key. All that helps, in one command."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import RecoveryError
from .alarm import alarmed
from .options import Paying, owning, sending
from .session import command_line, flight, parse_owners, quote, say, warn

if TYPE_CHECKING:
    from ..folder import Folder
    from .keys_rotate import Rotation
    from .sources import Source


@click.command(short_help="Somebody else may have your key: all that helps, in one command")
@alarmed
@click.option("--new-signer", "new_signers", multiple=True, metavar="KEY", help="The fresh key, to see that it signs.")
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
    the wallet gets the fresh one at once: with that the stolen key is worth nothing there,
    its shares are given up, and each guardian gets a message. Otherwise, and if that
    fails, it is as with `recovery panic`: freeze, a request for new owners, and a
    message for each guardian. Then comes what else the key opens.
    """
    from .keys_rotate import replace_owners
    from .panic import about, panic

    try:
        account, folder, known = about(address, folder_path, source)
        if new_owners and signers:
            try:
                new = parse_owners(new_owners, threshold, "--new-owner")
                # The thief does not wait until there is a backup.
                done = replace_owners(account, new, new_signers, (), None, True, signers, pay, folder)
            except RecoveryError as error:
                if flight().hash and not flight().mined:
                    raise  # it is on its way, and may still come first
                what = "The transaction was mined, but then" if flight().hash else "The owners could not be replaced"
                warn(f"{what}: {error.message} Now the rest.")
                click.echo()
            else:
                if done is not None:
                    _afterwards(done, account, folder, known, output)
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


def _afterwards(
    done: Rotation, account: str, folder: Folder | None, source: Source | None, output: Path | None
) -> None:
    """What remains once the stolen key is worth nothing: shares to be destroyed, and guardians to be told."""
    from .drafts import Scene
    from .keys_rotate import note_rotation
    from .letters import all_clear
    from .panic import known_policy, place_of
    from .rotated import written

    say("The wallet has its new owners: the stolen key is worth nothing there any more.", bold=True, colour="green")
    click.echo()
    given_up = note_rotation(folder, done) if folder else []
    state = done.client.state(account)
    scene = Scene(account, known_policy(done.client, state, folder, source), folder, done.client, state)
    shares: dict[str, str] = {}
    for note in given_up:
        for holder in note.dangerous:
            more = f"share {holder.group}.{holder.member} of set {note.about.short}"
            shares[holder.name] = f"{shares[holder.name]} and {more}" if holder.name in shares else more
    place = written(place_of(output, folder, state.time, "replaced"), all_clear(scene, done.gone, shares))
    say("Tell your guardians, by voice: whoever had the key may write to them in your name. A message for each is in")
    command_line(f"{quote(place)}/")
    say("Has the thief asked for another policy, or for a recovery? Look, and stop what is not yours:")
    command_line(f"recovery status {account} --network URL")


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
