"""Whether a bundle is whole and says nothing that does not follow from what it holds. No network is needed for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import rlp  # type: ignore[import-untyped]
from eth_abi import encode
from eth_utils import keccak, to_bytes, to_checksum_address

from .. import contracts
from ..card import Card, Receipt
from ..chains import chain_name
from ..contracts import DEPLOYER, SALT, Artifact, Deployment, create2_address
from ..errors import InvalidFile, InvalidInput
from ..explain import when
from ..folder import AccountNote
from ..keys.schedule import FILE as SCHEDULE
from ..keys.schedule import Schedule
from ..kit import Kit
from ..plan import PolicyPlan
from ..snapshot import Proven, StateProof
from ..state import AccountState
from .bundle import (
    ACCOUNT,
    GUIDE,
    MANIFEST,
    README,
    SUMS,
    Chain,
    Manifest,
    check_wheel,
    fingerprint,
    read_about_shares,
    release,
    role,
    sums,
)
from .events import EventHistory
from .share import SetNote


@dataclass(frozen=True)
class Checked:
    """What is known of a bundle after it was looked at.

    Attributes:
        manifest: What it says of itself.
        fingerprint: The hash of bundle.json, 64 digits.
        proofs: Where the account stood, by chain.
        proven: What that proves, by chain.
        facts: What was derived again and found right, in sentences.
        unsure: What could not be, and why, in sentences.
    """

    manifest: Manifest
    fingerprint: str
    proofs: dict[int, StateProof]
    proven: dict[int, Proven]
    facts: tuple[str, ...]
    unsure: tuple[str, ...]


def check(content: Mapping[str, bytes], source: str) -> Checked:
    """Looks at everything in a bundle.

    Args:
        content: Its files by name.
        source: How to call it in errors.

    Raises:
        InvalidFile: Something was altered, is missing, is too much, or contradicts something else.
    """
    if MANIFEST not in content:
        raise InvalidFile(f"{source} is no bundle: there is no {MANIFEST} at its top. Unpack it, or name another file.")
    look = _Look(content, source)
    look.hashes()
    look.artifacts()
    try:
        look.folder()
        look.chains()
        look.account()
    except InvalidFile:
        raise
    except InvalidInput as error:
        raise InvalidFile(f"{source} cannot be right: {error.message}") from error
    manifest, facts, unsure = look.manifest, tuple(look.facts), tuple(look.unsure)
    return Checked(manifest, fingerprint(content), look.proofs, look.proven, facts, unsure)


class _Look:
    """One bundle, while it is looked at."""

    def __init__(self, content: Mapping[str, bytes], source: str) -> None:
        self.content, self.source = content, source
        self.manifest = Manifest.loads(self.text(MANIFEST), f"{source}: {MANIFEST}")
        self.facts: list[str] = []
        self.unsure: list[str] = []
        self.compiled: dict[str, Artifact] = {}
        self.plans: dict[str, PolicyPlan] = {}
        self.histories: list[EventHistory] = []
        self.proofs: dict[int, StateProof] = {}
        self.proven: dict[int, Proven] = {}

    def text(self, name: str) -> str:
        try:
            return self.content[name].decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.wrong(f"{name} is not a text file.") from error

    def wrong(self, why: str) -> InvalidFile:
        return InvalidFile(f"{self.source}: {why}")

    def names(self, folder: str) -> list[str]:
        return sorted(name for name in self.content if name.startswith(f"{folder}/"))

    def where(self, name: str) -> str:
        return f"{self.source}: {name}"

    # ------------------------------------------------------------------------------------- all files

    def hashes(self) -> None:
        """Every file is there as it was, and nothing else."""
        listed = {file.name: file for file in self.manifest.files}
        for name in sorted({*listed, *self.content} - {MANIFEST}):
            if name not in self.content:
                raise self.wrong(f"{name} is missing. Use another copy.")
            if name not in listed:
                raise self.wrong(f"{name[:80]} does not belong to this bundle. Take it out, and ask who has put it in.")
            data = self.content[name]
            if len(data) != listed[name].size or hashlib.sha256(data).digest() != listed[name].sha256:
                raise self.wrong(f"{name} has been altered or is damaged: its hash is another. Use another copy.")
        needed = {README, SUMS, GUIDE, *(f"artifacts/{name}.json" for name in contracts.CONTRACTS)}
        needed |= {ACCOUNT} if self.manifest.secrets else set()
        if missing := sorted(needed - set(self.content)):
            raise self.wrong(f"{missing[0]} is missing: no bundle is made without it.")
        if self.content[SUMS] != sums(self.content):
            raise self.wrong(f"{SUMS} contradicts {MANIFEST}.")
        if not self.manifest.secrets and (secret := [name for name in listed if role(name)[1]]):
            raise self.wrong(f"it says that nothing in it is secret, but {secret[0]} is. Keep it as a secret.")
        self.facts.append(f"All {len(listed)} files have the hashes in {MANIFEST}, and there is nothing else.")

    def artifacts(self) -> None:
        """The contracts stand where their code puts them."""
        shipped = {}
        for name in contracts.CONTRACTS:
            text = self.text(f"artifacts/{name}.json")
            try:
                self.compiled[name] = _artifact(name, text)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise self.wrong(f"artifacts/{name}.json is no compiled contract.") from error
            shipped[name] = self.compiled[name] == contracts.load(name)
        made = self.manifest.release
        if all(shipped.values()):
            self.facts.append("The contracts in it are those of this program.")
        elif made == release():
            name = next(name for name, same in shipped.items() if not same)
            raise self.wrong(f"artifacts/{name}.json is not the contract of release {made}. Do not use this bundle.")
        else:
            self.unsure.append(
                f"It was made by release {made} and holds other contracts than this one, {release()}. Whether they are "
                "those of that release, only that release can say."
            )
        if self.manifest.deployment == _deployment(self.compiled):
            self.facts.append("The addresses of the contracts follow from their code.")
        else:
            self.unsure.append("The contracts do not stand at the usual addresses, so that nothing follows from these.")
        for name in self.names("wheel"):
            originals = {each: self.content[f"artifacts/{each}.json"] for each in contracts.CONTRACTS}
            try:
                check_wheel(name, self.content[name], made, originals)
            except InvalidInput as error:
                raise self.wrong(f"{name} is not the program of release {made}: {error.message}") from error
            self.facts.append("The program in it is of the release that has made it, with the same contracts.")

    # ------------------------------------------------------------------------------- the owner's folder

    def folder(self) -> None:
        """Everything belongs to this account, and every opening fits."""
        if not self.manifest.secrets:
            return
        note = AccountNote.loads(self.text(ACCOUNT), self.where(ACCOUNT))
        if note.account != self.manifest.account or note.module != self.manifest.deployment.module:
            raise self.wrong(f"{ACCOUNT} is of another account.")
        for name in sorted(self.names("policies"), key=lambda name: (len(name), name)):
            self.plans[name] = PolicyPlan.loads(self.text(name), self.where(name))
        if not self.plans or [*self.plans.values()][-1].policy != self.manifest.policy:
            raise self.wrong(f"the newest policy file is not the one that {MANIFEST} names.")
        self.facts.append(f"Policy files are right: {_count(self.plans, 'file')}, every opening derived again.")
        kits = {name: Kit.loads(self.text(name), self.where(name)) for name in self.names("kits")}
        for name, kit in kits.items():
            self._belongs(name, kit.account, kit.module)
            plans = [plan for plan in self.plans.values() if plan.policy == kit.policy]
            openings = [plan.kit(g.name, 1, kit.module, kit.account).openings for plan in plans for g in plan.guardians]
            if plans and kit.openings not in openings:
                raise self.wrong(f"{name} opens what no guardian of its policy can open.")
            if not plans:
                self.unsure.append(f"{name} is for a policy that is not in this bundle.")
        said: list[tuple[str, Card | Receipt]] = []
        for name in self.names("cards"):
            said.append((name, Card.loads(self.text(name), self.where(name))))
        for name in self.names("receipts"):
            receipt = Receipt.loads(self.text(name), self.where(name))
            self._belongs(name, receipt.account, receipt.module)
            said.append((name, receipt))
        for name, each in said:
            if each.is_signed_by_key:
                continue
            self.unsure.append(
                f"{name} is not signed by a key: only a chain can say whether {each.signer} has said so."
            )
        self.facts.append(
            f"{_count(kits, 'kit')}, {_count(self.names('cards'), 'card')} and "
            f"{_count(self.names('receipts'), 'receipt')} are of this account, and their openings fit."
        )
        for name in self.names("shares"):
            of_shares = read_about_shares(name, self.text(name), self.where(name))
            if isinstance(of_shares, SetNote):
                about = of_shares.about
                self.unsure.append(
                    f"Who holds the shares of set {about.short} ({about.rule}), and which key it gave way to, is what "
                    f"{name} says: whoever has had the bundle can have altered it."
                )
        if SCHEDULE in self.content:
            Schedule.loads(self.text(SCHEDULE), self.where(SCHEDULE))

    def _belongs(self, name: str, account: str, module: str) -> None:
        if (account, module) != (self.manifest.account, self.manifest.deployment.module):
            raise self.wrong(f"{name} is of another account: {account}.")

    # --------------------------------------------------------------------------------------- chains

    def chains(self) -> None:
        """Where the account stood, and whether all else agrees with it."""
        chains = {chain.chain_id: chain for chain in self.manifest.chains}
        for folder in ("proofs", "history"):
            if self.names(folder) != sorted(f"{folder}/{chain_id}.json" for chain_id in chains):
                raise self.wrong(f"{folder} is of other chains than {MANIFEST} names.")
        if not set(chains) <= set(self.manifest.chain_ids):
            raise self.wrong(f"{MANIFEST} names a state proof of a chain where the account is not.")
        for chain_id, chain in chains.items():
            self._chain(chain)
            header, place = self.proven[chain_id].header, chain_name(chain_id)
            self.facts.append(
                f"Where the account stood on {place} follows from one hash, that of block {header.number} of "
                f"{when(header.time)}: 0x{header.hash.hex()}"
            )
        for chain_id in self.manifest.chain_ids:
            if chain_id not in chains:
                self.unsure.append(f"It holds nothing of {chain_name(chain_id)}: no state proof, no history.")

    def _chain(self, chain: Chain) -> None:
        chain_id, at = chain.chain_id, self.manifest.deployment
        name = f"proofs/{chain_id}.json"
        proof = StateProof.loads(self.text(name), self.where(name))
        if proof.chain_id != chain_id or proof.wallet != at.wallet:
            raise self.wrong(f"{name} is of another chain, or another wallet.")
        self._belongs(name, proof.account, proof.module)
        try:
            proven = proof.verify(self.compiled["WalletRecoveryModule"], self.compiled["RecoveryWallet"])
        except InvalidInput as error:
            raise self.wrong(f"{name} proves nothing: {error.message}") from error
        self.proofs[chain_id], self.proven[chain_id] = proof, proven
        state = proven.state
        if (chain.policy.hash[:24] if chain.policy else bytes(24)) != state.policy_hash:
            raise self.wrong(f"the policy in {MANIFEST} for {chain_name(chain_id)} is not the one that was in force.")
        if chain.owners is None:
            self.unsure.append(f"Who owned the account on {chain_name(chain_id)} is not in it, only the hash of it.")
        elif chain.owners.hash[:24] != proven.owners_hash:
            raise self.wrong(f"the owners in {MANIFEST} for {chain_name(chain_id)} did not own the account.")
        holding = [each for each, plan in self.plans.items() if plan.policy == chain.policy]
        if holding:
            self.facts.append(f"{holding[-1]} is the policy that was in force on {chain_name(chain_id)}.")
        elif self.manifest.secrets and chain.policy:
            self.unsure.append(
                f"No policy file in it is the one that was in force on {chain_name(chain_id)}: guardians need kits "
                "that fit."
            )
        name = f"history/{chain_id}.json"
        history = EventHistory.loads(self.text(name), self.where(name))
        self._belongs(name, history.account, history.module)
        if history.chain_id != chain_id or (history.until, history.epoch) != (proven.header.number, state.epoch):
            raise self.wrong(f"{name} contradicts the state proof: it ends elsewhere, or in another epoch.")
        self.histories.append(history)

    def account(self) -> None:
        """Whether the account's address follows from what is in the bundle."""
        first = [history.first_policy for history in self.histories]
        policies = [plan.policy for plan in self.plans.values()] + [policy for policy in first if policy]
        owners = [plan.first_owners for plan in self.plans.values()] + [c.owners for c in self.manifest.chains]
        at = self.manifest.deployment
        found = {at.wallet_address(each, policy) for each in owners if each for policy in policies}
        if self.manifest.account in found:
            self.facts.append("The account's address follows from its first owners and its first policy.")
        elif not self.proven:
            self.unsure.append("The account's address does not follow from what is in it, and no chain was asked.")


