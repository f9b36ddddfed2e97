"""Where the guardians of an owner's folder stand: which policy counts, and who has answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import files
from ..errors import InvalidInput, RecoveryError, Refused

if TYPE_CHECKING:
    from ..card import Card, Receipt
    from ..client import RecoveryClient
    from ..folder import Folder
    from ..plan import PolicyPlan
    from ..protection import Protection
    from ..signer import Signer
    from ..state import AccountState
    from .options import Where


@dataclass(frozen=True)
class Chain:
    """An owner's account on one chain.

    Attributes:
        client: Of the chain.
        state: Where the account stands.
    """

    client: RecoveryClient
    state: AccountState

    @property
    def name(self) -> str:
        """What the chain is called."""
        from ..chains import chain_name

        return chain_name(self.client.chain_id)


def look(folder: Folder, where: Where) -> Chain | None:
    """The account of a folder on the chain that was named, or None if it is nowhere yet or none was named.

    Raises:
        InvalidInput: The account is not on that chain, or is another module's.
        Refused: It has no policy there.
    """
    from ..chains import chain_name, chain_names

    note = folder.note
    if note.account is None or not note.chains or not where.network:
        return None
    client = where.connect()
    if client.chain_id not in note.chains:
        raise InvalidInput(
            f"The account of {folder.path} is on {chain_names(note.chains)}, but the network is "
            f"{chain_name(client.chain_id)}."
        )
    if note.module != client.deployment.module:
        raise InvalidInput(
            f"The account of {folder.path} has the module {note.module}; the one of this release is "
            f"{client.deployment.module}. If that is right, give the addresses with --deployment."
        )
    state = client.state(note.account, 0)
    if not state.configured:
        raise Refused(f"{note.account} has no policy on {chain_name(client.chain_id)}, so it has no guardians there.")
    return Chain(client, state)


@dataclass(frozen=True)
class View:
    """Guardians as they stand.

    Attributes:
        plan: The policy file that counts.
        file: Where it is.
        in_force: Whether the chain has it; None if the chain was not asked.
        protection: How well the account is protected.
        coming: The policy file that was made last, if it is not in force, and how well it would protect.
        cards: By the name that the owner uses for the guardian.
        unsure: Guardians who may have said something that takes a chain to check.
    """

    plan: PolicyPlan
    file: Path
    in_force: bool | None
    protection: Protection
    coming: tuple[Path, PolicyPlan, Protection] | None
    cards: dict[str, Card]
    unsure: tuple[str, ...]

    @property
    def leaving(self) -> set[str]:
        """Guardians who are in force, but not in the policy file that was made last."""
        if self.coming is None:
            return set()
        staying = {(guardian.name, guardian.signer) for guardian in self.coming[1].guardians}
        return {g.name for g in self.plan.guardians if (g.name, g.signer) not in staying}


def view(folder: Folder, chain: Chain | None, now: int) -> View:
    """The policy in force if the chain was asked, else the newest, and who has answered.

    A damaged card or receipt is named in a warning and counts for nothing: whatever else is known is still said.

    Args:
        folder: The owner's folder.
        chain: What the chain says, if it was asked.
        now: In seconds since 1970.

    Raises:
        InvalidInput: There is no policy file.
        Refused: The folder has no file of the policy that is in force.
    """
    from ..protection import protection

    places, plans = folder.policy_files(), folder.plans()
    if not plans:
        _ = folder.newest  # says so
    index = len(plans) - 1
    if chain:
        fitting = [i for i, plan in enumerate(plans) if plan.policy.hash[:24] == chain.state.policy_hash]
        if not fitting:
            raise Refused(
                f"No policy file in {folder.path / 'policies'} is the one that the account has on {chain.name}. Find "
                "that file, or make it again from the policy secret and the cards: recovery kit rebuild"
            )
        index = fitting[-1]
    plan = plans[index]
    first = plan.first_owners
    if chain and first and chain.client.owners_hash(chain.state.account) != first.hash[:24]:
        # The account has other owners now: a key that was the owner's once has to answer like anybody's.
        plan = replace(plan, owners=(), owners_threshold=0)
    damaged: list[RecoveryError] = []
    good, unsure = receipts(folder, chain, damaged)
    kits, account = folder.kits(), folder.note.account or ""
    coming = None
    if index < len(plans) - 1:
        newest = protection(plans[-1], good, kits, account, now, folder.sealed(plans[-1]))
        coming = (places[-1], plans[-1], newest)
    signers = {card.signer: card for card in folder.cards(damaged)}
    warn_of(damaged)
    cards = {g.name: signers[g.signer] for g in plan.guardians if g.signer in signers}
    doubtful = tuple(guardian.name for guardian in plan.guardians if guardian.signer in unsure)
    protected = protection(plan, good, kits, account, now, folder.sealed(plan))
    return View(plan, places[index], True if chain else None, protected, coming, cards, doubtful)


def warn_of(damaged: Sequence[RecoveryError]) -> None:
    """Names cards and receipts that were left out, and why."""
    from .session import warn

    for error in damaged:
        warn(f"{error.message} Until then it counts for nothing.")


def receipts(folder: Folder, chain: Chain | None, damaged: list[RecoveryError]) -> tuple[list[Receipt], set[Signer]]:
    """The folder's receipts whose signatures are good, and whose cannot be checked without a chain.

    What is no key's signature was checked on a chain when it was filed, but files in a folder are easily changed: it
    counts where the chain can be asked again.

    Args:
        folder: The owner's folder.
        chain: What the chain says, if it was asked.
        damaged: Where to put why a file cannot be read; it is left out.
    """
    from .signing import is_signed

    good, unsure = [], set()
    for receipt in folder.receipts(damaged):
        if receipt.is_signed_by_key:
            good.append(receipt)
        elif chain is None:
            unsure.add(receipt.signer)
        elif is_signed(receipt.message, receipt.signer, receipt.signature, chain.client, ""):
            good.append(receipt)
    return good, unsure


def answered(protection: Protection) -> str:
    """How many guardians have answered, and who has not, in a sentence."""
    from ..explain import listing

    counting = [guardian.name for guardian in protection.guardians if guardian.counts]
    missing = protection.missing
    what = f"{len(counting)} of {len(protection.guardians)} guardians can be counted on"
    return f"{what}; still missing: {listing(missing)}." if missing else f"{what}: all of them."


def covered(protection: Protection) -> str:
    """Whether the account is protected, and why not, in a sentence."""
    short = [path for path in protection.paths if not path.reached]
    if not short:
        return "Protected: yes. Guardians who have answered could use every path that replaces owners."
    why = ", ".join(f"{path.label!r} has {path.weight} of {path.threshold} votes" for path in short)
    return f"Protected: not yet. Of guardians who have answered, {why}."


def age(seconds: int) -> str:
    """How long ago something was, roughly."""
    days = max(0, seconds) // 86_400
    if days < 1:
        return "today"
    if days < 60:
        return f"{days} day{'s' if days > 1 else ''} ago"
    months = days * 12 // 365
    return f"{months} months ago" if months < 24 else f"{days // 365} years ago"


def read_card(file: Path, client: RecoveryClient | None, now: int) -> Card:
    """A card whose signature is good.

    Args:
        file: Where it is: a file, a picture, or a text.
        client: Of the chain, if it may be asked.
        now: In seconds since 1970.

    Raises:
        InvalidFile: It is no card.
        Refused: Its signature is not good, or it is of the future.
    """
    from ..card import Card

    card = Card.loads(files.read(file), files.source_name(file))
    require_good(card, files.source_name(file), client, now)
    return card


def require_good(said: Card | Receipt, source: str, client: RecoveryClient | None, now: int) -> None:
    """Refuses what its signer has not signed, or what is of the future.

    Raises:
        Refused: It is so, or there is no chain to ask.
    """
    from ..card import CLOCK_ERROR
    from ..explain import when
    from .signing import is_signed

    if said.time > now + CLOCK_ERROR:
        raise Refused(
            f"{source} says that it was signed on {when(said.time)}, which is still to come. Is the guardian's clock "
            "right, and yours? Ask for another one."
        )
    wrong = f"{source} is not signed by {said.signer}"
    if not is_signed(said.message, said.signer, said.signature, client, wrong):
        raise Refused(f"{wrong}. Do not use it, and ask {said.name} for another one.")


def joined(names: Sequence[str]) -> str:
    """Names as a shell takes them."""
    from .session import quote

    return " ".join(quote(name) for name in names)
