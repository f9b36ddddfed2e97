"""Signing a message: with a key, with another program or device, or by a contract that approves its digest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import InvalidFile, InvalidInput, Refused
from .options import FILE, _collected
from .session import command_line, confirm, quote, require_free, say, table

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..messages import Message
    from ..signer import Signer
    from .keys import Key, Keyring

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Way:
    """How somebody signs what they say of themselves.

    Attributes:
        signer: Name of their key, or None if the key is elsewhere.
        typed_data: Where what has to be signed is written, or was.
        signature: Made elsewhere: hexadecimal, or a file that holds it.
        on_chain: Whether a contract has approved the digest by a transaction.
    """

    signer: str | None
    typed_data: Path | None
    signature: str | None
    on_chain: bool

    @classmethod
    def of(cls, given: dict[str, Any]) -> Way:
        """From what was given.

        Raises:
            InvalidInput: Contradictory ways, or none.
        """
        way = cls(given.pop("signer"), given.pop("typed_data"), given.pop("signature"), given.pop("on_chain"))
        brought = {"--signature": way.signature is not None, "--on-chain": way.on_chain}
        chosen = [name for name, is_given in brought.items() if is_given]
        if way.signer and way.typed_data:
            chosen.append("--typed-data")
        if way.signer and chosen or len(chosen) > 1:
            raise InvalidInput(
                f"Give one of {' and '.join(['--signer', *chosen] if way.signer else chosen)}, not both."
            )
        if not way.signer and not way.typed_data:
            if chosen:
                raise InvalidInput(
                    f"{chosen[0]} goes with --typed-data: the file that was signed, with the time that stands in it."
                )
            raise InvalidInput("Give --signer with your key, or sign elsewhere: --typed-data FILE.")
        return way

    @property
    def exports(self) -> bool:
        """Whether what has to be signed is only written."""
        return self.typed_data is not None and self.signature is None and not self.on_chain

    def check_places(self, output: Path | None) -> None:
        """Refuses early what could not be written, or read, later.

        Raises:
            InvalidInput: Something is there already.
        """
        if self.exports and self.typed_data:
            require_free(self.typed_data, "--typed-data")
        elif output is not None:
            require_free(output)

    def time(self, now: int) -> int:
        """When it is said: now, or when what was signed elsewhere was written.

        Raises:
            InvalidFile: What was to be signed cannot be read any more.
        """
        from .. import files

        if self.exports or self.typed_data is None:
            return now
        try:
            return files.integer(json.loads(files.read(self.typed_data))["message"]["time"])
        except (ValueError, KeyError, TypeError, RecursionError, InvalidInput) as error:
            if isinstance(error, InvalidFile):
                raise
            raise InvalidFile(f"{self.typed_data} is not what --typed-data has written. Write it again.") from None

    def require_same(self, message: Message) -> None:
        """Refuses to take a signature for something else than was written to be signed.

        Raises:
            InvalidInput: The file says something else than the options.
        """
        from .. import files

        if self.typed_data and json.loads(files.read(self.typed_data)) != message.json:
            raise InvalidInput(
                f"{self.typed_data} says something else than what you ask for now. Give the same options as when it "
                "was written, or write another one and have that signed."
            )


@dataclass(frozen=True)
class Asking:
    """What whoever signs is asked.

    Attributes:
        what: What is signed, as in "this card".
        purpose: What the key does, as in "signs this card".
        question: Before it does.
        yes: Whether not to ask.
    """

    what: str
    purpose: str
    question: str
    yes: bool


def signed_by(command: _F) -> _F:
    """How a guardian signs what they say of themselves; the command gets it as `way`."""
    return _collected(
        command,
        "way",
        Way.of,
        click.option(
            "--signer",
            metavar="KEY",
            help='Your key: a keystore file, the alias of an Ape account, or "paper" for words on a sheet.',
        ),
        click.option(
            "--typed-data",
            type=FILE,
            metavar="FILE",
            help="Only write what has to be signed, for another program, device or a contract.",
        ),
        click.option("--signature", metavar="HEX|FILE", help="The signature that was made of --typed-data; give both."),
        click.option(
            "--on-chain", is_flag=True, help="Your contract has approved --typed-data by a transaction; give both."
        ),
    )


def own_key(name: str, signer: Signer) -> Key:
    """A key by its name, unless it is seen to be somebody else's before it is opened.

    Raises:
        InvalidInput: There is none, or it is not the signer's.
    """
    from . import keys

    key = keys.find(name)
    if key.address and key.address != str(signer):
        raise not_yours(key.address, signer)
    return key


def by_key(ring: Keyring, key: Key, message: Message, signer: Signer, purpose: str) -> bytes:
    """A signature by a key, compared with what is signed before anybody believes it.

    Raises:
        RecoveryError: The key does not open, is somebody else's, or has signed something else.
    """
    signing = ring.open(key, purpose)
    if signing.address != str(signer):
        raise not_yours(signing.address, signer)
    signature = bytes(signing.sign_message(message.signable).signature)
    if not message.is_signed_by_key(signer, signature):
        raise Refused("The signature that was just made is not right. Nothing was written; try again.")
    return signature


def not_yours(address: str, signer: Signer) -> InvalidInput:
    """The error for a key that is not the guardian's."""
    return InvalidInput(f"That is the key of {address}; the guardian's key is {signer}. Nothing was signed.")


