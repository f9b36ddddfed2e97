"""Who plays: keys that are the same every time and worth nothing, and what guardians do with their kits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from .. import files
from ..client import RecoveryClient
from ..errors import Refused
from ..kit import Kit
from ..messages import Message
from ..plan import Guardian, PathPlan, PolicyPlan
from ..quorum import Member, Owners
from ..request import Request, SignedApproval, approve
from ..signer import Signer


@dataclass(frozen=True)
class Person:
    """Somebody with a key.

    Attributes:
        name: The same name is always the same key.
    """

    name: str

    @property
    def account(self) -> LocalAccount:
        """The key."""
        account: LocalAccount = Account.from_key(keccak(text=f"ape-recovery demo {self.name}"))
        return account

    @property
    def address(self) -> str:
        """The key's address."""
        return str(self.account.address)

    @property
    def signer(self) -> Signer:
        """The key as a signer."""
        return Signer.parse(self.address)

    @property
    def owners(self) -> Owners:
        """This key as the only owner."""
        return Owners.of([self.signer])

    def sign(self, message: Message) -> bytes:
        """The key's signature."""
        return bytes(self.account.sign_message(message.signable).signature)


def plan(seed: str, change_delay: int, names: tuple[str, ...], *paths: PathPlan) -> PolicyPlan:
    """A policy whose guardians go by their names.

    Args:
        seed: From which the secret follows; nobody else's policy would do that.
        change_delay: In seconds.
        names: The guardians.
        paths: As the owner wrote them.
    """
    guardians = tuple(Guardian(name, Person(name).signer, number) for number, name in enumerate(names))
    return PolicyPlan(keccak(text=f"ape-recovery demo {seed}"), change_delay, guardians, paths)


@dataclass(frozen=True)
class Friend:
    """A guardian with their kit, which is all that they have.

    Attributes:
        person: The guardian.
        kit: As read from its file.
    """

    person: Person
    kit: Kit

    @classmethod
    def receive(cls, folder: Path, plan: PolicyPlan, name: str, client: RecoveryClient, wallet: str) -> Friend:
        """Hands somebody their kit, as a file."""
        text = plan.kit(name, client.chain_id, client.deployment.module, wallet).dumps()
        path = files.write(folder / f"kit-{name.lower()}.json", text, secret=True)
        return cls(Person(name), Kit.loads(files.read(path), str(path.name)))

    def opening(self, path: int) -> Member:
        """What reveals this guardian in a path.

        Raises:
            Refused: They do not stand in it.
        """
        opening = self.kit.openings[path]
        if opening is None:
            raise Refused(f"{self.person.name} is not a guardian of path {self.kit.labels[path]!r}.")
        return opening

    def ask(self, client: RecoveryClient, path: int, owners: Owners, seconds: int, file: Path) -> Path:
        """Makes a request, as a file."""
        proof = self.kit.policy.proof(path)
        deadline = client.deadline(seconds)
        request = client.request(self.kit.account, proof, self.kit.labels[path], owners, deadline)
        return files.write(file, request.dumps())

    def read(self, client: RecoveryClient, file: Path) -> Request:
        """Reads a request, believes none of it, and compares it with kit and chain.

        Raises:
            Refused: It is not for the account in the kit, or cannot count any more.
        """
        request = Request.loads(files.read(file), file.name)
        if (request.account, request.module) != (self.kit.account, self.kit.module):
            raise Refused(f"{file.name} is not for the account in the kit of {self.person.name}.")
        client.check_request(request)
        return request

    def approve(self, client: RecoveryClient, file: Path, *, on_chain: bool = False) -> Path:
        """Approves a request, as a file. One that was approved on-chain has no signature."""
        request = self.read(client, file)
        signature = b"" if on_chain else self.person.sign(request.message)
        signed = approve(request, self.opening(request.proof.index), signature)
        return files.write(file.with_name(f"{file.stem}-{self.person.name.lower()}.json"), signed.dumps())


def collect(paths: list[Path]) -> list[SignedApproval]:
    """Reads approvals from files."""
    return [SignedApproval.loads(files.read(path), path.name) for path in paths]
