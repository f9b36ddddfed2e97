"""`recovery keys new` and `restore`: keystores from the words of a seed phrase."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import files
from ..errors import InvalidInput, Refused
from .kit_files import paper_option
from .options import ADDRESS, FILE, unlocking, yes_option
from .session import command_line, confirm, quote, refuse_secret, require_free, say, table, warn

if TYPE_CHECKING:
    from ..keys.seed import Places, Seed
    from .keys import Keyring

#: Among how many accounts an address is looked for.
SEARCHED = 100
#: As many accounts of a phrase are made or printed at most.
LISTED = 50


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What both commands take."""
    for option in reversed(
        (
            click.option(
                "-o",
                "--output",
                type=click.Path(path_type=Path, file_okay=False),
                metavar="DIR",
                help="Folder for the keystores.  [default: where Ape keeps its own]",
            ),
            click.option("--name", default="owner", show_default=True, metavar="NAME", help="What to call the key."),
            click.option(
                "--accounts",
                type=click.IntRange(1, LISTED),
                default=1,
                show_default=True,
                metavar="N",
                help="How many accounts of the phrase to make keystores of.",
            ),
            click.option(
                "--path",
                "path",
                metavar="PATH",
                help="Where they are (BIP-32), with i for what counts them.  [default: m/44'/60'/0'/0/i]",
            ),
            click.option("--passphrase", is_flag=True, help="A passphrase belongs to the words. You are asked for it."),
        )
    ):
        command = option(command)
    return command


@click.command(short_help="Make a seed phrase, and keystores of its accounts")
@click.option(
    "--words",
    "count",
    type=click.Choice(["12", "15", "18", "21", "24"]),
    default="12",
    show_default=True,
    help="How many words the phrase has.",
)
@_options
@click.option(
    "--words-fd",
    type=click.IntRange(min=0),
    metavar="N",
    help="Write the words to this file descriptor instead of showing them, for a program that keeps them.",
)
@click.option(
    "--sheet",
    type=FILE,
    metavar="PDF",
    help="Put the words on a sheet to print, instead of showing them.",
)
@paper_option
@unlocking
def new(
    count: str,
    output: Path | None,
    name: str,
    accounts: int,
    path: str | None,
    passphrase: bool,
    words_fd: int | None,
    sheet: Path | None,
    paper: str,
    keys: Keyring,
) -> None:
    """Make a new seed phrase, have it written down, and write keystores of its accounts.

    No network is needed: do it on a computer without one, if you can. The words are
    shown once, on a screen of their own, and three of them are asked for before anything
    is written. They are kept nowhere: what you write down is the backup. With --sheet
    they are in a PDF instead, which you print and delete.
    """
    from ..keys.seed import Seed, new_words
    from . import new_secrets

    places, targets = places_of(path, accounts), _targets(output, name, accounts)
    if sheet is not None:
        require_free(sheet, "--sheet")
    words = new_words(int(count))
    extra = new_secrets.passphrase_of(keys.password_fd, new=True) if passphrase else ""
    password = new_secrets.new_password(keys.password_fd, _announced(targets))
    paths = [places.at(index) for index in range(accounts)]
    if sheet is not None:
        # Before anything else is written: there must be no key without its words on paper.
        new_secrets.write_sheet(sheet, words, [] if extra else paths, bool(extra), paper)
    try:
        if words_fd is not None:
            _hand_over(words, words_fd)
        elif sheet is None:
            new_secrets.write_down(words)
        with Seed.of(words, extra) as seed:
            made = _write(targets, seed, paths, password)
    except BaseException:  # also Ctrl-C: words without keys would be taken for those of other keys
        if sheet is not None:
            sheet.unlink(missing_ok=True)
        raise
    _said(made, bool(extra))
    if sheet is not None:
        from .backup_sheet import how_to_print

        how_to_print([sheet])


@click.command(short_help="Make the keystores again, from the words")
@_options
@click.option("--expect", type=ADDRESS, metavar="ADDR", help="The account that it should be. It is looked for.")
@unlocking
@yes_option
def restore(
    output: Path | None,
    name: str,
    accounts: int,
    path: str | None,
    passphrase: bool,
    expect: str | None,
    keys: Keyring,
    yes: bool,
) -> None:
    """Make keystores again from the words of a seed phrase.

    With --expect the account of that address is looked for among the first 100 at each
    place that wallets use, and it alone is written. No network is needed.
    """
    from ..keys.seed import Seed
    from . import new_secrets

    if expect and accounts > 1:
        raise InvalidInput("--expect restores the one account of that address. Leave --accounts out.")
    places, targets = places_of(path, accounts), _targets(output, name, accounts)
    words = typed_words(keys.password_fd)
    extra = new_secrets.passphrase_of(keys.password_fd, new=False) if passphrase else ""
    with Seed.of(words, extra) as seed:
        if expect:
            found = [_found(seed, expect, path, bool(extra))]
        else:
            found = listed(seed, places, accounts)
            if extra:
                warn("A slip in the passphrase gives other accounts, without any error. Compare the addresses.")
            confirm("Are these the accounts that you expect?", yes)
        password = new_secrets.new_password(keys.password_fd, _announced(targets))
        made = _write(targets, seed, found, password)
    _said(made, bool(extra))


# ----------------------------------------------------------------------------------------------- before


def places_of(text: str | None, accounts: int) -> Places:
    """Where that many accounts are.

    Raises:
        InvalidInput: It is no path, or that of one account.
    """
    from ..keys.seed import DEFAULT_PLACES, Places

    if text is not None:
        refuse_secret(text, f"a path, such as {DEFAULT_PLACES}")
    places = Places.parse(text or DEFAULT_PLACES)
    places.at(accounts - 1)  # says so if there are not so many
    return places


