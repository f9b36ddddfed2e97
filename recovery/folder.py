"""The owner's folder: everything that brings the owner back, in files that can be read without this program.

    account.json              whose account it is, where it is, and what guardians are told besides
    schedule.json             what is to be done again, how often, and when it was done last
    policies/policy-1.json    every policy file that was ever made for it; the highest number is the newest
    cards/ana.json            what guardians say of themselves
    kits/kit-ana.json         what each guardian keeps; kits/kit-ana.pdf is the same on paper
    receipts/ana-….json       what guardians say of their kits
    paper/                    sheets of guardians on paper, until they are printed

The folder is as secret as the policy file in it: it says who the guardians are. Whoever has it can take nothing.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from eth_utils import to_checksum_address

from . import files
from .card import Card, Receipt
from .errors import InvalidInput, RecoveryError
from .files import from_hex, integer, text_of
from .kit import Kit, Notes, require_distinct
from .plan import PolicyPlan

ACCOUNT_KIND = "recovery-account"
_Said = TypeVar("_Said", Card, Receipt)
_PARTS = ("policies", "cards", "kits", "receipts")
#: Where else this package writes in it.
_PLACES = (*_PARTS, "paper", "keys", "freeze", "shares", "runbook", "cards/stale", "kits/stale")
#: What `files.write` calls a file while it is being written, until it gets its name.
_LEFTOVER = re.compile(r"\.(.+\.(?:json|pdf|yaml))\.[a-z0-9_]{8}")
#: In the folder itself there may be whatever the owner puts there.
_OWN = ("account.json", "policy.yaml", "schedule.json")
#: What was not touched for so long is not being written any more, in seconds.
_ABANDONED = 60


@dataclass(frozen=True, slots=True)
class AccountNote:
    """What an owner's folder says of its account.

    Attributes:
        owner: The owner's name.
        account: The account, or None as long as it does not exist.
        module: Its module, or None.
        chains: Chain ids on which it is protected, sorted.
        contacts: Names of guardians whose contact the others are told.
        questions: By guardian, a question whose answer only owner and guardian know.
        holders: By guardian that is a sheet of paper in an envelope, as on its card: who keeps it, or nothing.

    Raises:
        InvalidInput: Chains that are not sorted, or something twice.
    """

    owner: str
    account: str | None = None
    module: str | None = None
    chains: tuple[int, ...] = ()
    contacts: tuple[str, ...] = ()
    questions: tuple[tuple[str, str], ...] = ()
    holders: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if list(self.chains) != sorted(set(self.chains)):
            raise InvalidInput("chains must be sorted, and none of them twice.")
        require_distinct("Contact of", self.contacts)
        require_distinct("Question for", (name for name, _ in self.questions))
        require_distinct("Holder of", (name for name, _ in self.holders))

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            ACCOUNT_KIND,
            {
                "owner": self.owner,
                "account": self.account,
                "module": self.module,
                "chains": list(self.chains),
                "contacts": list(self.contacts),
                "questions": [{"name": name, "question": question} for name, question in self.questions],
                "holders": [{"name": name, "person": person} for name, person in self.holders],
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "account.json") -> AccountNote:
        """From a file.

        Raises:
            InvalidFile: Altered, or something else.
        """

        def build(content: dict[str, Any]) -> AccountNote:
            account, module = (
                None if content[name] is None else str(to_checksum_address(from_hex(content[name], 20)))
                for name in ("account", "module")
            )
            return cls(
                text_of(content["owner"]),
                account,
                module,
                tuple(integer(chain) for chain in content["chains"]),
                tuple(text_of(name) for name in content["contacts"]),
                tuple((text_of(each["name"]), text_of(each["question"])) for each in content["questions"]),
                tuple((text_of(each["name"]), text_of(each["person"])) for each in content["holders"]),
            )

        return files.parse(source, ACCOUNT_KIND, files.loads(text, ACCOUNT_KIND, source), build)


@dataclass(frozen=True)
class Folder:
    """An owner's folder. Files are read when they are asked for.

    Attributes:
        path: Where it is.
        note: What it says of its account.
    """

    path: Path
    note: AccountNote = field(compare=False)

    @classmethod
    def open(cls, path: Path) -> Folder:
        """An owner's folder that is there. What a killed process has left in it is removed.

        Raises:
            InvalidInput: It is none.
        """
        file = path / "account.json"
        if not file.is_file():
            raise InvalidInput(f"{path} is not an owner's folder: it has no account.json. Make one: recovery setup")
        folder = cls(path, AccountNote.loads(files.read(file), str(file)))
        folder.sweep()
        return folder

    @classmethod
    def create(cls, path: Path, note: AccountNote) -> Folder:
        """A new one, readable for its owner alone.

        A folder that is there already is closed to everybody else, too (0700), if it is the owner's: names of files
        in it are names of guardians.

        Raises:
            InvalidInput: There is one already, or the place cannot be written.
        """
        folder = cls(path, note)
        try:
            for each in (path, *(path / part for part in _PARTS)):
                files.make_folders(each, secret=True)
                _close(each)
        except OSError as error:
            raise InvalidInput(f"{path} cannot be made: {error.strerror}.") from error
        files.write(path / "account.json", note.dumps(), secret=True)
        return folder

    def noting(self, note: AccountNote) -> Folder:
        """The same folder with another account.json, written at once."""
        files.write(self.path / "account.json", note.dumps(), secret=True, replace=True)
        return Folder(self.path, note)

    def holding(self, name: str, person: str) -> Folder:
        """Notes that a guardian is a sheet of paper in an envelope, and who keeps it; written at once.

        Args:
            name: As on its card.
            person: Who keeps it; nothing if that is not known.
        """
        others = tuple(each for each in self.note.holders if each[0] != name)
        return self.noting(replace(self.note, holders=(*others, (name, person))))

    def holder(self, card: Card) -> str:
        """Who keeps the envelope of this card, or nothing. Anybody can write any name on a card: the key decides."""
        known = any((each.name, each.signer) == (card.name, card.signer) for each in self.cards([]))
        return dict(self.note.holders).get(card.name, "") if known else ""

    def sealed(self, plan: PolicyPlan) -> tuple[str, ...]:
        """Guardians of a policy that are a sheet of paper in an envelope, by their cards' keys."""
        paper = {name for name, _ in self.note.holders}
        signers = {card.signer for card in self.cards([]) if card.name in paper}
        return tuple(guardian.name for guardian in plan.guardians if guardian.signer in signers)

    def sweep(self) -> None:
        """Removes what a process has left that was killed while it wrote: it may be as secret as a sheet of paper.

        That is: a file of its owner's alone (0600), called as `files.write` calls what has no name yet, untouched for
        a minute. A folder that cannot be changed stays as it is.
        """
        before = time.time() - _ABANDONED
        for place in (self.path, *(self.path / part for part in _PLACES)):
            with contextlib.suppress(OSError):
                for path in place.iterdir():
                    named = _LEFTOVER.fullmatch(path.name)
                    if named is None or (place == self.path and named[1] not in _OWN):
                        continue
                    found = path.lstat()
                    alone = stat.S_ISREG(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o600
                    if alone and found.st_uid == os.geteuid() and found.st_mtime < before:
                        path.unlink()

    # ------------------------------------------------------------------------------------------ policies

    def plans(self) -> list[PolicyPlan]:
        """Every policy file, oldest first.

        Raises:
            InvalidFile: One is damaged: nothing is decided on the rest.
        """
        return [PolicyPlan.loads(files.read(path), str(path)) for path in self.policy_files()]

    def policy_files(self) -> list[Path]:
        """Where the policy files are, oldest first."""
        numbered = {}
        for path in (self.path / "policies").glob("policy-*.json"):
            if match := re.fullmatch(r"policy-([1-9][0-9]{0,5})\.json", path.name):
                numbered[int(match[1])] = path
        return [numbered[number] for number in sorted(numbered)]

    def add_plan(self, plan: PolicyPlan) -> Path:
        """Writes a policy file after those that are there; if the newest is the same, that one is kept.

        Raises:
            InvalidInput: Two guardians' names are so alike that their files would have the same name.
        """
        names: dict[str, str] = {}
        for guardian in plan.guardians:
            other = names.setdefault(files.stem(guardian.name), guardian.name)
            if other != guardian.name:
                raise InvalidInput(
                    f"Files of {other!r} and {guardian.name!r} would have the same name: letters and digits have to "
                    "tell guardians apart, in the first 40 characters. Call one of them otherwise."
                )
        present = self.policy_files()
        if present and PolicyPlan.loads(files.read(present[-1]), str(present[-1])) == plan:
            return present[-1]
        number = int(present[-1].stem.removeprefix("policy-")) + 1 if present else 1
        return files.write(self.path / "policies" / f"policy-{number}.json", plan.dumps(), secret=True)

    @property
    def newest(self) -> PolicyPlan:
        """The policy file that was made last.

        Raises:
            InvalidInput: There is none.
        """
        present = self.policy_files()
        if not present:
            raise InvalidInput(f"There is no policy file in {self.path / 'policies'} yet. Go on with: recovery setup")
        return PolicyPlan.loads(files.read(present[-1]), str(present[-1]))

    def plan_of(self, policy_hash: bytes) -> PolicyPlan | None:
        """The policy file whose hash the chain has, or None.

        Args:
            policy_hash: The first 24 bytes of it.
        """
        return next((plan for plan in reversed(self.plans()) if plan.policy.hash[:24] == policy_hash), None)

    # ----------------------------------------------------------------------------- cards, kits, receipts

    def cards(self, damaged: list[RecoveryError] | None = None) -> list[Card]:
        """All cards, in the order of their names.

        Args:
            damaged: Where to put why a file cannot be read, and go on without it.

        Raises:
            InvalidFile: One is damaged, and `damaged` was not given.
        """
        return self._said("cards", Card.loads, damaged)

    def receipts(self, damaged: list[RecoveryError] | None = None) -> list[Receipt]:
        """All receipts, in no order that means anything.

        Args:
            damaged: As for `cards`: what is not there does not count.

        Raises:
            InvalidFile: As for `cards`.
        """
        return self._said("receipts", Receipt.loads, damaged)

    def kits(self) -> list[Kit]:
        """The kits as they were handed out last."""
        return [Kit.loads(text, source) for source, text in self._all("kits")]

    def add_card(self, card: Card) -> Path:
        """Files a card; a newer one of the same signer takes the place of the older.

        Raises:
            InvalidInput: A card of another signer has this name, or a newer one of this signer is there.
        """
        target = self.path / "cards" / f"{files.stem(card.name)}.json"
        older = []
        for path, other in [(p, Card.loads(files.read(p), str(p))) for p in self._paths("cards")]:
            if other.signer == card.signer and other.time > card.time:
                raise InvalidInput(f"There is a newer card of {other.name} already.")
            if other.signer != card.signer and (path == target or files.stem(other.name) == target.stem):
                raise InvalidInput(
                    f"There is a card of another {other.name} already: {other.signer}. Ask for a card with a name that "
                    "tells the two apart."
                )
            if other.signer == card.signer and path != target:
                older.append(path)
        files.write(target, card.dumps(), secret=True, replace=True)
        for path in older:  # last, so that at no time there is none
            path.unlink()
        return target

    def add_receipt(self, receipt: Receipt) -> Path:
        """Files a receipt; the same one again changes nothing."""
        name = f"{files.stem(receipt.name)}-{receipt.time}-{receipt.message.digest.hex()[:8]}.json"
        return files.write(self.path / "receipts" / name, receipt.dumps(), secret=True, replace=True)

    def kit_file(self, name: str) -> Path:
        """Where a guardian's kit is, or is to be."""
        return self.path / "kits" / f"kit-{files.stem(name)}.json"

    def kit(self, plan: PolicyPlan, name: str) -> Kit:
        """A guardian's kit as it has to be now.

        Raises:
            InvalidInput: The account does not exist yet.
        """
        note = self.note
        if note.account is None or note.module is None or not note.chains:
            raise InvalidInput("The account does not exist yet, so there are no kits. Go on with: recovery setup")
        return plan.kit(name, note.chains, note.module, note.account, self.notes_for(plan, name))

    def notes_for(self, plan: PolicyPlan, name: str) -> Notes:
        """What one guardian is told besides: never their own contact, nor that of somebody who is no guardian now.

        A contact is taken from the card of the guardian's own signer: anybody can write any name on a card.
        """
        said = {card.signer: card.contact for card in self.cards() if card.contact}
        contacts = {g.name: said[g.signer] for g in plan.guardians if g.signer in said}
        own = contacts.get(name)  # several guardians may be one person
        ring = ((other, contacts[other]) for other in self.note.contacts if other in contacts)
        told = tuple((other, contact) for other, contact in ring if contact != own)
        return Notes(self.note.owner, told, dict(self.note.questions).get(name, ""))

    def _said(self, part: str, loads: Callable[[str, str], _Said], damaged: list[RecoveryError] | None) -> list[_Said]:
        found = []
        for path in self._paths(part):
            try:
                found.append(loads(files.read(path), str(path)))
            except RecoveryError as error:
                if damaged is None:
                    raise
                damaged.append(error)
        return found

    def _paths(self, part: str) -> list[Path]:
        # Some systems leave files like ._ana.json on sticks and shares.
        return sorted(path for path in (self.path / part).glob("*.json") if not path.name.startswith("."))

    def _all(self, part: str) -> Iterable[tuple[str, str]]:
        for path in self._paths(part):
            yield str(path), files.read(path)


def _close(path: Path) -> None:
    """Takes a folder from everybody but its owner, if that is who asks; not one that is meant for all, as /tmp is."""
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid == os.geteuid() and mode & 0o077 and not mode & stat.S_ISVTX:
        with contextlib.suppress(OSError):  # a stick has no modes
            path.chmod(mode & ~0o077)
