"""Accounts that only Ape can open: hardware wallets, KMS, and the accounts of its test chain."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

from ..errors import Refused


@dataclass(frozen=True)
class Signed:
    """What was signed.

    Attributes:
        signature: Of a message, 65 bytes.
        hash: Of a transaction, 32 bytes.
        raw_transaction: The transaction as it is sent.
    """

    signature: bytes = b""
    hash: bytes = b""
    raw_transaction: bytes = b""


@dataclass(frozen=True)
class ApeKey:
    """An account of Ape.

    Attributes:
        name: As it was given.
        account: Ape's own.
    """

    name: str
    account: Any

    @property
    def address(self) -> str:
        """Its address."""
        return str(self.account.address)

    def sign_message(self, signable_message: Any) -> Signed:
        """Signs an EIP-712 message.

        Raises:
            Refused: It was declined, or the account cannot do it.
        """
        signature = self._done("sign", lambda: self.account.sign_message(signable_message))
        return Signed(signature=bytes(signature.encode_rsv()))

    def sign_transaction(self, transaction_dict: Any) -> Signed:
        """Signs a transaction.

        Args:
            transaction_dict: As `Sending.prepare` has it.

        Raises:
            Refused: It was declined, or the account cannot do it.
        """
        from ape import networks
        from eth_utils import keccak

        numbers = {
            name: int(value, 16) if isinstance(value, str) else value
            for name, value in transaction_dict.items()
            if name not in ("to", "data")
        }

        def sign() -> Any:
            transaction = networks.ethereum.create_transaction(
                receiver=transaction_dict["to"],
                data=bytes.fromhex(transaction_dict["data"][2:]),
                sender=self.address,
                chain_id=numbers["chainId"],
                value=numbers["value"],
                gas_limit=numbers["gas"],
                nonce=numbers["nonce"],
                **(
                    {"gas_price": numbers["gasPrice"], "type": 0}
                    if "gasPrice" in numbers
                    else {
                        "max_fee": numbers["maxFeePerGas"],
                        "max_priority_fee": numbers["maxPriorityFeePerGas"],
                        "type": 2,
                    }
                ),
            )
            return self.account.sign_transaction(transaction)

        raw = bytes(self._done("sign the transaction", sign).serialize_transaction())
        return Signed(hash=bytes(keccak(raw)), raw_transaction=raw)

    def _done(self, what: str, act: Any) -> Any:
        from ape.exceptions import ApeException

        try:
            result = act()
        except ApeException as error:
            reason = str(error).strip().split("\n")[0].rstrip(".")
            raise Refused(f"{self.name} did not {what}: {reason}. Nothing was sent.") from error
        if result is None:
            raise Refused(f"{self.name} did not {what}. Nothing was sent.")
        return result


def find_in_ape(name: str) -> ApeKey | None:
    """An account of Ape's by its alias, or `TEST::0` for those of its test chain; None if there is none."""
    if importlib.util.find_spec("ape") is None:
        return None
    from ape import accounts

    from .network import quiet_ape

    quiet_ape()
    if name.startswith("TEST::") and name[6:].isdecimal():
        tests = accounts.test_accounts
        return ApeKey(name, tests[int(name[6:])]) if int(name[6:]) < 10 else None
    try:
        return ApeKey(name, accounts.load(name))
    except (KeyError, ValueError):
        return None
