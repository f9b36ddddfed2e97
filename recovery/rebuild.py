"""Finding guardians again from the policy secret, the policy's structure on the chain, and their cards. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from Crypto.Hash import keccak

from .card import Card
from .errors import InvalidInput
from .kit import Kit, Notes, require_distinct
from .plan import Guardian, PathPlan, PolicyPlan
from .policy import Policy
from .quorum import Member, derive_salt

#: How far numbers are tried, if not said otherwise. They begin at 1, and each new guardian takes one.
NUMBERS = 1000
#: Which weights are tried besides the paths' thresholds.
WEIGHTS = 32
#: So many numbers are left out after a rebuild: some may have been given to guardians who have left since.
LEFT_OUT = 100


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What could be found again.

    Attributes:
        secret: The policy secret, 32 bytes.
        policy: The structure.
        guardians: Those who were found, in the order of their numbers.
        weights: For each path, its members in order: name and weight, or None where nobody was found.
    """

    secret: bytes
    policy: Policy
    guardians: tuple[Guardian, ...]
    weights: tuple[tuple[tuple[str, int] | None, ...], ...]

    @property
    def unknown(self) -> tuple[tuple[int, int], ...]:
        """Path and how many of its members were not found, for each path in which some were not."""
        missing = [(index, sum(member is None for member in path)) for index, path in enumerate(self.weights)]
        return tuple((index, count) for index, count in missing if count)

    @property
    def labels(self) -> tuple[str, ...]:
        """The paths' numbers: what the owner called them stands nowhere but in the files that are lost."""
        return tuple(str(index) for index in range(len(self.policy.paths)))

    @property
    def plan(self) -> PolicyPlan:
        """The policy file.

        Raises:
            InvalidInput: Somebody was not found.
        """
        if self.unknown:
            raise InvalidInput("A policy file names every guardian, and some were not found: their cards are missing.")
        paths = []
        for label, path, members in zip(self.labels, self.policy.paths, self.weights, strict=True):
            paths.append(
                PathPlan(
                    label,
                    path.right,
                    tuple(member for member in members if member),
                    path.threshold,
                    path.owner_cancels,
                    path.vetoable,
                    path.inactivity,
                    path.delay,
                    path.window,
                )
            )
        used = max(guardian.number for guardian in self.guardians)
        plan = PolicyPlan(self.secret, self.policy.change_delay, self.guardians, tuple(paths), used + 1 + LEFT_OUT)
        if plan.policy != self.policy:
            raise InvalidInput("This policy has something that no policy file can say, so only kits can be made.")
        return plan

    def kit(self, guardian: Guardian, chain_id: int, module: str, account: str) -> Kit:
        """One guardian's kit."""
        salt = derive_salt(self.secret, guardian.number)
        openings = []
        for members in self.weights:
            weight = dict(member for member in members if member).get(guardian.name)
            openings.append(Member(guardian.signer, weight, salt) if weight else None)
        return Kit(guardian.name, (chain_id,), module, account, self.policy, self.labels, tuple(openings), Notes())


def rebuild(secret: bytes, policy: Policy, cards: Sequence[Card], numbers: int = NUMBERS) -> Rebuilt:
    """Tries which member of a policy each card is.

    What fits needs no signature: nobody without the secret can make a commitment that is on the chain.

    Args:
        secret: The policy secret, 32 bytes.
        policy: The structure, from the chain.
        cards: The guardians' cards.
        numbers: The highest number that is tried.

    Raises:
        InvalidInput: Two cards of one name or signer.
    """
    require_distinct("The card of", (card.name for card in cards))
    require_distinct("The card of", (str(card.signer) for card in cards))
    places: dict[bytes, list[tuple[int, int]]] = {}
    for index, path in enumerate(policy.paths):
        for position, member in enumerate(path.members):
            places.setdefault(member, []).append((index, position))
    salts = [derive_salt(secret, number) for number in range(numbers + 1)]
    ids = {card: card.signer.id for card in cards}
    weights = sorted({*range(1, WEIGHTS + 1), *(path.threshold for path in policy.paths)})
    found: list[list[tuple[str, int] | None]] = [[None] * len(path.members) for path in policy.paths]
    guardians = []
    free, waiting = list(range(numbers + 1)), list(cards)
    # Nearly everybody has one vote: that is tried for all before anything else.
    for weight in weights:
        for card in tuple(waiting):
            if not places:
                break
            rest = weight.to_bytes(32, "big") + ids[card]
            number = next((n for n in free if _commitment(salts[n], rest) in places), None)
            if number is None:
                continue
            waiting.remove(card)
            free.remove(number)
            guardians.append(Guardian(card.name, card.signer, number))
            for each in weights:  # one guardian has one number, but may have other votes elsewhere
                commitment = _commitment(salts[number], each.to_bytes(32, "big") + ids[card])
                for index, position in places.pop(commitment, ()):
                    found[index][position] = (card.name, each)
    guardians.sort(key=lambda guardian: guardian.number)
    return Rebuilt(secret, policy, tuple(guardians), tuple(tuple(members) for members in found))


def _commitment(salt: bytes, rest: bytes) -> bytes:
    # The same as `Member.commitment`, which checks more and takes several times as long: this is done 100,000 times.
    return keccak.new(data=salt + rest, digest_bits=256).digest()
