"""The files: a share with what its holder has to know, and what the owner notes of a whole set.

recovery-share        one for each holder. Secret: it holds the words
recovery-share-set    one for each set, in `shares` of the owner's folder. Not secret, but it says who holds what
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .. import files
from ..errors import InvalidInput
from ..files import boolean, from_hex, integer, text_of, to_hex
from ..signer import address_of as checked_address
from .check_value import CHECK_BYTES, Check
from .forms import Kind
from .proving import proof_address
from .shares import ShareSet, Words, require_groups

SHARE_KIND = "recovery-share"
SET_KIND = "recovery-share-set"


@dataclass(frozen=True, slots=True)
class About:
    """What all files of a set say.

    Attributes:
        id: 8 random bytes; SLIP-39's own number has 15 bits, and two sets can have the same.
        identifier: SLIP-39's number.
        kind: What was split.
        label: What the owner calls it.
        address: Of a key or seed phrase, its account. In a share it is left out if there is a passphrase: it would
            let passphrases be tried for less than the check value does.
        groups: For each group, how many of its shares are needed, and how many there are.
        group_threshold: Groups that are needed.
        passphrase: Whether one is needed.
        check: By which the right secret is known.
        made: When, in seconds since 1970.
    """

    id: bytes
    identifier: int
    kind: Kind
    label: str
    address: str | None
    groups: tuple[tuple[int, int], ...]
    group_threshold: int
    passphrase: bool
    check: Check
    made: int

    def __post_init__(self) -> None:
        if len(self.id) != 8:
            raise InvalidInput("The id of a set has 8 bytes.")
        if not 0 <= self.identifier < 2**15:
            raise InvalidInput("The identifier of a set has 15 bits.")
        if len(self.label) > 60 or not self.label.isprintable():
            raise InvalidInput("What a set is called is one line of at most 60 characters.")
        require_groups(self.groups, self.group_threshold)

    @classmethod
    def of(
        cls,
        made: ShareSet,
        secret: bytes,
        kind: Kind,
        label: str,
        address: str | None,
        passphrase: bool,
        now: int,
    ) -> About:
        """Of a set that was just made; the check value is drawn."""
        id_ = secrets.token_bytes(8)
        groups, least = made.groups, made.group_threshold
        return cls(id_, made.identifier, kind, label, address, groups, least, passphrase, Check.of(secret), now)

    @property
    def short(self) -> str:
        """Eight digits that tell a set from the owner's others."""
        return self.id.hex()[:8]

    @property
    def rule(self) -> str:
        """How many of them are needed, in words."""
        if len(self.groups) == 1:
            least, count = self.groups[0]
            return f"{least} of {count}"
        each = ", ".join(f"{least} of {count}" for least, count in self.groups)
        return f"{self.group_threshold} of {len(self.groups)} groups ({each})"

    def content(self) -> dict[str, Any]:
        """As fields of a file."""
        return {
            "set": to_hex(self.id),
            "identifier": self.identifier,
            "kind": self.kind.value,
            "label": self.label,
            "address": self.address,
            "groups": [{"threshold": least, "count": count} for least, count in self.groups],
            "groupThreshold": self.group_threshold,
            "passphrase": self.passphrase,
            "check": {"salt": to_hex(self.check.salt), "value": to_hex(self.check.value)},
            "made": self.made,
        }

    @classmethod
    def build(cls, content: dict[str, Any]) -> About:
        """From fields of a file."""
        address = content["address"]
        return cls(
            from_hex(content["set"], 8),
            integer(content["identifier"]),
            Kind(text_of(content["kind"])),
            text_of(content["label"]),
            None if address is None else checked_address(text_of(address)),
            tuple((integer(group["threshold"]), integer(group["count"])) for group in content["groups"]),
            integer(content["groupThreshold"]),
            boolean(content["passphrase"]),
            Check(from_hex(content["check"]["salt"], 16), from_hex(content["check"]["value"], CHECK_BYTES)),
            integer(content["made"]),
        )


