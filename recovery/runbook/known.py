"""What runbooks are written from: what the owner has decided, and what the chain says. Nothing secret is in it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eth_utils import to_bytes

from .. import abi, lens
from ..chains import chain_names
from ..contracts import DELEGATION
from ..errors import ChainError, InvalidInput
from ..plan import Guardian, PathPlan, PolicyPlan
from ..policy import MAX_PATHS, Path, Right
from ..rpc import Ask, Steps, block, data, field, quantity
from ..signer import address_of
from ..state import AccountState

if TYPE_CHECKING:
    from ..backup.share import SetNote
    from ..folder import Folder
    from ..reading import Reading

#: How whoever has not got the program gets it.
INSTALL = 'pip install "ape-recovery[cli]"'
#: After a death it takes people longer to gather than the usual three days. Longer than this nobody may sign ahead.
LONG = '--deadline "30 days"'


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the account stands on one chain, all read at one block.

    Attributes:
        chain_id: The chain.
        block: The block's number.
        state: What the account and its module say.
        delegated: Whether it is a plain key that uses the wallet's code (EIP-7702).
        owners_hash: What the account keeps of its owners: the first 24 bytes of their hash.
    """

    chain_id: int
    block: int
    state: AccountState
    delegated: bool
    owners_hash: bytes


def look(reading: Reading, account: str) -> Steps[Stand]:
    """Where an account stands now.

    Raises:
        ChainError: The node does not answer, or the lens is not there.
    """
    account = address_of(account)
    chain_id, at = (yield from reading.chain_id()), reading.deployment
    latest = yield from block()
    number, time = quantity(field(latest, "number"), 2**64), quantity(field(latest, "timestamp"), 2**64)
    read = abi.function("RecoveryLens", "read")
    asked = read.ask(at.lens, at.module, to_bytes(hexstr=account), MAX_PATHS, block=hex(number))
    words = read.returned((yield asked))[0]
    if len(words) != lens.HEAD + MAX_PATHS:
        raise ChainError("The node gave an answer that makes no sense. Check --network, or use another node.")
    code = data((yield Ask("eth_getCode", (account, hex(number)))))
    owners = abi.function("RecoveryWallet", "ownersHash")
    (owners_hash,) = owners.returned((yield owners.ask(account, block=hex(number))))
    (state,) = lens.unpack([account], words, MAX_PATHS, time)
    return Stand(chain_id, number, state, code.startswith(DELEGATION), bytes(owners_hash))


@dataclass(frozen=True, slots=True)
class Shares:
    """A set of shares of one of the owner's secrets, as far as it is no secret.

    Attributes:
        id: Eight digits that tell it from the others.
        what: What was split, in words.
        key: Whether that is a key, or a phrase that keys follow from.
        label: What the owner calls it.
        rule: How many are needed.
        holders: Who holds them, as the owner calls them.
    """

    id: str
    what: str
    key: bool
    label: str
    rule: str
    holders: tuple[str, ...]

    @classmethod
    def of(cls, note: SetNote) -> Shares:
        """From the owner's note of it."""
        about = note.about
        held, key = tuple(each.name for each in note.holders), about.kind.value in ("seed", "key")
        return cls(about.short, about.kind.words, key, about.label, about.rule, held)