def export(
    message: Message, path: Path, signer: Signer, back: str, client: RecoveryClient | None, proven: bool = False
) -> None:
    """Writes what has to be signed elsewhere, and says how the signature comes back.

    Args:
        message: What is signed.
        path: Where to.
        signer: Who signs.
        back: The command that takes the signature, to which `--signature` is added.
        client: Of the chain, if it was asked.
        proven: Whether a contract may also approve the digest by a transaction.
    """
    from .. import files

    files.write(path, json.dumps(message.json, indent=2) + "\n")
    say(f"Written to {path}: what {signer} has to sign (EIP-712). Nothing was signed.", bold=True)
    say("Next: sign it, for example with Foundry, which also speaks to hardware wallets, and bring the signature back:")
    command_line(f"cast wallet sign --data --from-file {quote(path)}", f"{back} --signature 0x...")
    if proven and client and signer.is_address and client.code(signer.address):
        call = client.approve_digest(message.digest)
        say("Your guardian is a contract. If it cannot sign, have it send this instead, and then give --on-chain:")
        table([("To", call.to), ("Value", "0"), ("Data", "0x" + call.data.hex())])


def imported(given: str, message: Message, signer: Signer, client: RecoveryClient | None, what: str) -> bytes:
    """A signature made elsewhere, checked before it is believed.

    Args:
        given: Hexadecimal, or a file that holds it.
        message: What should have been signed.
        signer: Who should have signed it.
        client: Of the chain, if it may be asked.
        what: What was signed, as in "this request".

    Raises:
        RecoveryError: It is no signature of it.
    """
    digits = given if given.startswith("0x") else _in_file(given, message)
    if not re.fullmatch(r"0x([0-9a-fA-F]{2})+", digits):
        raise InvalidInput("--signature should be hexadecimal, beginning with 0x, or a file that holds it.")
    signature = bytes.fromhex(digits[2:])
    if len(signature) == 65 and signature[64] < 2:  # some devices count from 0, the contracts from 27
        signature = signature[:64] + bytes([signature[64] + 27])
    if not is_signed(message, signer, signature, client, f"This is not a signature of {signer} over {what}"):
        raise Refused(
            f"This is not a signature of {signer} over {what}. Sign what --typed-data has written, with that key. "
            "Nothing was written."
        )
    return signature


def _in_file(file: str, message: Message) -> str:
    """The signature in a file: as bare hexadecimal, or as `recovery keys sign` has written it.

    Raises:
        InvalidInput: It was made over something else.
    """
    from .. import files

    text = files.read(file).strip()
    if not files.kind_of(text):
        return text
    from ..keys.cold import Signature, load_signed

    signed = load_signed(text, file)
    if not isinstance(signed, Signature) or signed.digest != message.digest:
        raise InvalidInput(f"{file} was signed over something else. Sign what --typed-data has written.")
    return files.to_hex(signed.signature)


def is_signed(message: Message, signer: Signer, signature: bytes, client: RecoveryClient | None, wrong: str) -> bool:
    """Whether a signature is good: a key's is seen without a chain, contracts and verifiers are asked.

    Args:
        message: What is signed.
        signer: Who signs.
        signature: Empty if a contract has approved the digest by a transaction.
        client: Of the chain, or None.
        wrong: What is wrong if it has to be a key's, for the error.

    Raises:
        Refused: It is no key's, and there is no chain to ask.
        ChainError: The chain does not answer.
    """
    if message.is_signed_by_key(signer, signature):
        return True
    if client is None:
        raise Refused(
            f"{wrong}, as far as can be seen without a chain. If {signer} is a contract or a key behind a verifier, "
            "give --network: it has to be asked."
        )
    if not signature:
        return client.is_approved(signer, message.digest)
    return client.is_valid_signature(signer, message.digest, signature)


def signature_of(
    way: Way,
    ring: Keyring,
    key: Key | None,
    message: Message,
    signer: Signer,
    client: RecoveryClient | None,
    asking: Asking,
) -> bytes:
    """The signature, whichever way it comes.

    Args:
        way: How.
        ring: Opens the key.
        key: The key, if it is here.
        message: What is signed.
        signer: Who signs.
        client: Of the chain, if it may be asked.
        asking: What whoever signs is asked.

    Raises:
        RecoveryError: There is none that is good.
    """
    if key is not None:
        confirm(asking.question, asking.yes)
        return by_key(ring, key, message, signer, asking.purpose)
    way.require_same(message)
    if way.signature is not None:
        return imported(way.signature, message, signer, client, asking.what)
    if not is_signed(message, signer, b"", client, f"{signer} has not approved {asking.what}"):
        raise Refused(f"{signer} has not approved {asking.what} on this chain yet. Nothing was written.")
    return b""
