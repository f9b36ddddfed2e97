"""The EIP-712 messages that guardians and owners sign; Messages.sol and RecoveryWallet.sol hash the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils import keccak, to_checksum_address

from .policy import PathProof
from .quorum import Owners
from .signer import Signer

#: Of the group of secp256k1: of the two values that `s` could have, only the smaller one is accepted (EIP-2).
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
_FIELD = dict[str, str]


def _fields(signature: str) -> list[_FIELD]:
    return [dict(zip(("type", "name"), field.split(), strict=True)) for field in signature.split(",")]


_ACTING = "address account,uint256 epoch,uint256 path,bytes32 pathHash,"

TYPES: dict[str, list[_FIELD]] = {
    "Recover": _fields(_ACTING + "uint256 nonce,bytes[] owners,uint256 threshold,uint256 deadline"),
    "Cancel": _fields(_ACTING + "uint256 requestNonce,uint256 deadline"),
    "VetoRequest": _fields(_ACTING + "uint256 requestPath,uint256 requestNonce,uint256 deadline"),
    "VetoChange": _fields(_ACTING + "bytes24 policyHash,uint256 eta,uint256 deadline"),
    "Freeze": _fields(_ACTING + "uint256 nonce,uint256 deadline"),
    "Thaw": _fields(_ACTING + "uint256 freezeNonce,uint256 deadline"),
    "Batch": _fields("Call[] calls,bytes24 ownersHash,uint256 nonce,uint256 deadline"),
    "Operation": _fields("bytes32 userOpHash,bytes24 ownersHash"),
    "Initialize": _fields("address module,bytes[] owners,uint256 threshold,bytes32 policyHash,uint256 deadline"),
    "GuardianCard": _fields("string name,bytes signer,string contact,string ageKey,uint256 time"),
    "GuardianReceipt": _fields("string statement,address account,address module,bytes32[] commitments,uint256 time"),
    "Call": _fields("address to,uint256 value,bytes data"),
}
_DOMAIN = _fields("string name,string version,uint256 chainId,address verifyingContract")


#: Domain of what is passed between people and never submitted: the same on every chain.
_PAPERS = {"name": "GuardianPapers", "version": "1"}


@dataclass(frozen=True, slots=True)
class Message:
    """One message to be signed.

    Attributes:
        kind: Its EIP-712 primary type.
        domain: Name, version, chainId and verifyingContract.
        values: Its fields.
    """

    kind: str
    domain: dict[str, Any]
    values: dict[str, Any]

    @property
    def typed_data(self) -> dict[str, Any]:
        """The EIP-712 document, as wallets and `cast wallet sign --data` take it."""
        domain = [field for field in _DOMAIN if field["name"] in self.domain]
        types = {"EIP712Domain": domain, self.kind: TYPES[self.kind]}
        if self.kind == "Batch":
            types["Call"] = TYPES["Call"]
        return {"types": types, "primaryType": self.kind, "domain": self.domain, "message": self.values}

    @property
    def json(self) -> dict[str, Any]:
        """The same document as JSON has it: bytes in hexadecimal, large numbers as text."""
        return cast(dict[str, Any], _as_json(self.typed_data))

    @property
    def signable(self) -> SignableMessage:
        """For eth-account."""
        return encode_typed_data(full_message=self.typed_data)

    @property
    def digest(self) -> bytes:
        """What is signed, 32 bytes."""
        message = self.signable
        return bytes(keccak(b"\x19" + message.version + message.header + message.body))

    def is_signed_by_key(self, signer: Signer, signature: bytes) -> bool:
        """Whether a signature is the signer's own ECDSA signature: then no contract has to be asked."""
        if not signer.is_address or len(signature) != 65:
            return False
        if signature[64] not in (27, 28) or int.from_bytes(signature[32:64], "big") > HALF_ORDER:
            return False  # eth-account takes other forms of it, the contracts do not
        try:
            recovered = Account.recover_message(self.signable, signature=signature)
        except Exception:  # whatever eth-keys dislikes about it, it is no signature of this key
            return False
        return Signer.parse(recovered) == signer


