"""Ape accounts whose keys are in hardware security modules. Ape finds them through `ape_recovery`; nothing else does.

An account is a small file in Ape's data folder, `recovery/ALIAS.json`, with its address and the URI of its key
(RFC 7512). It holds nothing secret: the PIN is asked for each time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from ape.api.accounts import AccountAPI, AccountContainerAPI
from ape.api.transactions import TransactionAPI
from ape.exceptions import AccountsError
from ape.types.address import AddressType
from ape.types.signatures import MessageSignature, SignableMessage, TransactionSignature
from eip712.messages import EIP712Message
from eth_account.messages import encode_defunct
from eth_utils import to_canonical_address, to_hex

from .errors import RecoveryError
from .hsm import HsmAccount, opened
from .hsm_uri import KeyUri


class HsmAccounts(AccountContainerAPI):
    """The accounts in Ape's data folder."""

    @property
    def _files(self) -> list[Path]:
        return sorted(self.data_folder.glob("*.json"))

    @property
    def aliases(self) -> Iterator[str]:
        """Their names."""
        return (path.stem for path in self._files)

    @property
    def accounts(self) -> Iterator[AccountAPI]:
        """Themselves."""
        return (HsmApeAccount(path=path) for path in self._files)

    def __len__(self) -> int:
        return len(self._files)


class HsmApeAccount(AccountAPI):
    """One account.

    Attributes:
        path: Its file.
    """

    path: Path

    @property
    def alias(self) -> str:
        """Its name."""
        return self.path.stem

    @property
    def address(self) -> AddressType:
        """Its address, as it was when the key was made."""
        address: AddressType = self.network_manager.ethereum.decode_address(self._content["address"])
        return address

    @property
    def _content(self) -> dict[str, str]:
        content: dict[str, str] = json.loads(self.path.read_text())
        return content

    def sign_message(self, msg: Any, **signer_options: Any) -> MessageSignature | None:
        """Signs a message (EIP-191, EIP-712); of anything else, None."""
        if isinstance(msg, str):
            msg = encode_defunct(text=msg)
        elif isinstance(msg, int):
            msg = encode_defunct(hexstr=to_hex(msg))
        elif isinstance(msg, EIP712Message):
            msg = msg.signable_message
        if not isinstance(msg, SignableMessage):
            return None
        signed = self._ask(lambda account: account.sign_message(msg))
        return MessageSignature(v=signed.v, r=signed.r.to_bytes(32, "big"), s=signed.s.to_bytes(32, "big"))

    def sign_transaction(self, txn: TransactionAPI, **signer_options: Any) -> TransactionAPI | None:
        """Signs a transaction of any type."""
        content = txn.model_dump(mode="json", by_alias=True, exclude={"sender"})
        signed = self._ask(lambda account: account.sign_transaction(content))
        r, s = (number.to_bytes(32, "big") for number in (signed.r, signed.s))
        txn.signature = TransactionSignature(v=signed.v, r=r, s=s)
        return txn

    def sign_authorization(
        self, address: AddressType, chain_id: int | None = None, nonce: int | None = None
    ) -> MessageSignature | None:
        """Signs an authorization (EIP-7702) for a contract to become this account's code."""
        wanted: Any = {
            "chainId": self.chain_manager.chain_id if chain_id is None else chain_id,
            "address": to_canonical_address(address),
            "nonce": self.nonce if nonce is None else nonce,
        }
        signed = self._ask(lambda account: account.sign_authorization(wanted))
        return MessageSignature(v=signed.y_parity, r=signed.r.to_bytes(32, "big"), s=signed.s.to_bytes(32, "big"))

    def _ask(self, sign: Any) -> Any:
        """Has something signed, after the PIN was typed.

        Raises:
            AccountsError: It was not.
        """
        try:
            uri = KeyUri.parse(self._content["uri"])
            pin = click.prompt(f"PIN of {uri}, for {self.alias}", hide_input=True, err=True)
            with opened(uri, pin) as account:
                _require_same(account, self.address)
                return sign(account)
        except RecoveryError as error:
            raise AccountsError(error.message) from error


def _require_same(account: HsmAccount, address: str) -> None:
    if account.address != address:
        raise AccountsError(
            f"The key has the address {account.address}, but the account was made for {address}: the module holds "
            "another key now. Nothing was signed."
        )