def _artifact(name: str, text: str) -> Artifact:
    data = json.loads(text)
    places = [place for found in data["immutableReferences"].values() for place in found]
    return Artifact(
        str(data["contractName"]) if data["contractName"] == name else "",
        list(data["abi"]),
        to_bytes(hexstr=data["bytecode"]),
        to_bytes(hexstr=data["deployedBytecode"]),
        tuple((int(place["start"]), int(place["length"])) for place in places),
    )


def _deployment(compiled: Mapping[str, Artifact]) -> Deployment:
    """Where these contracts stand on every chain."""
    module = create2_address(DEPLOYER, SALT, keccak(compiled["WalletRecoveryModule"].bytecode))
    code = compiled["RecoveryWalletFactory"].bytecode + encode(["address"], [module])
    factory = create2_address(DEPLOYER, SALT, keccak(code))
    wallet = to_checksum_address(keccak(rlp.encode([to_bytes(hexstr=factory), 1]))[12:])
    lens = create2_address(DEPLOYER, SALT, keccak(compiled["RecoveryLens"].bytecode))
    return Deployment(module, factory, str(wallet), lens)


def _count(found: Mapping[str, object] | list[str], what: str) -> str:
    return f"{len(found)} {what}{'' if len(found) == 1 else 's'}"