@dataclass(frozen=True, slots=True)
class Known:
    """An account as its owner has arranged it.

    Attributes:
        place: The owner's folder, as it is named on a command line.
        owner: The owner's name, or nothing.
        account: The account.
        module: Its module.
        chains: Chain ids on which it is protected.
        plan: The policy, with zeros in the place of its secret: what is not here cannot get into a document. Without
            the owners that it names, if a chain has others by now.
        policy_hash: Of the policy itself.
        number: Of the policy's file.
        newest: Number of the file that was made last.
        contacts: How guardians are reached, by their names, from the cards of their own keys.
        told: Guardians whose contact the owner lets others know.
        sealed: Guardians that are a sheet of paper in an envelope, and who keeps it, or nothing.
        shares: Sets of shares that are in use.
        passed_on: Whether the account has other owners than the policy file names.
        stands: Where the account stands, on each chain that was asked; none if none was.
        now: In seconds since 1970.
    """

    place: str
    owner: str
    account: str
    module: str
    chains: tuple[int, ...]
    plan: PolicyPlan
    policy_hash: bytes
    number: int
    newest: int
    contacts: tuple[tuple[str, str], ...]
    told: tuple[str, ...]
    sealed: tuple[tuple[str, str], ...]
    shares: tuple[Shares, ...]
    passed_on: bool
    stands: tuple[Stand, ...]
    now: int

    @classmethod
    def of(cls, folder: Folder, number: int, notes: Sequence[SetNote], stands: Sequence[Stand], now: int) -> Known:
        """From an owner's folder.

        Args:
            folder: The folder.
            number: Of the policy file that counts.
            notes: Its notes of sets of shares.
            stands: What chains have said.
            now: In seconds since 1970.

        Raises:
            InvalidInput: The account does not exist yet, or there is no such policy file.
        """
        note = folder.note
        if note.account is None or note.module is None or not note.chains:
            raise InvalidInput("The account does not exist yet, so there is no plan for it. Go on with: recovery setup")
        numbers = [int(path.stem.removeprefix("policy-")) for path in folder.policy_files()]
        if number not in numbers:
            raise InvalidInput(f"There is no policy file with the number {number} in {folder.path / 'policies'}.")
        plan = folder.plans()[numbers.index(number)]
        policy_hash, first = plan.policy.hash, plan.first_owners
        passed_on = first is not None and any(stand.owners_hash != first.hash[:24] for stand in stands)
        if passed_on:  # a key that was the owner's once is like anybody's now
            plan = replace(plan, owners=(), owners_threshold=0)
        cards = folder.cards([])
        said = {card.signer: card.contact for card in cards if card.contact}
        keepers = {card.signer: dict(note.holders)[card.name] for card in cards if card.name in dict(note.holders)}
        names = {guardian.name for guardian in plan.guardians}
        return cls(
            str(folder.path),
            note.owner or plan.owner,
            note.account,
            note.module,
            note.chains,
            replace(plan, secret=bytes(32)),
            policy_hash,
            number,
            max(numbers),
            tuple((g.name, said[g.signer]) for g in plan.guardians if g.signer in said),
            tuple(name for name in note.contacts if name in names),
            tuple((g.name, keepers[g.signer]) for g in plan.guardians if g.signer in keepers),
            tuple(Shares.of(each) for each in notes if each.retired is None),
            passed_on,
            tuple(stands),
            now,
        )

    # ---------------------------------------------------------------------------------------------- words

    @property
    def whose(self) -> str:
        """Ana's, or the owner's."""
        return f"{self.owner}'s" if self.owner else "the owner's"

    @property
    def who(self) -> str:
        """Ana, or the owner."""
        return self.owner or "the owner"

    @property
    def chain(self) -> str:
        """The chains' names."""
        return chain_names(self.chains)

    @property
    def policy_file(self) -> str:
        """The policy file that counts."""
        return f"{self.place}/policies/policy-{self.number}.json"

    @property
    def version(self) -> str:
        """Which policy this is about."""
        epochs = dict.fromkeys(stand.state.epoch for stand in self.stands)
        epoch = f", epoch {' and '.join(map(str, epochs))}" if epochs else ""
        return f"policy-{self.number}.json, hash 0x{self.policy_hash.hex()[:8]}…{epoch}"

    @property
    def numbers(self) -> str:
        """Which number the chain has in the place of which name, of the paths that heirs need."""
        return ", ".join(f"“{path.label}” is path {index}" for index, path in self.for_heirs)

    @property
    def signers(self) -> str:
        """The owners' keys as they are typed: as many as have to sign, one if nobody knows."""
        return " ".join(["--signer KEY"] * max(1, self.plan.owners_threshold))

    # -------------------------------------------------------------------------------------------- the policy

    @property
    def structures(self) -> tuple[Path, ...]:
        """The paths' numbers, as everybody sees them on the chain: for sentences without names."""
        return self.plan.policy.paths

    def paths(self, right: Right) -> tuple[tuple[int, PathPlan], ...]:
        """Paths with their numbers."""
        return tuple((index, path) for index, path in enumerate(self.plan.paths) if path.right is right)

    @property
    def silent(self) -> tuple[tuple[int, PathPlan], ...]:
        """Paths that open when the owner has been silent."""
        return tuple((index, path) for index, path in self.paths(Right.ROTATE) if path.inactivity)

    @property
    def quick(self) -> tuple[tuple[int, PathPlan], ...]:
        """Paths that replace the owners without waiting for silence, the shortest delay first."""
        found = [(index, path) for index, path in self.paths(Right.ROTATE) if not path.inactivity]
        return tuple(sorted(found, key=lambda each: each[1].delay))

    @property
    def for_heirs(self) -> tuple[tuple[int, PathPlan], ...]:
        """Paths that heirs need: those that wait for silence, and if there are none, those that need not."""
        return self.silent or self.quick

    @property
    def for_loss(self) -> tuple[int, PathPlan] | None:
        """The path for a lost key: one that the owner could cancel, if there is one."""
        return next((each for each in self.quick if each[1].owner_cancels), next(iter(self.quick), None))

    @property
    def for_theft(self) -> tuple[int, PathPlan] | None:
        """The path for a stolen key: one that a thief cannot cancel."""
        return next((each for each in self.quick if not each[1].owner_cancels), None)

    @property
    def freezing(self) -> tuple[tuple[int, PathPlan], ...]:
        """Paths that stop all spending."""
        return self.paths(Right.FREEZE)

    @property
    def vetoing(self) -> tuple[tuple[int, PathPlan], ...]:
        """Paths that stop what others have begun."""
        return self.paths(Right.VETO)

    @property
    def own(self) -> tuple[str, ...]:
        """Guardians that are keys of the owner's."""
        keys = {signer for _, signer in self.plan.owners}
        return tuple(guardian.name for guardian in self.plan.guardians if guardian.signer in keys)

    def places_of(self, guardian: Guardian) -> tuple[tuple[int, PathPlan, int], ...]:
        """The paths in which a guardian stands, with their votes."""
        return tuple(
            (index, path, dict(path.guardians)[guardian.name])
            for index, path in enumerate(self.plan.paths)
            if guardian.name in dict(path.guardians)
        )


def quoted(text: object) -> str:
    """As a shell takes it."""
    return shlex.quote(str(text))