@dataclass(frozen=True, slots=True)
class Acting:
    """What every message of guardians says: which module on which chain, which account, and which path acts.

    Attributes:
        chain_id: Chain id.
        module: The module's address.
        account: The account's address.
        epoch: The account's epoch.
        proof: The acting path.
    """

    chain_id: int
    module: str
    account: str
    epoch: int
    proof: PathProof

    def _message(self, kind: str, deadline: int, **values: Any) -> Message:
        return Message(
            kind,
            _domain("RecoveryModule", self.chain_id, self.module),
            {
                "account": to_checksum_address(self.account),
                "epoch": self.epoch,
                "path": self.proof.index,
                "pathHash": self.proof.path.hash,
                **values,
                "deadline": deadline,
            },
        )

    def recover(self, nonce: int, owners: Owners, deadline: int) -> Message:
        """Replace the owners.

        Args:
            nonce: The path's nonce before it is used.
            owners: The new owners.
            deadline: Until when it is good, in seconds since 1970.
        """
        return self._message("Recover", deadline, nonce=nonce, owners=owners.to_abi(), threshold=owners.threshold)

    def cancel(self, request_nonce: int, deadline: int) -> Message:
        """Stop the path's own open request."""
        return self._message("Cancel", deadline, requestNonce=request_nonce)

    def veto_request(self, request_path: int, request_nonce: int, deadline: int) -> Message:
        """Stop another path's open request."""
        return self._message("VetoRequest", deadline, requestPath=request_path, requestNonce=request_nonce)

    def veto_change(self, policy_hash: bytes, eta: int, deadline: int) -> Message:
        """Stop a pending change of policy.

        Args:
            policy_hash: 24 bytes, zeros for removal.
            eta: When it would have been possible, in seconds since 1970.
            deadline: Until when it is good, in seconds since 1970.
        """
        return self._message("VetoChange", deadline, policyHash=policy_hash, eta=eta)

    def freeze(self, nonce: int, deadline: int) -> Message:
        """Freeze the account; `nonce` is the path's before it is used."""
        return self._message("Freeze", deadline, nonce=nonce)

    def thaw(self, freeze_nonce: int, deadline: int) -> Message:
        """End the freeze that this path has begun."""
        return self._message("Thaw", deadline, freezeNonce=freeze_nonce)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a wallet's batch.

    Attributes:
        to: Address; zero stands for the wallet itself.
        value: Wei.
        data: Calldata.
    """

    to: str
    value: int = 0
    data: bytes = b""

    def to_abi(self) -> tuple[str, int, bytes]:
        """As the contracts' struct Execution."""
        return (to_checksum_address(self.to), self.value, self.data)


def batch(chain_id: int, wallet: str, calls: Sequence[Call], owners: Owners, nonce: int, deadline: int) -> Message:
    """What a wallet's owners sign so that anybody may relay a batch.

    Args:
        chain_id: Chain id.
        wallet: The wallet's address.
        calls: In order.
        owners: The wallet's present owners.
        nonce: The wallet's batch nonce.
        deadline: At most a day ahead, in seconds since 1970.
    """
    values = [dict(zip(("to", "value", "data"), call.to_abi(), strict=True)) for call in calls]
    return Message(
        "Batch",
        _domain("RecoveryWallet", chain_id, wallet),
        {"calls": values, "ownersHash": owners.hash[:24], "nonce": nonce, "deadline": deadline},
    )


def operation(chain_id: int, wallet: str, user_op_hash: bytes, owners: Owners) -> Message:
    """What a wallet's owners sign for a UserOperation (ERC-4337).

    Args:
        chain_id: Chain id.
        wallet: The wallet's address.
        user_op_hash: From the EntryPoint, 32 bytes.
        owners: The wallet's present owners.
    """
    return Message(
        "Operation",
        _domain("RecoveryWallet", chain_id, wallet),
        {"userOpHash": user_op_hash, "ownersHash": owners.hash[:24]},
    )


def initialize(chain_id: int, account: str, module: str, owners: Owners, policy_hash: bytes, deadline: int) -> Message:
    """What an EOA signs so that anybody may make it a recovery wallet (EIP-7702).

    Args:
        chain_id: Chain id.
        account: The EOA.
        module: The module's address.
        owners: Its owners besides its key.
        policy_hash: 32 bytes.
        deadline: Until when it is good, in seconds since 1970.
    """
    return Message(
        "Initialize",
        _domain("RecoveryWallet", chain_id, account),
        {
            "module": to_checksum_address(module),
            "owners": owners.to_abi(),
            "threshold": owners.threshold,
            "policyHash": policy_hash,
            "deadline": deadline,
        },
    )


def guardian_card(name: str, signer: Signer, contact: str, age_key: str, time: int) -> Message:
    """What a guardian says of themselves, once, to whoever names them: of no account and no chain.

    Args:
        name: Their name.
        signer: Who acts for them.
        contact: How they are reached, or nothing.
        age_key: Their age recipient (`age1…`), or nothing.
        time: When it was said, in seconds since 1970.
    """
    values = {"name": name, "signer": signer.data, "contact": contact, "ageKey": age_key, "time": time}
    return Message("GuardianCard", _PAPERS, values)


def guardian_receipt(statement: str, account: str, module: str, commitments: Sequence[bytes], time: int) -> Message:
    """What a guardian says of their kit: that they hold it, or that they resign.

    Args:
        statement: What is said, in words.
        account: Whose guardian they are.
        module: The account's module.
        commitments: Which commitments their kit opens, 32 bytes each.
        time: When it was said, in seconds since 1970.
    """
    values = {
        "statement": statement,
        "account": to_checksum_address(account),
        "module": to_checksum_address(module),
        "commitments": list(commitments),
        "time": time,
    }
    return Message("GuardianReceipt", _PAPERS, values)


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {name: _as_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(each) for each in value]
    # Beyond this, programs that keep numbers as floating point would sign another one.
    return str(value) if isinstance(value, int) and value >= 2**53 else value


def _domain(name: str, chain_id: int, contract: str) -> dict[str, Any]:
    return {
        "name": name,
        "version": "1",
        "chainId": chain_id,
        "verifyingContract": to_checksum_address(contract),
    }
