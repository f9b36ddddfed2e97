"""`recovery guardian card`, `check`, `resign`: what guardians say of themselves, signed on their own device."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import ChainError, InvalidInput, Refused
from .options import FILE, Where, reading, unlocking, yes_option
from .session import load_kit, quote, refuse_secret, say, table, warn
from .signing import Asking, Way, export, own_key, signature_of, signed_by

if TYPE_CHECKING:
    from ..card import Receipt, Statement
    from ..client import RecoveryClient
    from ..kit import Kit
    from ..signer import Signer
    from .keys import Key, Keyring


@click.command(short_help="Make your card: who you are, for an owner who asks you")
@click.argument("name")
@click.option("--contact", default="", metavar="TEXT", help="How you are reached, for the owner and other guardians.")
@click.option("--age-key", default="", metavar="AGE1...", help="Your age recipient, to which shares can be sealed.")
@click.option("--address", metavar="ADDR", help="With --typed-data: who signs, if the key is not here.")
@signed_by
@click.option("-o", "--output", type=FILE, help="Where to write it.  [default: card-NAME.json]")
@unlocking
@yes_option
@reading
def card(
    name: str,
    contact: str,
    age_key: str,
    address: str | None,
    way: Way,
    output: Path | None,
    keys: Keyring,
    yes: bool,
    where: Where,
) -> None:
    """Make a card that says who you are, and sign it.

    An owner who wants you as a guardian needs it. It names no account, and you can
    give the same one to several owners. With a key no network is needed.
    """
    from .. import files
    from ..card import Card
    from ..explain import when
    from ..files import text_of

    for text in (name, contact, age_key):
        refuse_secret(text, "nothing secret: a card is given away")
    output = output or Path(f"card-{files.stem(name)}.json")
    way.check_places(output)
    signer, key = _who(way, address, keys)
    made = Card(text_of(name), signer, text_of(contact), age_key, way.time(int(time.time())))
    table(
        [
            ("Name", made.name),
            ("Key", str(signer)),
            ("Contact", made.contact or "none"),
            *([("age", made.age_key)] if made.age_key else []),
            ("Date", when(made.time)),
        ]
    )
    click.echo()
    say("This says who you are, to whoever you give it. It names no account, and nobody can do anything with it.")
    click.echo()
    client = where.connect() if where.network and key is None else None
    if way.exports and way.typed_data:
        given = "".join(
            f" {option} {quote(value)}" for option, value in (("--contact", contact), ("--age-key", age_key)) if value
        )
        back = f"recovery guardian card {quote(name)} --address {signer}{given} --typed-data {quote(way.typed_data)}"
        export(made.message, way.typed_data, signer, back, client, proven=True)
        return
    asking = Asking("this card", "signs this card", "Sign this card?", yes)
    signature = signature_of(way, keys, key, made.message, signer, client, asking)
    files.write(output, made.signed(signature).dumps(), secret=True)
    say(f"Signed, and written to {output}.", bold=True, colour="green")
    say(
        f"Next: send {quote(output)} to the owner, as a file, or as a picture or text (recovery qr). When they ring "
        "you, read your address to them: somebody between you could have put in another one."
    )
    click.echo(f"    {signer}")


def _who(way: Way, address: str | None, ring: Keyring) -> tuple[Signer, Key | None]:
    """Who signs, and with which key; some keys say whose they are only once they are open."""
    from ..signer import Signer
    from . import keys
    from .options import settings

    if way.signer is None:
        if address is None:
            raise InvalidInput("Whose card is it? Give --address with --typed-data: the key is not here to ask.")
        refuse_secret(address, "the address of a key")
        return Signer.parse(settings().address(address) or address), None
    if address is not None:
        raise InvalidInput("--address goes with --typed-data; --signer says itself who it is.")
    key = keys.find(way.signer)
    return Signer.parse(key.address or str(ring.open(key, "is to sign your card").address)), key


@click.command(short_help="Say that you hold your kit: at first, and once a year")
@click.argument("kit_file", type=FILE, metavar="KIT")
@signed_by
@click.option("-o", "--output", type=FILE, help="Where to write it.  [default: receipt-NAME.json]")
@unlocking
@yes_option
@reading
def check(kit_file: Path, way: Way, output: Path | None, keys: Keyring, yes: bool, where: Where) -> None:
    """Look at your kit, and sign for the owner that you hold it and will help.

    Do it when you get the kit, and once a year: the owner counts on whoever has
    answered. With --network it is also seen whether the kit is still good. A sheet of
    paper in a sealed envelope is to be looked at every five years.
    """
    from ..card import Statement

    kit = load_kit(kit_file)
    made = _say(kit, kit_file, Statement.HOLDS, way, output, keys, yes, where)
    if made:
        say(f"Signed, and written to {made}.", bold=True, colour="green")
        say(f"Next: send {quote(made)} to {kit.notes.owner or 'the owner'}, and do it again in a year.")


@click.command(short_help="Resign as a guardian")
@click.argument("kit_file", type=FILE, metavar="KIT")
@signed_by
@click.option("-o", "--output", type=FILE, help="Where to write it.  [default: resignation-NAME.json]")
@unlocking
@yes_option
@reading
def resign(kit_file: Path, way: Way, output: Path | None, keys: Keyring, yes: bool, where: Where) -> None:
    """Sign for the owner that you do not want to be a guardian any more.

    It changes nothing on the chain: the owner has to put somebody in your place.
    """
    from ..card import Statement

    kit = load_kit(kit_file)
    made = _say(kit, kit_file, Statement.RESIGNS, way, output, keys, yes, where)
    if made:
        owner = kit.notes.owner or "the owner"
        say(f"Signed, and written to {made}.", bold=True, colour="green")
        say(
            f"Next: send {quote(made)} to {owner}, who has to put somebody else in your place. Until that is in force "
            "you could still be asked for help, and your approval would still count: keep kit and key until "
            f"{owner} tells you that you are replaced."
        )


def _say(
    kit: Kit,
    kit_file: Path,
    statement: Statement,
    way: Way,
    output: Path | None,
    keys: Keyring,
    yes: bool,
    where: Where,
) -> Path | None:
    """Shows what is said, has it signed, and writes it; None if it is signed elsewhere."""
    from .. import files
    from ..card import Receipt, Statement
    from ..chains import chain_names
    from ..explain import when
    from .words import kit_lines

    holds = statement is Statement.HOLDS
    stem = "receipt" if holds else "resignation"
    usual = Path(f"{stem}-{files.stem(kit.name)}.json")
    made = Receipt.of(statement, kit, way.time(int(time.time())))
    again = output is None and _is_earlier(usual, made)
    way.check_places(None if again else output or usual)
    key = None if way.signer is None else own_key(way.signer, made.signer)
    client = where.connect() if where.network else None
    table(
        [
            ("You say", statement.value),
            ("As", f"{kit.name}, {made.signer}"),
            ("To", kit.notes.owner or "the owner of the account"),
            ("Account", kit.account),
            ("", f"on {chain_names(kit.chains)}"),
            ("Date", when(made.time)),
            *kit_lines(kit),
            *(_hearsay(kit) if holds else []),
        ]
    )
    click.echo()
    if holds:
        say(
            "No chain says whether the names of the paths, the question and the contacts are right: they are words of "
            "whoever made this kit. If it is a new one, compare them with your old kit, or ring the owner on a number "
            "that you already had."
        )
    if client and holds:
        say(_standing(kit, client))
    elif holds:
        say("Whether the kit is still good was not looked at: that takes --network.")
    if way.exports and way.typed_data:
        verb = "check" if holds else "resign"
        back = f"recovery guardian {verb} {quote(kit_file)} --typed-data {quote(way.typed_data)}"
        export(made.message, way.typed_data, made.signer, back, client, proven=True)
        return None
    question = "Is this kit where you will find it again, and will you help?" if holds else "Do you resign?"
    asking = Asking(f"this {stem}", f"signs this {stem}", question, yes)
    signature = signature_of(way, keys, key, made.message, made.signer, client, asking)
    return files.write(output or usual, made.signed(signature).dumps(), secret=True, replace=again)


def _hearsay(kit: Kit) -> list[tuple[str, str]]:
    """What a kit says besides, which nobody vouches for but whoever handed it out."""
    ring = [f"{name}, {contact}" for name, contact in kit.notes.ring] or ["nobody else"]
    return [
        ("Question", kit.notes.question or "none"),
        ("To ring", ring[0]),
        *(("", each) for each in ring[1:]),
    ]


def _is_earlier(path: Path, receipt: Receipt) -> bool:
    """Whether what was said a year ago is there: it has been sent, and what is said now takes its place."""
    from .. import files
    from ..card import Receipt

    if not path.is_file() or path.is_symlink():
        return False
    try:
        there = Receipt.loads(files.read(path), str(path))
    except InvalidInput:
        return False
    return (there.signer, there.account) == (receipt.signer, receipt.account) and there.statement is receipt.statement


def _standing(kit: Kit, client: RecoveryClient) -> str:
    """Whether a kit is good on the chain, in words.

    Raises:
        Refused: It opens nothing there.
    """
    from ..chains import chain_name
    from ..explain import when
    from .sources import Source, require_account

    require_account(Source(kit.policy, kit.labels, kit=kit), kit.account, client.chain_id)
    if kit.module != client.deployment.module:
        raise InvalidInput(
            f"This kit is for the module {kit.module}; the one of this release is {client.deployment.module}. If that "
            "is right, give the addresses with --deployment."
        )
    from .words import plural

    state = client.state(kit.account, 0)
    chain = chain_name(client.chain_id)
    if state.configured and kit.policy.hash[:24] == state.policy_hash:
        return f"Checked on {chain}: your kit is of the policy that the account has now."
    if state.change_eta and kit.policy.hash[:24] == state.change_policy_hash:
        since = when(state.change_eta, state.time)
        return f"Checked on {chain}: your kit is of a change of policy that can be in force from {since}."
    if not state.configured:
        raise Refused(f"{kit.account} has no policy on {chain}, so your kit opens nothing. Ask the owner. Not signed.")
    try:
        policy = client.policy(kit.account)
    except ChainError:
        warn("The policy has been changed since your kit was made, and this node does not say whether the kit fits.")
        return "Ask the owner whether you need a new kit."
    try:
        now = kit.updated(policy)
    except InvalidInput:
        raise Refused(
            f"This kit is stale: it opens nothing in the policy that {kit.account} has on {chain}. Either the owner "
            "has replaced you, or has made you a new kit, or this is a new one whose change of policy was not "
            "scheduled yet. Ask the owner. Nothing was signed."
        ) from None
    before, after = (sum(opening is not None for opening in each.openings) for each in (kit, now))
    fewer = f"It now opens {plural(after, 'path')} instead of {before}"
    fits = "It still opens all that it did" if after >= before else fewer
    return f"Checked on {chain}: the policy has been changed since your kit was made. {fits}: keep it."
