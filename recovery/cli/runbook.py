"""`recovery plan`: what to do when, written down for owner, guardians and heirs, and a letter with dates."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import ChainError, InvalidInput, Refused
from ..new_folder import new_folder
from .kit_files import paper_option
from .network import NETWORKS
from .options import FILE, Where, foldered, profile
from .session import command_line, quote, say, warn

if TYPE_CHECKING:
    from ..folder import Folder
    from ..runbook import Document, Known, Stand

#: Who can be written for.
READERS = ("owner", "guardian", "heir", "letter")
#: Where in an owner's folder they go.
PART = "runbook"
#: What is written, by how its files begin.
_WHAT = {
    "runbook-owner": "for you: what to do when, with your paths, guardians and commands. It names everybody",
    "runbook-guardian": "to go with a kit: who may ask, what is typed, what nobody asks. It names no other guardian",
    "runbook-heir": "in plain words: what there is, whom to gather, how many, and what they do",
    "letter-heir": "one page to heirs: the dates, by which policy, and what resets the clock",
}
#: What has dates in it, if a chain was asked.
_DATED = ("runbook-heir", "letter-heir")


@dataclass(frozen=True)
class Wanted:
    """What is to be written.

    Attributes:
        readers: For whom.
        guardians: Guardians who get a runbook of their own, by name.
        names: Whether the heirs' papers may name guardians.
        holders: Whether the heirs' runbook says who holds shares.
    """

    readers: tuple[str, ...]
    guardians: tuple[str, ...]
    names: bool
    holders: bool

    def documents(self, known: Known) -> list[Document]:
        """The documents.

        Raises:
            InvalidInput: No such guardian.
        """
        from ..runbook import guardian_runbook, heir_runbook, heirs_letter, owner_runbook

        made = []
        if "owner" in self.readers:
            made.append(owner_runbook(known))
        if "guardian" in self.readers:
            made += [guardian_runbook(known, name) for name in self.guardians or ("",)]
        if "heir" in self.readers:
            made.append(heir_runbook(known, self.names, self.holders))
        if "letter" in self.readers:
            made.append(heirs_letter(known, self.names))
        return made


@click.command(short_help="Write down for owner, guardians and heirs what to do")
@foldered
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where to.  [default: runbook, in the folder]",
)
@click.option(
    "--for",
    "readers",
    type=click.Choice(READERS),
    multiple=True,
    help="For whom; repeat.  [default: all of them]",
)
@click.option(
    "--name",
    "guardians",
    multiple=True,
    metavar="GUARDIAN",
    help="A guardian who gets a runbook of their own, to go with their kit; repeat.  [default: one for all]",
)
@click.option("--without-names", is_flag=True, help="Name no guardian in what heirs get.")
@click.option("--with-holders", is_flag=True, help="Say in the heirs' runbook who holds shares of your keys.")
@paper_option
@click.option("--replace", is_flag=True, help="Put them in the place of older ones.")
@NETWORKS
@click.option("--deployment", type=FILE, metavar="FILE", help="JSON with the contracts' addresses, if not the usual.")
@click.option("--offline", is_flag=True, help="Ask no node, also where RECOVERY_NETWORK or a profile names one.")
def plan(
    folder: Folder,
    output: Path | None,
    readers: tuple[str, ...],
    guardians: tuple[str, ...],
    without_names: bool,
    with_holders: bool,
    paper: str,
    replace: bool,
    networks: tuple[str, ...],
    deployment: Path | None,
    offline: bool,
) -> None:
    """Write runbooks for you, your guardians and your heirs, as Markdown and PDF.

    They are written from your folder: your paths, names, delays and chains, and
    commands as they are typed. A letter to your heirs says from when on guardians
    can act for them, by your last sign of life; without --network there are no
    dates. No secret is in them; each says what somebody learns who finds it.
    """
    from ..runbook import markdown, pdf

    wanted = Wanted(
        tuple(dict.fromkeys(readers)) or READERS, tuple(dict.fromkeys(guardians)), not without_names, with_holders
    )
    if guardians and "guardian" not in wanted.readers:
        raise InvalidInput("--name goes with --for guardian.")
    place = output or folder.path / PART
    default = profile().network
    asked = () if offline else networks or ((default,) if default else ())
    known = _known(folder, asked, deployment or profile().deployment)
    documents = wanted.documents(known)
    if replace and not offline:
        _require_dates(known, place, documents)
    content: dict[str, bytes] = {}
    for document in documents:
        content[f"{document.name}.md"] = markdown(document).encode()
        content[f"{document.name}.pdf"] = pdf(document, paper)
    if len(content) != 2 * len(documents):
        raise InvalidInput("Files of two of these guardians would have the same name. Write them one after the other.")
    _write(place, content, replace)
    _tell(known, wanted, place, documents)
    again = f"recovery plan --folder {quote(known.place)}{f' -o {quote(output)}' if output else ''}"
    command_line(f"{again} --replace --network URL")


def _require_dates(known: Known, place: Path, documents: Sequence[Document]) -> None:
    """Refuses to put papers without dates in the place of older ones, which may have them.

    Raises:
        InvalidInput: No chain was asked, and papers for heirs would be replaced.
    """
    if known.stands or not known.silent:
        return
    names = [f"{each.name}.{kind}" for each in documents if each.name in _DATED for kind in ("md", "pdf")]
    dated = [name for name in names if (place / name).exists()]
    if dated:
        raise InvalidInput(
            f"No chain was asked, so {place / dated[0]} would be replaced by one without dates. Nothing was written. "
            "Name a node with --network, or have it without dates: --offline"
        )


# ------------------------------------------------------------------------------------------------- known


def _known(folder: Folder, networks: Sequence[str], deployment: Path | None) -> Known:
    """What the folder says, and the chains that were named.

    Raises:
        InvalidInput: The account is not there yet, or not on these chains.
        Refused: The folder has no file of the policy in force, or chains have different ones.
    """
    from ..errors import RecoveryError
    from ..runbook import Known
    from .backup_notes import notes_in
    from .guardian_state import warn_of
    from .rotated import waits_for

    damaged: list[RecoveryError] = []
    folder.cards(damaged)
    warn_of(damaged)
    _ = folder.newest  # says so if there is none
    files = folder.policy_files()
    stands = [_stand(folder, Where(network, deployment)) for network in networks]
    if len({stand.chain_id for stand in stands}) != len(stands):
        raise InvalidInput("Two of the networks are the same chain. Name each chain once.")
    number = _number(folder, stands) or int(files[-1].stem.removeprefix("policy-"))
    notes = [note for _, note in notes_in(folder.path)]
    in_use = [note for note in notes if waits_for(note, notes) is None]  # what waits may never come to be in force
    return Known.of(folder, number, in_use, stands, int(time.time()))


def _stand(folder: Folder, where: Where) -> Stand:
    from ..chains import chain_name
    from ..reading import Reading
    from ..rpc import run
    from ..runbook import look
    from .guardian_state import look as looked

    try:
        chain = looked(folder, where)
        if chain is None:
            raise InvalidInput("The account does not exist yet, so there is no plan for it. Go on with: recovery setup")
        stand = run(chain.client.web3, look(Reading(chain.client.deployment), chain.state.account))
    except ChainError as error:
        raise ChainError(f"{error.message} Or write it without dates: --offline") from error
    if not stand.state.readable:
        raise Refused(f"{chain.state.account} could not be asked on {chain_name(stand.chain_id)}. Nothing was written.")
    return stand


def _number(folder: Folder, stands: Sequence[Stand]) -> int | None:
    """The number of the policy file that is in force, or None if no chain was asked.

    Raises:
        Refused: There is none in the folder, or there are several.
    """
    from ..chains import chain_name

    numbers = [int(path.stem.removeprefix("policy-")) for path in folder.policy_files()]
    hashes = [plan.policy.hash[:24] for plan in folder.plans()]
    found: dict[int, str] = {}
    for stand in stands:
        fitting = [number for number, each in zip(numbers, hashes, strict=True) if each == stand.state.policy_hash]
        if not fitting:
            raise Refused(
                f"No policy file in {folder.path / 'policies'} is the one that the account has on "
                f"{chain_name(stand.chain_id)}. A plan for another policy would mislead whoever follows it. Find that "
                "file, or make it again from the policy secret and the cards: recovery kit rebuild"
            )
        found.setdefault(fitting[-1], chain_name(stand.chain_id))
    if len(found) > 1:
        which = ", ".join(f"policy-{number}.json on {chain}" for number, chain in found.items())
        raise Refused(
            f"Chains have different policies: {which}. Write a plan for each: name one chain at a time, with -o."
        )
    return next(iter(found), None)


# ----------------------------------------------------------------------------------------------- writing


def _write(place: Path, content: Mapping[str, bytes], replace: bool) -> None:
    """Writes everything, each file as a whole; a new folder appears with all that belongs in it.

    Raises:
        InvalidInput: Something is there already, or the place cannot be written.
    """
    from .. import files

    if place.exists() or place.is_symlink():
        taken = [name for name in content if (place / name).exists() or (place / name).is_symlink()]
        if taken and not replace:
            raise InvalidInput(
                f"{place / taken[0]} exists already. Nothing was written. To put new ones in the place of the old: "
                "--replace; to keep both, name another folder with -o."
            )
        for name, data in content.items():
            files.write_bytes(place / name, data, secret=True, replace=replace)
        return
    with new_folder(place) as unfinished:
        for name, data in content.items():
            files.write_bytes(unfinished / name, data, secret=True)


def _tell(known: Known, wanted: Wanted, place: Path, documents: Sequence[Document]) -> None:
    from ..explain import listing

    say(f"Written, as Markdown and PDF, in {place}:", bold=True)
    for document in documents:
        what = next(text for start, text in _WHAT.items() if document.name.startswith(start))
        say(f"{document.name}: {what}.", 2)
    click.echo()
    say(f"By {known.version}. No key, salt or word of a secret is in them, nor any question of a kit.")
    if set(wanted.readers) & {"heir", "letter"}:
        if wanted.names and known.told:
            told = f"{listing(known.told)}, whose contact you let other guardians know; --without-names leaves them out"
        elif known.told:
            told = "no guardian, as you have asked with --without-names"
        else:
            told = "no guardian: there is none in your folder whose contact others may know"
        say(f"What heirs get names {told}.")
    if "heir" in wanted.readers and known.shares:
        say("It says who holds shares." if wanted.holders else "Who holds shares is said in your own runbook alone.")
    if not known.stands:
        warn(
            "No chain was asked: there are no dates, and whether this policy is in force is what your folder says. "
            "Name a node with --network."
        )
    elif known.newest != known.number:
        warn(f"policy-{known.newest}.json is newer and not in force. Write the plan again when it is.")
    missing = [each for each in known.chains if known.stands and each not in {s.chain_id for s in known.stands}]
    if missing:
        from ..chains import chain_names

        warn(f"{chain_names(missing)} was not asked: there may be another policy, and there is another clock.")
    click.echo()
    say("Print them and read them once with whoever they are for. Your own runbook is as secret as your folder.")
    say("They are of today. After a change of the policy, and once a year, write them again:")
