"""Transactions and calls for everything that the contracts can do. Pure: nothing is asked and nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi import encode
from eth_abi.exceptions import DecodingError
from eth_utils import to_checksum_address

from . import abi, contracts
from .actions import Cancel, Freeze, Recover, Thaw, VetoRequest
from .codec import decode
from .explain import duration, when
from .messages import Call
from .policy import Path, Policy
from .quorum import Owners
from .request import Approvals
from .signer import address_of

MODE_BATCH_OPDATA = bytes.fromhex("01000000000078210001") + bytes(22)
_MODULE = "WalletRecoveryModule"
#: In a batch this stands for the wallet itself (ERC-7821).
SELF = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction to be signed by whoever pays for it; nobody needs a right to send it.

    Attributes:
        to: The contract called.
        data: Calldata.
        summary: What it does, for people: "start the recovery of 0x… on path 'friends'".
        value: Wei.
        meaning: The same for two transactions that mean the same, where their data differ; a batch signed again has
            another deadline.
    """

    to: str
    data: bytes
    summary: str
    value: int = 0
    meaning: bytes = b""

    def params(self, **more: Any) -> dict[str, Any]:
        """As web3.py and JSON-RPC take it, with other fields besides."""
        return {"to": self.to, "data": "0x" + self.data.hex(), "value": hex(self.value), **more}

    def to_json(self, chain_id: int) -> dict[str, Any]:
        """For whoever signs it elsewhere: all that a wallet needs but sender, nonce and fees."""
        return {
            "chainId": chain_id,
            "to": self.to,
            "value": str(self.value),
            "data": "0x" + self.data.hex(),
            "summary": self.summary,
        }


class Building:
    """Builds transactions for one deployment.

    Args:
        deployment: Where the contracts stand; by default where the shipped artifacts stand on every chain.
    """

    def __init__(self, deployment: contracts.Deployment | None = None) -> None:
        self.deployment = deployment or contracts.canonical_deployment()

    # --------------------------------------------------------------------------------------- anybody's

    def create_wallet(self, owners: Owners, policy: Policy) -> Transaction:
        """Creates the wallet of these owners and this policy."""
        create = abi.function("RecoveryWalletFactory", "createWallet")
        return Transaction(
            self.deployment.factory,
            create.encode(owners.to_abi(), owners.threshold, policy.change_delay, policy.to_abi()),
            f"create the wallet {self.deployment.wallet_address(owners, policy)}",
        )

    def submit(self, approvals: Approvals) -> Transaction:
        """Does what a request asks for, with the approvals of its whole quorum."""
        request = approvals.request
        action, account, label = request.action, request.account, request.label
        head: list[Any] = [account, request.proof.to_abi()]
        tail: list[Any] = [request.deadline, approvals.to_abi()]
        if isinstance(action, Recover):
            owners = action.owners
            return self._module(
                f"start the recovery of {account} on path {label!r}",
                "start",
                *(*head, owners.to_abi(), owners.threshold, *tail),
            )
        if isinstance(action, Cancel):
            summary = f"cancel the recovery of {account} on path {label!r}, in its guardians' name"
            return self._module(summary, "cancelByQuorum", *head, *tail)
        if isinstance(action, VetoRequest):
            summary = f"veto the recovery of {account} on path {action.path}"
            return self._module(summary, "vetoRequest", *head, action.path, *tail)
        if isinstance(action, Freeze):
            return self._module(f"freeze {account}", "freeze", *head, *tail)
        if isinstance(action, Thaw):
            return self._module(f"thaw {account}", "thaw", *head, *tail)
        return self._module(f"veto the change of the policy of {account}", "vetoChange", *head, *tail)

    def finalize(self, account: str, path: int, structure: Path, owners: Owners) -> Transaction:
        """Puts the new owners of a ready request in place."""
        return self._module(
            f"finalize the recovery of {account} on path {path}",
            "finalize",
            *(address_of(account), path, structure.to_abi(), owners.to_abi(), owners.threshold),
        )

    def clear_expired(self, account: str, path: int) -> Transaction:
        """Clears an expired request away."""
        return self._module(f"clear the expired recovery of {account} on path {path}", "clearExpired", account, path)

    def clear_active(self, account: str, path: int, structure: Path, owners: Owners) -> Transaction:
        """Clears a request away that the owner's sign of life has ended."""
        return self._module(
            f"clear the recovery of {account} on path {path}, whose owner has been active",
            "clearActive",
            *(account, path, structure.to_abi(), owners.to_abi(), owners.threshold),
        )

    def apply_change(self, account: str) -> Transaction:
        """Puts a pending change of policy in force."""
        return self._module(f"apply the change of the policy of {account}", "applyChange", account)

    def publish(self, account: str, policy: Policy) -> Transaction:
        """Emits the structure of the policy in force again."""
        return self._module(
            f"publish the structure of the policy of {account} again",
            "publish",
            *(account, policy.change_delay, policy.to_abi()),
        )

    def in_turn(self, *transactions: Transaction) -> Transaction:
        """Several transactions of the module as one: all of them succeed or none has an effect."""
        calls = [transaction.data for transaction in transactions]
        return self._module(", then ".join(each.summary for each in transactions), "multicall", calls)

    def approve_digest(self, digest: bytes) -> Transaction:
        """Approves a digest on-chain, in the sender's name."""
        return self._module(f"approve 0x{digest.hex()} on-chain", "approveDigest", digest)

    def revoke_digest(self, digest: bytes) -> Transaction:
        """Takes an approval on-chain back, in the sender's name."""
        return self._module(f"revoke the approval of 0x{digest.hex()}", "revokeDigest", digest)

    # ------------------------------------------------------------------------------------ the account's

    def cancel_call(self, epoch: int, path: int, nonce: int) -> Call:
        """What a wallet calls to cancel the request with this id."""
        return self._call("cancel", epoch, path, nonce)

    def heartbeat_call(self) -> Call:
        """What a wallet calls to show that its owner is alive."""
        return self._call("heartbeat")

    def schedule_change_call(self, policy: Policy) -> Call:
        """What a wallet calls to have its policy changed."""
        return self._call("scheduleChange", policy.change_delay, policy.to_abi())

    def schedule_removal_call(self) -> Call:
        """What a wallet calls to have its policy removed."""
        return self._call("scheduleRemoval")

    def drop_change_call(self, policy_hash: bytes, eta: int) -> Call:
        """What a wallet calls to drop the pending change of its policy.

        Args:
            policy_hash: What it would change to, 24 bytes; zeros for removal.
            eta: When it could be applied, in seconds since 1970.
        """
        return self._call("dropChange", policy_hash, eta)

    def rotate_owners_call(self, owners: Owners) -> Call:
        """What a wallet calls to replace its own owners."""
        return Call(SELF, 0, abi.function("RecoveryWallet", "rotateOwners").encode(owners.to_abi(), owners.threshold))

    def execute(self, wallet: str, calls: Sequence[Call], deadline: int, proof: bytes, summary: str) -> Transaction:
        """Relays a batch that the wallet's owners have signed.

        Args:
            wallet: The wallet.
            calls: As signed.
            deadline: As signed.
            proof: From `Owners.proof`.
            summary: What the batch does, for people.
        """
        payload = encode(
            ["(address,uint256,bytes)[]", "bytes"],
            [[call.to_abi() for call in calls], deadline.to_bytes(6, "big") + proof],
        )
        data = abi.function("RecoveryWallet", "execute").encode(MODE_BATCH_OPDATA, payload)
        meaning = encode(["(address,uint256,bytes)[]"], [[call.to_abi() for call in calls]])
        return Transaction(to_checksum_address(wallet), data, summary, meaning=meaning)

    # ---------------------------------------------------------------------------------------- private

    def _module(self, summary: str, name: str, *arguments: Any) -> Transaction:
        return Transaction(self.deployment.module, abi.function(_MODULE, name).encode(*arguments), summary)

    def _call(self, name: str, *arguments: Any) -> Call:
        return Call(self.deployment.module, 0, abi.function(_MODULE, name).encode(*arguments))