def changes(then: Proven, now: AccountState, owners_hash: bytes) -> tuple[list[str], list[str]]:
    """What has changed since a state proof was taken.

    Args:
        then: What it proves.
        now: Where the account stands.
        owners_hash: First 24 bytes of the hash of its owners now.

    Returns:
        What makes the bundle out of date, and what else there is to know; in sentences.
    """
    before = then.state
    stale, others = [], []
    if now.policy_hash != before.policy_hash:
        stale.append("Another policy is in force now." if now.configured else "The policy was removed.")
    if owners_hash != then.owners_hash:
        stale.append("The account has other owners now.")
    if now.epoch != before.epoch and not stale:
        others.append("A policy took effect, or a recovery was finalized; owners and policy are the same as before.")
    pending = (now.change_policy_hash, now.change_eta)
    if now.change_eta and pending != (before.change_policy_hash, before.change_eta):
        others.append(f"A change of the policy is pending, for {when(now.change_eta)}.")
    for index, path in enumerate(now.paths):
        if path.is_open and path.nonce != before.paths[index].nonce:
            others.append(f"A recovery is under way on path {index}, ready on {when(path.ready_at)}.")
    if now.frozen and now.frozen_until != before.frozen_until:
        others.append(f"The account is frozen until {when(now.frozen_until)}.")
    if now.last_active != before.last_active:
        others.append(f"The owner was active since, last on the day that ended {when(now.last_active)}.")
    return stale, others
