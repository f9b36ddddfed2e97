"""Accounts that only Ape can open: hardware wallets, KMS, and the accounts of its test chain."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

import click

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
        signature = bytes(self._done("sign", lambda: self._signature(signable_message)))
        if signature[64] < 27:  # some devices count from 0, the contracts from 27
            signature = signature[:64] + bytes([signature[64] + 27])
        return Signed(signature=signature)

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

        def sign() -> bytes | None:
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
            # What a plugin changes in place must not change what it is compared with.
            signed = self.account.sign_transaction(transaction.model_copy(deep=True))
            if signed is None:
                return None
            # Some accounts sign another transaction instead, such as a Safe's: it could not be followed, or sent once.
            if self._meaning(signed) != self._meaning(transaction):
                raise Refused(
                    f"{self.name} signed another transaction than it was asked to. Nothing was sent. "
                    "Pay with an account that signs by itself, or use --unsigned."
                )
            return bytes(signed.serialize_transaction())

        raw = self._done("sign the transaction", sign)
        return Signed(hash=bytes(keccak(raw)), raw_transaction=raw)

    def _signature(self, message: Any) -> bytes | None:
        signature = self.account.sign_message(message)
        return None if signature is None else signature.encode_rsv()

    @staticmethod
    def _meaning(transaction: Any) -> Any:
        """All that is signed."""
        return transaction.model_dump(mode="json", by_alias=True, exclude={"signature"})

    def _done(self, what: str, act: Any) -> Any:
        from ape.exceptions import ApeException

        try:
            result = act()
        except (Refused, click.Abort):
            raise
        except ApeException as error:
            reason = str(error).strip().split("\n")[0].rstrip(".")
            raise Refused(f"{self.name} did not {what}: {reason}. Nothing was sent.") from error
        except Exception as error:  # plugins raise whatever the library of their device does
            raise Refused(
                f"{self.name} did not {what} ({type(error).__name__}). Nothing was sent. "
                "Is the device connected, unlocked, and in its Ethereum app?"
            ) from error
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
    except Exception as error:  # a plugin looks for its accounts, and something is wrong with it
        raise Refused(
            f"Ape cannot look for {name!r} ({type(error).__name__}). Nothing was sent. See: ape accounts list --all"
        ) from error
