"""`recovery kit`: what guardians keep, as files and on paper."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidInput, Refused
from .kit_files import date, draw, outdated, paper_option, write_kits, write_missing_sheets
from .options import ADDRESS, FILE, Where, foldered, json_option, reading, unlocking
from .session import command_line, load_kit, quote, require_free, say, table, warn

if TYPE_CHECKING:
    from ..card import Card
    from ..client import RecoveryClient
    from ..folder import Folder
    from ..rebuild import Rebuilt
    from .keys import Keyring


@click.group(short_help="Make what guardians keep, as files and on paper")
def kit() -> None:
    """Make what guardians keep, as files and on paper, and make it again."""


@kit.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@foldered
@click.option("--pdf/--no-pdf", default=True, show_default=True, help="Also on paper.")
@paper_option
def make(names: tuple[str, ...], folder: Folder, pdf: bool, paper: str) -> None:
    """Make the kits of your guardians, from the newest policy file in your folder.

    Without NAME those that are missing or of no use any more; whoever has a kit that
    still opens the same keeps it. With NAME theirs, whenever anything in it is
    different. What is replaced goes to kits/stale.
    """
    plan = folder.newest
    kits = outdated(folder, plan, names)
    made = write_kits(folder, kits, pdf, paper, date(int(time.time())))
    if pdf:
        wanted = names or tuple(guardian.name for guardian in plan.guardians)
        made += write_missing_sheets(folder, wanted, paper)
    if not made:
        say("Every kit is there and good. Nothing was written.")
        return
    table([(each.name, ", ".join(str(path) for path in each.files)) for each in made])
    stale = [path for each in made for path in each.stale]
    if stale:
        click.echo()
        say("Stale now; have what was handed out destroyed once the new policy is in force:")
        table([("", str(path)) for path in stale])
    click.echo()
    say("Next: give each guardian their own kit and nobody else's, and ask for a receipt:")
    command_line("recovery guardian check KIT --signer KEY")
    say("File what comes back:")
    command_line(f"recovery guardian receive RECEIPT... --folder {quote(folder.path)}")


@kit.command()
@click.argument("file", type=FILE, metavar="KIT")
@json_option
@click.pass_context
def show(ctx: click.Context, file: Path, as_json: bool) -> None:
    """Show what a kit says, but not what is secret in it."""
    from .policy import show as show_policy

    load_kit(file)  # says so if it is none
    ctx.invoke(show_policy, file=file, as_json=as_json)


@kit.command()
@click.argument("file", type=FILE, metavar="KIT")
@click.option("-o", "--output", type=FILE, metavar="PDF", help="Where to write it.  [default: KIT with .pdf]")
@paper_option
def pdf(file: Path, output: Path | None, paper: str) -> None:
    """Put a kit on paper: one page, with QR codes that were read back."""
    loaded = load_kit(file)
    output = output or Path(f"kit-{files.stem(loaded.name)}.pdf" if str(file) == "-" else file.with_suffix(".pdf"))
    require_free(output)
    files.write_bytes(output, draw(loaded, paper), secret=True)
    say(f"Written to {output}.", bold=True, colour="green")
    say(f"Next: print it, and give it to {loaded.name} and nobody else.")


@kit.command()
@click.option("--account", type=ADDRESS, required=True, metavar="ADDR", help="The account.")
@click.option(
    "--card", "card_files", type=FILE, multiple=True, required=True, metavar="FILE", help="A guardian's card; repeat."
)
@click.option(
    "--numbers",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    show_default=True,
    metavar="N",
    help="How far guardians' numbers are tried.",
)
@click.option("-o", "--output", type=FILE, default=Path("policy.json"), show_default=True, help="The policy file.")
@click.option(
    "--kits",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("kits"),
    show_default=True,
    help="Folder for the guardians' kits.",
)
@unlocking
@reading
def rebuild(
    account: str, card_files: tuple[Path, ...], numbers: int, output: Path, kits: Path, keys: Keyring, where: Where
) -> None:
    """Make policy file and kits again, from the policy secret and the guardians' cards.

    The secret (64 hexadecimal digits, kept on paper or in a backup) is asked for. The
    policy's structure comes from the chain's events. What you called the paths is in
    neither: they are called by their numbers.
    """
    from ..rebuild import rebuild as search
    from .keys import read_secret

    require_free(output)
    cards = [_card(file) for file in card_files]
    client = where.connect()
    policy = client.policy(account)
    typed = read_secret(
        keys.password_fd,
        "line with the policy secret",
        "Type the policy secret, 64 hexadecimal digits. It is not shown.",
        "Policy secret",
    )
    found = search(_secret(typed), policy, cards, numbers)
    if not found.guardians:
        raise Refused(
            "None of these cards is of a guardian whom this secret hides in the account's policy. Is it the secret of "
            "this account, and is this the account? If the policy was changed very often, try --numbers 10000."
        )
    contents = _contents(found, client, account, kits)
    _write(found, contents, output, cards)


def _card(file: Path) -> Card:
    from ..card import Card

    return Card.loads(files.read(file), files.source_name(file))


def _secret(typed: str) -> bytes:
    """The policy secret as somebody types it from paper.

    Raises:
        InvalidInput: Not 64 digits. What was typed is not repeated.
    """
    digits = re.sub(r"[\s-]", "", typed).lower().removeprefix("0x")
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise InvalidInput(
            f"The policy secret has 64 hexadecimal digits (0-9, a-f); what was typed has {len(digits)} characters or "
            "something else in it. Nothing was written."
        )
    return bytes.fromhex(digits)


def _contents(found: Rebuilt, client: RecoveryClient, account: str, folder: Path) -> dict[Path, tuple[str, str]]:
    """Name and text of each kit, by where it is to be written.

    Raises:
        InvalidInput: Something else stands there.
    """
    contents: dict[Path, tuple[str, str]] = {}
    for guardian in found.guardians:
        path = folder / f"kit-{files.stem(guardian.name)}.json"
        if path in contents:
            path = folder / f"kit-{files.stem(guardian.name)}-{guardian.number}.json"
        text = found.kit(guardian, client.chain_id, client.deployment.module, account).dumps()
        if path.exists() and files.read(path) != text:
            raise InvalidInput(f"{path} is another kit. Choose another folder with --kits.")
        contents[path] = (guardian.name, text)
    return contents


def _write(found: Rebuilt, contents: dict[Path, tuple[str, str]], output: Path, cards: list[Card]) -> None:
    from ..explain import listing
    from .words import plural

    plan = None if found.unknown else found.plan
    if plan:
        files.write(output, plan.dumps(), secret=True)
    for path, (_, text) in contents.items():
        if not path.exists():
            files.write(path, text, secret=True)
    rows = [(name, str(path)) for path, (name, _) in contents.items()]
    table([*rows, ("Policy file", str(output) if plan else "not written, see below")])
    click.echo()
    known = {guardian.name for guardian in found.guardians}
    strangers = [card.name for card in cards if card.name not in known]
    if strangers:
        warn(f"{listing(strangers)} could not be found in the policy.")
    if plan:
        say("The policy file and all kits are there again.", bold=True, colour="green")
        say("Give each guardian their own kit, and show what was found with:")
        command_line(f"recovery policy show {quote(output)}")
        return
    missing = listing([f"{plural(count, 'guardian')} of path {index}" for index, count in found.unknown])
    say(f"Kits of those who were found are there again. Still unknown: {missing}.", bold=True)
    say("A policy file names everybody: ask the others for their cards, and run this again with all of them.")