@dataclass(frozen=True, slots=True)
class Share:
    """What one holder keeps.

    Attributes:
        about: The set.
        holder: Who keeps it, as the owner calls them.
        guardian: Whether the holder is a guardian of the same owner too, which they are told.
        words: The words. Secret.

    Raises:
        InvalidInput: The words contradict what is said of the set.
    """

    about: About
    holder: str
    guardian: bool
    words: Words = field(repr=False)

    def __post_init__(self) -> None:
        _require_name(self.holder)
        about, words = self.about, self.words
        least, count = about.groups[words.group - 1] if words.group <= len(about.groups) else (0, 0)
        said = (about.identifier, len(about.groups), about.group_threshold, least)
        if said != (words.identifier, words.group_count, words.group_threshold, words.threshold):
            raise InvalidInput("its words are of another set than it says.")
        if words.member > count:
            raise InvalidInput("its words are of a share that its group does not have.")
        if about.passphrase and about.address is not None:
            raise InvalidInput("a share with a passphrase names no account.")

    @property
    def name(self) -> str:
        """What a file of it is called, without its ending."""
        return f"share-{self.about.short}-{self.words.group}-{self.words.member}-{files.stem(self.holder)}"

    def dumps(self) -> str:
        """As a file. Secret."""
        return files.dumps(
            SHARE_KIND,
            {
                **self.about.content(),
                "group": self.words.group,
                "member": self.words.member,
                "holder": self.holder,
                "guardian": self.guardian,
                "mnemonic": self.words.text,
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The share") -> Share:
        """From a file. What it says of itself is compared with its words.

        Raises:
            InvalidFile: Altered, or no share.
        """

        def build(content: dict[str, Any]) -> Share:
            mnemonic = content["mnemonic"]
            if not isinstance(mnemonic, str) or len(mnemonic) > 1000:
                raise InvalidInput("the words of a share are a text.")
            words = Words.parse(mnemonic)
            if (integer(content["group"]), integer(content["member"])) != (words.group, words.member):
                raise InvalidInput("its words are of another share than it says.")
            return cls(About.build(content), text_of(content["holder"]), boolean(content["guardian"]), words)

        return files.parse(source, SHARE_KIND, files.loads(text, SHARE_KIND, source), build)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds one share.

    Attributes:
        name: What the owner calls them.
        group: The share's group, from 1.
        member: Its number in the group, from 1.
        sealed: The age recipient that it was sealed to, or nothing.
        guardian: Whether they are a guardian as well.
        proof: The address of the key that follows from the share, by which its holder can show that they have it.
        destroyed: When the owner was told that the share is destroyed, in seconds since 1970, or None.
    """

    name: str
    group: int
    member: int
    sealed: str
    guardian: bool
    proof: str
    destroyed: int | None = None

    def __post_init__(self) -> None:
        _require_name(self.name)


@dataclass(frozen=True, slots=True)
class SetNote:
    """What the owner notes of a set: everything but the shares.

    Attributes:
        about: The set, with its account even if there is a passphrase.
        holders: Who holds which share, in order.
        retired: When it was replaced or given up, in seconds since 1970, or None.
        successors: Accounts that were drawn to own the wallet in place of this set's. A set of one of them is in force
            as soon as the key was replaced on some chain; before that nothing depends on it.
        replaced_on: Chain ids on which the key was seen to be replaced, sorted.

    Raises:
        InvalidInput: Holders that do not go with the groups, or chains that are not sorted.
    """

    about: About
    holders: tuple[Holder, ...]
    retired: int | None = None
    successors: tuple[str, ...] = ()
    replaced_on: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        places = [(holder.group, holder.member) for holder in self.holders]
        if places != _places(self.about.groups):
            raise InvalidInput("the holders do not go with the groups of the set.")
        if list(self.replaced_on) != sorted(set(self.replaced_on)):
            raise InvalidInput("the chains on which a key was replaced are sorted, and none of them twice.")

    @property
    def name(self) -> str:
        """What the file of it is called."""
        return f"set-{self.about.short}.json"

    def retire(self, now: int) -> SetNote:
        """The same, given up."""
        return replace(self, retired=now)

    def promised(self, account: str) -> SetNote:
        """The same, before shares of a key are made that is to take the place of this one's on-chain."""
        return replace(self, successors=tuple(dict.fromkeys((*self.successors, account))))

    def replaced(self, chain: int) -> SetNote:
        """The same, once its key was seen to be replaced on a chain."""
        return replace(self, replaced_on=tuple(sorted({*self.replaced_on, chain})))

    @property
    def dangerous(self) -> tuple[Holder, ...]:
        """Of a set that was given up, the shares of which nobody has said that they are destroyed."""
        return tuple(holder for holder in self.holders if self.retired is not None and holder.destroyed is None)

    def destroying(self, names: Sequence[str], now: int) -> SetNote:
        """The same, after those holders have said that they have destroyed what they had of it."""
        return replace(
            self,
            holders=tuple(
                replace(each, destroyed=now) if each.name in names and each.destroyed is None else each
                for each in self.holders
            ),
        )

    def dumps(self) -> str:
        """As a file."""
        return files.dumps(
            SET_KIND,
            {
                **self.about.content(),
                "holders": [
                    {
                        "name": holder.name,
                        "group": holder.group,
                        "member": holder.member,
                        "sealed": holder.sealed,
                        "guardian": holder.guardian,
                        "proof": holder.proof,
                        "destroyed": holder.destroyed,
                    }
                    for holder in self.holders
                ],
                "retired": self.retired,
                "successors": list(self.successors),
                "replacedOn": list(self.replaced_on),
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = "The note of a set") -> SetNote:
        """From a file.

        Raises:
            InvalidFile: Altered, or something else.
        """

        def build(content: dict[str, Any]) -> SetNote:
            retired = content["retired"]
            return cls(
                About.build(content),
                tuple(
                    Holder(
                        text_of(each["name"]),
                        integer(each["group"]),
                        integer(each["member"]),
                        text_of(each["sealed"]),
                        boolean(each["guardian"]),
                        checked_address(text_of(each["proof"])),
                        None if each["destroyed"] is None else integer(each["destroyed"]),
                    )
                    for each in content["holders"]
                ),
                None if retired is None else integer(retired),
                tuple(checked_address(text_of(each)) for each in content["successors"]),
                tuple(integer(each) for each in content["replacedOn"]),
            )

        return files.parse(source, SET_KIND, files.loads(text, SET_KIND, source), build)


def holders_of(
    made: ShareSet, names: Sequence[str], sealed: Sequence[str], guardians: Sequence[bool]
) -> tuple[Holder, ...]:
    """Who holds which share, in the order of the shares.

    Raises:
        InvalidInput: More or fewer names than shares.
    """
    if len(names) != len(made.all):
        raise InvalidInput(f"There are {len(made.all)} shares, and {len(names)} holders.")
    return tuple(
        Holder(name, words.group, words.member, key, guardian, proof_address(words))
        for words, name, key, guardian in zip(made.all, names, sealed, guardians, strict=True)
    )


def _places(groups: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(number, member) for number, (_, count) in enumerate(groups, 1) for member in range(1, count + 1)]


def _require_name(name: str) -> None:
    if not 1 <= len(name) <= 60 or name != name.strip() or not name.isprintable():
        raise InvalidInput("A holder's name is one line of 1 to 60 characters, without blanks around it.")
