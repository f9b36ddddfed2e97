"""Keys in hardware security modules, through PKCS#11: made inside, never to be taken out, asked to sign.

A key is named by a URI (`hsm_uri`). The PIN never stands in it: it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_keys.datatypes import PrivateKey, PublicKey, Signature
from eth_keys.exceptions import BadSignature
from eth_keys.main import KeyAPI
from eth_utils import ValidationError

from .errors import InvalidInput, MissingExtra, Refused
from .hsm_uri import KeyUri, module_of, parts

if TYPE_CHECKING:
    from eth_account import Account
    from eth_account.datastructures import SignedMessage, SignedSetCodeAuthorization, SignedTransaction
    from eth_account.messages import SignableMessage
    from eth_account.types import AuthorizationDict, TransactionDictType

#: Order of the group of secp256k1: of `s` and the order minus `s`, only the smaller is accepted (EIP-2).
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_CURVE = "secp256k1"


@dataclass(frozen=True, slots=True)
class Found:
    """A key that is in a token.

    Attributes:
        uri: What it is called.
        address: Its address, with ERC-55 checksum.
    """

    uri: KeyUri
    address: str


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
        Refused: There is a key of that name already, the module cannot make one, or what it made does not sign.
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
        try:
            if private[pkcs11.Attribute.EXTRACTABLE]:
                raise Refused("The module has made a key that could be taken out.")
            return _tried(HsmKey(_point(public), lambda digest: private.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)))
        except BaseException as error:
            private.destroy()
            public.destroy()
            if not isinstance(error, (Refused, pkcs11.PKCS11Error)):
                raise
            reason = error.message if isinstance(error, Refused) else f"It does not sign: {_reason(error)}."
            raise Refused(
                f"{reason} So the new key was destroyed, and nothing was kept. Try another device."
            ) from error


def prove(uri: KeyUri, pin: str) -> str:
    """Has a key sign once, something that means nothing.

    Returns:
        Its address.

    Raises:
        Refused: As `opened`, or it does not sign.
        MissingExtra: python-pkcs11 is not installed.
    """
    with opened(uri, pin) as account:
        return _tried(account._key)


def keys_in(text: str) -> list[Found]:
    """The keys that could be Ethereum's, as far as they are seen without a PIN.

    Args:
        text: A URI of a token, or of none: `pkcs11:` means all tokens of the library.

    Raises:
        InvalidInput: It is none, or holds a PIN.
        Refused: Library or token are not there.
        MissingExtra: python-pkcs11 is not installed.
    """
    attributes, options = parts(text)
    module, wanted = module_of(options), attributes.get("token")
    pkcs11 = _pkcs11()
    library, found, seen = _library(module), [], False
    try:
        for slot in library.get_slots(token_present=True):
            token = slot.get_token()
            if token.label and wanted in (None, token.label):
                seen = True
                found += _seen(token, module)
    except pkcs11.PKCS11Error as error:
        raise Refused(f"{module} does not say what it holds: {_reason(error)}.") from error
    if not seen:
        which = "is no token" if wanted is None else f"is no token {wanted!r}"
        raise Refused(f"There {which}. Is the device plugged in, set up, and the name right?")
    return sorted(found, key=lambda each: str(each.uri))


def _seen(token: Any, module: str) -> list[Found]:
    """The keys of a token whose public half anybody may read."""
    pkcs11 = _pkcs11()
    wanted = {
        pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PUBLIC_KEY,
        pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.EC,
    }
    with token.open() as session:
        keys = [(each.label or None, bytes(each.id), each) for each in session.get_objects(wanted)]
        labels = [label for label, _, _ in keys]
        found = []
        for label, identifier, public in keys:
            name = label if labels.count(label) == 1 else None
            uri = KeyUri(token.label, name, None if name else identifier, module)
            with suppress(Refused):  # on another curve
                found.append(Found(uri, str(PublicKey(_point(public)).to_checksum_address())))
    return found


def _tried(key: HsmKey) -> str:
    """The address of a key that does sign.

    Raises:
        Refused: It does not.
    """
    key.sign_msg_hash(os.urandom(32))
    return str(key.public_key.to_checksum_address())


@contextmanager
def _session(uri: KeyUri, pin: str, writing: bool) -> Iterator[Any]:
    pkcs11 = _pkcs11()
    library = _library(uri.module)
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


def _library(module: str) -> Any:
    try:
        return _pkcs11().lib(module)
    except (RuntimeError, OSError) as error:
        raise Refused(f"{module} cannot be loaded as a PKCS#11 library. Is the path right?") from error


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
