"""`recovery guardian receive`: files what guardians have sent, after it was checked."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidFile, InvalidInput, RecoveryError, Refused
from .guardian_state import answered, covered, look, require_good, view
from .options import FILE, Where, foldered, reading
from .session import command_line, quote, say, warn

if TYPE_CHECKING:
    from ..card import Card, Receipt
    from ..client import RecoveryClient
    from ..folder import Folder


@click.command(short_help="File cards and receipts that guardians have sent you")
@click.argument("sources", type=FILE, nargs=-1, required=True, metavar="FILE...")
@foldered
@reading
def receive(sources: tuple[Path, ...], folder: Folder, where: Where) -> None:
    """Check what guardians have sent you, and file it in your folder.

    FILE is a card or a receipt, or a picture or text that holds one. Signatures of
    keys are checked as they are; those of contracts need --network.
    """
    from .. import files

    # The chain is asked only if something takes it: a node that does not answer need not keep a receipt out.
    now, refused = int(time.time()), []
    for source in sources:
        try:
            file_text(folder, files.read(source), files.source_name(source), where, now)
        except RecoveryError as error:
            if len(sources) == 1:
                raise
            refused.append(source)
            warn(f"{files.source_name(source)} was not filed: {error.message}")
    click.echo()
    if folder.policy_files():
        _sum_up(folder, where, now)
    else:
        say("Next, when all cards are there, decide what the guardians may do:")
        command_line(f"recovery setup {quote(folder.path)}")
    if refused:
        raise Refused(f"{len(refused)} of {len(sources)} files were not filed; the others were.")


def file_text(folder: Folder, text: str, source: str, where: Where, now: int) -> None:
    """Files one card or receipt.

    Raises:
        RecoveryError: It is none, or not good.
    """
    from .. import files
    from ..card import CARD_KIND, RECEIPT_KIND, Card, Receipt

    kind = files.kind_of(text)
    if kind == CARD_KIND:
        card = Card.loads(text, source)
        require_good(card, source, _client(card, where), now)
        file_card(folder, card, source)
    elif kind == RECEIPT_KIND:
        receipt = _of_guardian(folder, Receipt.loads(text, source), source)
        require_good(receipt, source, _client(receipt, where), now)
        _file_receipt(folder, receipt)
    else:
        what = files.NAMES.get(kind, "no file of ape-recovery")
        raise InvalidFile(f"{source} is {what}; a guardian's card or receipt is needed here.")


def _client(said: Card | Receipt, where: Where) -> RecoveryClient | None:
    return None if said.is_signed_by_key or not where.network else where.connect()


def file_card(folder: Folder, card: Card, source: str) -> None:
    """Files a card whose signature was checked.

    Raises:
        InvalidInput: The name is taken, or there is a newer card.
    """
    try:
        folder.add_card(card)
    except InvalidInput as error:
        hint = ""
        if folder.policy_files() and any(guardian.name == card.name for guardian in folder.newest.guardians):
            hint = (
                f" If it is the same person with another key: recovery guardian replace {quote(card.name)} "
                f"--by {quote(source)} --folder {quote(folder.path)}"
            )
        raise InvalidInput(error.message + hint) from error
    say(f"The card of {card.name} is filed. Ring them, and have them read their address to you:", bold=True)
    click.echo(f"    {card.signer}")


def _of_guardian(folder: Folder, receipt: Receipt, source: str) -> Receipt:
    """The receipt under the name that the owner uses: the one that stands in it is not signed.

    Raises:
        Refused: It is for another account, or of nobody who is or was a guardian.
    """
    note = folder.note
    if note.account is None:
        raise Refused(f"{source} is a receipt, but the account of {folder.path} does not exist yet.")
    if (receipt.account, receipt.module) != (note.account, note.module):
        raise Refused(f"{source} is for {receipt.account}; the account of {folder.path} is {note.account}.")
    for plan in reversed(folder.plans()):
        for guardian in plan.guardians:
            weights = {weight for path in plan.paths for name, weight in path.guardians if name == guardian.name}
            opens = {plan.member(guardian.name, weight).commitment for weight in weights}
            if guardian.signer == receipt.signer and opens & set(receipt.commitments):
                return replace(receipt, name=guardian.name)
    if any(guardian.signer == receipt.signer for plan in folder.plans() for guardian in plan.guardians):
        raise Refused(f"{source} is for a kit of a policy that {folder.path} knows nothing of.")
    raise Refused(f"{source} is of {receipt.signer}, who is no guardian of {note.account}.")


def _file_receipt(folder: Folder, receipt: Receipt) -> None:
    from ..card import Statement
    from ..explain import when

    folder.add_receipt(receipt)
    if receipt.statement is Statement.RESIGNS:
        say(f"{receipt.name} has resigned, on {when(receipt.time)}. That is filed.", bold=True)
        return
    say(f"{receipt.name} holds the kit, and said so on {when(receipt.time)}. That is filed.", bold=True)
    newest = folder.newest
    if any(guardian.signer == receipt.signer for guardian in newest.guardians):
        guardian = next(guardian for guardian in newest.guardians if guardian.signer == receipt.signer)
        weights = {weight for path in newest.paths for name, weight in path.guardians if name == guardian.name}
        if {newest.member(guardian.name, weight).commitment for weight in weights} - set(receipt.commitments):
            warn(f"It is for an older kit of {guardian.name}. Give them the new one: {folder.kit_file(guardian.name)}")


def _sum_up(folder: Folder, where: Where, now: int) -> None:
    """What follows from what was filed."""
    from ..explain import listing

    if folder.note.account is None:
        return
    try:
        seen = view(folder, look(folder, where), now)
    except RecoveryError as error:
        warn(f"The chain was not asked which policy is in force: {error.message}")
        seen = view(folder, None, now)
    say(answered(seen.protection))
    say(covered(seen.protection))
    if seen.unsure:
        say(f"What {listing(seen.unsure)} said counts where --network is given.")
    for guardian in seen.protection.guardians:
        if guardian.resigned:
            say(f"Next: put somebody in the place of {guardian.name}:")
            command_line(f"recovery guardian replace {quote(guardian.name)} --by CARD --folder {quote(folder.path)}")
    say("All of them, and what is to be done:")
    command_line(f"recovery guardian list --folder {quote(folder.path)}")
