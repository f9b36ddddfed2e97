"""Keys in hardware security modules, through PKCS#11: made inside, never to be taken out, asked to sign.

A key is named by a URI (RFC 7512): `pkcs11:token=vault;object=owner?module-path=/usr/lib/softhsm/libsofthsm2.so`. The
PIN never stands in it: it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from eth_keys.datatypes import PrivateKey, PublicKey, Signature
from eth_keys.exceptions import BadSignature
from eth_keys.main import KeyAPI
from eth_utils import ValidationError

from .errors import InvalidInput, MissingExtra, Refused

if TYPE_CHECKING:
    from eth_account import Account
    from eth_account.datastructures import SignedMessage, SignedSetCodeAuthorization, SignedTransaction
    from eth_account.messages import SignableMessage
    from eth_account.types import AuthorizationDict, TransactionDictType

#: Order of the group of secp256k1: of `s` and the order minus `s`, only the smaller is accepted (EIP-2).
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
#: Names a library where the URI does not.
MODULE_VARIABLE = "RECOVERY_PKCS11_MODULE"
_PATH = ("token", "object", "id", "serial", "manufacturer", "model", "slot-id", "type")
_CURVE = "secp256k1"


@dataclass(frozen=True, slots=True)
class KeyUri:
    """Where a key is.

    Attributes:
        token: The token's label.
        label: The key's label, or None if its id says it.
        id: The key's id, or None if its label says it.
        module: The library that speaks to the device.
    """

    token: str
    label: str | None
    id: bytes | None
    module: str

    @classmethod
    def parse(cls, text: str) -> KeyUri:
        """Reads a URI (RFC 7512), as far as it is needed.

        Raises:
            InvalidInput: It is none, says nothing of token and key, or holds a PIN.
        """
        if not text.startswith("pkcs11:"):
            raise InvalidInput("A key in a hardware module is named by a URI: pkcs11:token=NAME;object=LABEL")
        path, _, query = text.removeprefix("pkcs11:").partition("?")
        attributes = _attributes(path, ";")
        options = _attributes(query, "&")
        if "pin-value" in options or "pin-value" in attributes:
            raise InvalidInput(
                "A PIN does not belong into a URI: the shell keeps what you type, and others on this computer can read "
                "it. Leave it out, it is asked for; and change it, as it was seen."
            )
        unknown = [name for name in attributes if name not in _PATH]
        if unknown:
            raise InvalidInput(f"A PKCS#11 URI has no {unknown[0]!r}. Possible are: {', '.join(_PATH)}.")
        label, identifier = attributes.get("object"), attributes.get("id")
        if "token" not in attributes or (label is None and identifier is None):
            raise InvalidInput("The URI should name token and key: pkcs11:token=NAME;object=LABEL")
        module = options.get("module-path") or os.environ.get(MODULE_VARIABLE, "")
        if not module:
            raise InvalidInput(
                "Which library speaks to the device? Add ?module-path=/path/to/library.so to the URI, or set "
                f"{MODULE_VARIABLE}."
            )
        raw = None if identifier is None else identifier.encode("latin-1", "replace")
        return cls(attributes["token"], label, raw, module)

    def __str__(self) -> str:
        key = f"object={self.label}" if self.label is not None else f"id={(self.id or b'').hex()}"
        return f"pkcs11:token={self.token};{key}"


class HsmKey(PrivateKey):
    """A private key that is elsewhere: what eth-account does with a key, it does with this one.

    Args:
        public: The public key, 64 bytes.
        sign: Signs 32 bytes: r and s, 64 bytes, as PKCS#11's CKM_ECDSA returns them.
    """

    def __init__(self, public: bytes, sign: Any) -> None:
        # Not the base's: that one wants the secret.
        self._raw_key = b""
        self.public_key = PublicKey(public)
        self._sign = sign

    def sign_msg_hash(self, message_hash: bytes) -> Signature:
        """Has a hash signed inside, and finds which of the two possible keys has signed it.

        Raises:
            Refused: What comes back is no signature of this key.
        """
        made = bytes(self._sign(message_hash))
        if len(made) != 64:
            raise Refused("The hardware module has returned something else than a signature. Nothing was sent.")
        r, s = int.from_bytes(made[:32], "big"), int.from_bytes(made[32:], "big")
        s = min(s, ORDER - s)  # half of the modules' signatures have the larger one
        for v in (0, 1):
            try:
                signature = Signature(vrs=(v, r, s))
                if KeyAPI().ecdsa_recover(message_hash, signature) == self.public_key:
                    return signature
            except (BadSignature, ValidationError):
                continue
        raise Refused("The hardware module has signed with another key, or something else. Nothing was sent.")


class HsmAccount:
    """A key in a hardware module, with what eth-account's accounts can do.

    Args:
        key: The key.
    """

    def __init__(self, key: HsmKey) -> None:
        self._key = key

    @property
    def address(self) -> str:
        """Its address, with ERC-55 checksum."""
        return str(self._key.public_key.to_checksum_address())

    def sign_message(self, signable_message: SignableMessage) -> SignedMessage:
        """Signs a message (EIP-191, EIP-712)."""
        made: SignedMessage = _signer().sign_message(signable_message, self._key)
        return made

    def sign_transaction(self, transaction_dict: TransactionDictType) -> SignedTransaction:
        """Signs a transaction of any type."""
        made: SignedTransaction = _signer().sign_transaction(transaction_dict, self._key)
        return made

    def sign_authorization(self, authorization: AuthorizationDict) -> SignedSetCodeAuthorization:
        """Signs an authorization (EIP-7702)."""
        made: SignedSetCodeAuthorization = _signer().sign_authorization(authorization, self._key)
        return made


@contextmanager
def opened(uri: KeyUri, pin: str) -> Iterator[HsmAccount]:
    """A key in a session, as an account that signs messages, transactions and authorizations (EIP-7702).

    Args:
        uri: Which key.
        pin: Of the token's user.

    Raises:
        Refused: Library, token or key are not there, or the PIN is wrong.
        MissingExtra: python-pkcs11 is not installed.
    """
    with _session(uri, pin, writing=False) as session:
        private, public = _found(session, uri)
        key = HsmKey(_point(public), lambda digest: private.sign(digest, mechanism=_pkcs11().Mechanism.ECDSA))
        yield HsmAccount(key)


def make(uri: KeyUri, pin: str) -> str:
    """Makes a key inside, from where it cannot be taken out.

    Returns:
        Its address.

    Raises:
        Refused: There is a key of that name already, or the module cannot make one.
        InvalidInput: The URI has no label for it.
        MissingExtra: python-pkcs11 is not installed.
    """
    pkcs11 = _pkcs11()
    from pkcs11.util.ec import encode_named_curve_parameters

    if uri.label is None:
        raise InvalidInput("A new key needs a label: pkcs11:token=NAME;object=LABEL")
    with _session(uri, pin, writing=True) as session:
        if any(True for _ in session.get_objects(_template(uri, pkcs11.ObjectClass.PRIVATE_KEY))):
            raise Refused(f"There is a key {uri.label!r} in token {uri.token!r} already. Choose another label.")
        try:
            parameters = session.create_domain_parameters(
                pkcs11.KeyType.EC,
                {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(_CURVE)},
                local=True,
            )
            public, private = parameters.generate_keypair(
                id=uri.id or os.urandom(8),
                label=uri.label,
                store=True,
                private_template={
                    pkcs11.Attribute.SENSITIVE: True,
                    pkcs11.Attribute.EXTRACTABLE: False,
                    pkcs11.Attribute.SIGN: True,
                },
            )
        except pkcs11.PKCS11Error as error:
            raise Refused(f"The module has made no key: {_reason(error)}. Can it do {_CURVE}?") from error
        if private[pkcs11.Attribute.EXTRACTABLE]:
            private.destroy()
            public.destroy()
            raise Refused("The module has made a key that could be taken out, so it was destroyed. Nothing was kept.")
        return str(PublicKey(_point(public)).to_checksum_address())


@contextmanager
def _session(uri: KeyUri, pin: str, writing: bool) -> Iterator[Any]:
    pkcs11 = _pkcs11()
    try:
        library = pkcs11.lib(uri.module)
    except (RuntimeError, OSError) as error:
        raise Refused(f"{uri.module} cannot be loaded as a PKCS#11 library. Is the path right?") from error
    try:
        token = library.get_token(token_label=uri.token)
    except pkcs11.NoSuchToken as error:
        raise Refused(f"There is no token {uri.token!r}. Is the device plugged in, and the name right?") from error
    except pkcs11.MultipleTokensReturned as error:
        raise Refused(f"There are several tokens named {uri.token!r}. Give each a name of its own.") from error
    try:
        session = token.open(user_pin=pin, rw=writing)
    except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange) as error:
        raise Refused(
            f"The PIN of token {uri.token!r} is wrong. After some wrong ones the token locks itself: look it up first."
        ) from error
    except pkcs11.PinLocked as error:
        raise Refused(f"Token {uri.token!r} is locked after wrong PINs. Its security officer can unlock it.") from error
    except pkcs11.PKCS11Error as error:
        raise Refused(f"Token {uri.token!r} does not open: {_reason(error)}.") from error
    try:
        yield session
    except pkcs11.PKCS11Error as error:
        raise Refused(f"Token {uri.token!r} does not do it: {_reason(error)}.") from error
    finally:
        session.close()


def _found(session: Any, uri: KeyUri) -> tuple[Any, Any]:
    """The private key, and the public one that belongs to it."""
    pkcs11 = _pkcs11()
    keys = list(session.get_objects(_template(uri, pkcs11.ObjectClass.PRIVATE_KEY)))
    if not keys:
        raise Refused(f"There is no key {uri.label or (uri.id or b'').hex()!r} in token {uri.token!r}.")
    if len(keys) > 1:
        raise Refused(f"There are several keys {uri.label!r} in token {uri.token!r}. Name one by its id.")
    private = keys[0]
    wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PUBLIC_KEY, pkcs11.Attribute.ID: private.id}
    public = next(iter(session.get_objects(wanted)), None)
    if public is None:
        raise Refused(f"Token {uri.token!r} has the key, but not its public half, so its address is not known.")
    return private, public


def _template(uri: KeyUri, kind: Any) -> dict[Any, Any]:
    pkcs11 = _pkcs11()
    template = {pkcs11.Attribute.CLASS: kind}
    if uri.label is not None:
        template[pkcs11.Attribute.LABEL] = uri.label
    if uri.id is not None:
        template[pkcs11.Attribute.ID] = uri.id
    return template


def _point(public: Any) -> bytes:
    """The two coordinates of a public key on the right curve.

    Raises:
        Refused: It is on another curve, or not a point.
    """
    pkcs11 = _pkcs11()
    from pkcs11.util.ec import encode_named_curve_parameters

    if bytes(public[pkcs11.Attribute.EC_PARAMS]) != encode_named_curve_parameters(_CURVE):
        raise Refused(f"This key is not on the curve {_CURVE}, which Ethereum's keys are on.")
    point = bytes(public[pkcs11.Attribute.EC_POINT])
    # An uncompressed point, mostly wrapped as an octet string (DER): 0x04, its length, and then 0x04 ‖ x ‖ y.
    if len(point) == 67 and point[:2] == b"\x04\x41":
        point = point[2:]
    if len(point) != 65 or point[0] != 4:
        raise Refused("The module gives the public key in a form that is not known here.")
    return point[1:]


def _attributes(text: str, separator: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if not equals or name in found:
            raise InvalidInput("This is no PKCS#11 URI: it should be pkcs11:token=NAME;object=LABEL")
        found[name] = unquote(value, encoding="latin-1" if name == "id" else "utf-8")
    return found


def _reason(error: Exception) -> str:
    """PKCS#11's own name of what went wrong."""
    return type(error).__name__


def _signer() -> Account:
    """eth-account, which asks whatever key it is given."""
    from eth_account import Account

    return Account()


def _pkcs11() -> Any:
    try:
        import pkcs11
    except ImportError as error:
        raise MissingExtra("Keys in hardware modules need python-pkcs11", "hsm") from error
    return pkcs11