def in_words(transaction: Transaction) -> list[tuple[str, str]]:
    """A transaction decoded: names and values of its call, or of each call of a batch."""
    found = abi.decoded(transaction.data)
    if found is not None and found[0] == "execute":
        try:
            calls, _ = decode(["(address,uint256,bytes)[]", "bytes"], found[1]["executionData"])
        except (DecodingError, OverflowError, ValueError):
            return call_in_words(Call(transaction.to, transaction.value, transaction.data))
        rows = [("Call", f"execute, a batch of {len(calls)} that the wallet's owners have signed")]
        for to, value, data in calls:
            rows += call_in_words(Call(to, value, data))
        return rows
    return call_in_words(Call(transaction.to, transaction.value, transaction.data))


def call_in_words(call: Call) -> list[tuple[str, str]]:
    """A call decoded: names and values."""
    rows = [("To", "the wallet itself" if call.to == SELF else to_checksum_address(call.to))]
    if call.value:
        rows.append(("Value", f"{call.value} wei"))
    found = abi.decoded(call.data)
    if found is None:
        return [*rows, ("Data", f"0x{call.data.hex()}" if call.data else "none")]
    name, arguments = found
    return [*rows, ("Function", name), *((f"  {key}", _value(key, value)) for key, value in arguments.items())]


def _value(name: str, value: Any) -> str:
    if name in ("deadline", "eta"):
        return when(value)
    if name == "changeDelay":
        return duration(value)
    if name == "proof":
        return f"path {value[0]}: {_path(value[1])}"
    if name in ("structure", "paths"):
        return _path(value) if name == "structure" else "; ".join(_path(each) for each in value)
    if name == "approvals":
        return f"of {', '.join(_signer(each[3]) for each in value)}" if value else "none"
    if name == "owners":
        return ", ".join(_signer(each) for each in value)
    if isinstance(value, str) and value.startswith("0x"):
        return str(to_checksum_address(value))
    if isinstance(value, bytes):
        inner = abi.decoded(value)
        return inner[0] if inner else f"0x{value.hex()}" if len(value) <= 32 else f"{len(value)} bytes"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value('', each) for each in value)}]"
    return str(value)


def _signer(value: bytes) -> str:
    return str(to_checksum_address(value)) if len(value) == 20 else f"0x{value.hex()}"


def _path(value: Any) -> str:
    """A path's structure in short: what everybody sees of it."""
    path = Path.from_abi(value)
    members, threshold = len(path.members), path.threshold
    parts = [f"{path.right.name.lower()}, {members} guardian{'s'[: members > 1]}, threshold {threshold}"]
    parts += [f"after {duration(path.inactivity)} of silence"] if path.inactivity else []
    parts += [f"delay {duration(path.delay)}"] if path.delay else []
    parts += [f"window {duration(path.window)}"] if path.window else []
    parts += ["the owner cancels"] if path.owner_cancels else []
    parts += ["can be vetoed"] if path.vetoable else []
    return ", ".join(parts)