def _targets(folder: Path | None, name: str, accounts: int) -> list[Path]:
    """Files that are not there yet, one for each account.

    Raises:
        InvalidInput: One of them is.
    """
    from .keys import PAPER, _ape_folder

    refuse_secret(name, "a short name for the key")
    if not name or name != Path(name).name or name.startswith((".", "-")) or not name.isprintable() or name == PAPER:
        raise InvalidInput(f"{name[:60]!r} cannot be what a key is called: it becomes the name of a file.")
    names = [name] if accounts == 1 else [f"{name}-{number}" for number in range(1, accounts + 1)]
    targets = [(folder or _ape_folder()) / f"{each}.json" for each in names]
    for target in targets:
        require_free(target, "--name")
    return targets


def listed(seed: Seed, places: Places, accounts: int) -> list[tuple[int, ...]]:
    """Shows the first accounts, to be compared; their paths."""
    from ..keys.seed import path_text

    found = list(seed.addresses(places, accounts))
    table([(path_text(path), address) for path, address in found])
    click.echo()
    return [path for path, _ in found]


def _announced(targets: Sequence[Path]) -> str:
    what = str(targets[0]) if len(targets) == 1 else f"all {len(targets)} keystores"
    return f"A password for {what}. You need it whenever you sign; the words give the key again without it."


def typed_words(password_fd: int | None) -> str:
    """The words, typed; again if there is a slip in them."""
    from ..keys.seed import parse_words
    from .keys import ATTEMPTS, read_secret

    attempts = ATTEMPTS if password_fd is None else 1
    for attempt in range(attempts):
        try:
            return parse_words(
                read_secret(
                    password_fd,
                    "line with the words of the seed phrase",
                    "Type the words of the seed phrase, in order; they are not shown. The first four letters will do.",
                    "Words",
                )
            )
        except InvalidInput as error:
            if attempt + 1 == attempts:
                raise
            click.echo(error.message, err=True)
    raise AssertionError  # the last attempt returns or raises


def _hand_over(words: str, descriptor: int) -> None:
    """Gives the words to a program, before anything depends on them.

    Raises:
        InvalidInput: There is nobody who reads them, or everybody.
    """
    if os.isatty(descriptor):
        raise InvalidInput(
            f"File descriptor {descriptor} is a terminal, which keeps what it shows. Leave --words-fd out to see the "
            "words. Nothing was written."
        )
    try:
        rest = f"{words}\n".encode()
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as error:
        raise InvalidInput(
            f"The words cannot be written to file descriptor {descriptor}: {error.strerror}. Nothing was written."
        ) from error


def _found(seed: Seed, address: str, path: str | None, passphrase: bool) -> tuple[int, ...]:
    """Where an address is.

    Raises:
        Refused: Nowhere.
    """
    from ..keys.seed import USUAL_PLACES, Places, path_text

    for places in (path,) if path else USUAL_PLACES:
        found = seed.find(address, Places.parse(places), SEARCHED)
        if found is not None:
            say(f"Found: {address} is at {path_text(found)}.", bold=True, colour="green")
            return found
    where = "there" if path else "at any of the places that wallets use"
    hint = (
        "Is the passphrase right, to the letter? Another one gives other keys."
        if passphrase
        else "Does a passphrase belong to them? Then give --passphrase."
    )
    raise Refused(
        f"{address} is not among the first {SEARCHED} accounts of these words {where}. Nothing was written. {hint} If "
        "the key is at a place of its own, say where with --path."
    )


# -------------------------------------------------------------------------------------------- and after


def _write(
    targets: Sequence[Path], seed: Seed, paths: Sequence[tuple[int, ...]], password: str
) -> list[tuple[Path, str, str]]:
    """Writes all keystores or none, and opens each again.

    Returns:
        File, address and path of each.

    Raises:
        InvalidInput: One cannot be written.
        Refused: One does not read back as it was.
    """
    from eth_account import Account

    from .. import keystore
    from ..keys.seed import path_text

    texts = [json.dumps(keystore.encrypt(seed.key(path), password), indent=2) + "\n" for path in paths]
    folder = targets[0].parent
    existed = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        result = []
        for target, path, text in zip(targets, paths, texts, strict=True):
            files.write(target, text, secret=True)
            if bytes(Account.decrypt(json.loads(files.read(target)), password)) != seed.key(path):
                raise Refused(f"{target} does not read back as it was written. Nothing was kept; is the disk in order?")
            result.append((target, str(seed.account(path).address), path_text(path)))
        return result
    except OSError as error:
        raise InvalidInput(f"The folder {folder} cannot be made: {error.strerror}.") from error
    except BaseException:  # also Ctrl-C: half of them would be taken for all
        for target, text in zip(targets, texts, strict=True):
            if target.is_file() and target.read_text() == text:  # ours, and not what somebody else has put there
                target.unlink()
        if not existed:
            with suppress(OSError):
                folder.rmdir()
        raise


def _said(made: Sequence[tuple[Path, str, str]], passphrase: bool) -> None:
    for target, address, path in made:
        table([("Address", address), ("Path", path), ("Keystore", str(target))])
        click.echo()
    say("Written, and read back.", bold=True, colour="green")
    say(
        "The words"
        + (" together with the passphrase" if passphrase else "")
        + " give these keys on any computer. See whether what you have on paper does, before you put anything in:"
    )
    extra = " --passphrase" if passphrase else ""
    command_line(f"recovery keys restore --expect {made[0][1]}{extra} -o TRIAL")
    say("Then, for a wallet that these keys own:")
    command_line(f"recovery wallet create --policy FILE --owner {made[0][1]} --account KEY --network URL")
    say(f"The key is called {quote(made[0][0])} wherever a KEY is asked for; in Ape's own folder its name will do.")
