"""Keys in hardware modules, against SoftHSM2; what needs no module is tried without one."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from recovery import hsm, hsm_uri
from recovery.errors import InvalidInput, MissingExtra, Refused
from recovery.hsm import ORDER, HsmAccount, HsmKey
from recovery.hsm_uri import KeyUri
from recovery.messages import HALF_ORDER
from recovery.signer import Signer
from tests.recovery.samples import request
from tests.world import person

LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
LIBRARY = next((path for path in LIBRARIES if Path(path).exists()), "")
MISSING = not LIBRARY or shutil.which("softhsm2-util") is None
needs_softhsm = pytest.mark.skipif(MISSING, reason="needs SoftHSM2: apt-get install softhsm2")
PIN = "246810"
TRANSACTION = {
    "to": person("shop").address,
    "value": 1,
    "gas": 21_000,
    "maxFeePerGas": 10**9,
    "maxPriorityFeePerGas": 1,
    "nonce": 0,
    "chainId": 31337,
    "type": 2,
}


@cache
def vault() -> str:
    """A token of this process: PKCS#11 libraries are loaded once, and look for their tokens then."""
    folder = Path(tempfile.mkdtemp(prefix="softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    command = ["softhsm2-util", "--init-token", "--free", "--label", "vault", "--so-pin", "13579135", "--pin", PIN]
    subprocess.run(command, check=True, capture_output=True)
    return "pkcs11:token=vault;object={}?module-path=" + LIBRARY


@pytest.fixture
def token() -> str:
    """The URI of a token, but for the object's label."""
    return vault()


def uri(token: str, name: str) -> KeyUri:
    return KeyUri.parse(token.format(name))


# ------------------------------------------------------------------------------------------ the module


@needs_softhsm
def test_a_key_made_inside_signs_messages_transactions_and_authorizations(token: str) -> None:
    address = hsm.make(uri(token, "owner"), PIN)
    with hsm.opened(uri(token, "owner"), PIN) as account:
        assert account.address == address
        for number in range(16):  # half of the raw signatures have the larger s
            message = request(deadline=2_000_000_000 + number).message
            signature = bytes(account.sign_message(message.signable).signature)
            assert message.is_signed_by_key(Signer.parse(address), signature)
        signed = account.sign_transaction(TRANSACTION)
        assert Account.recover_transaction(signed.raw_transaction) == address
        allowed = account.sign_authorization({"chainId": 1, "address": person("shop").address, "nonce": 1})
        assert str(allowed.authority.hex()).lower().removeprefix("0x") == address.lower().removeprefix("0x")


@needs_softhsm
def test_a_key_cannot_be_taken_out(token: str) -> None:
    import pkcs11

    hsm.make(uri(token, "kept"), PIN)
    with hsm._session(uri(token, "kept"), PIN, writing=False) as session:
        private, _ = hsm._found(session, uri(token, "kept"))
        assert not private[pkcs11.Attribute.EXTRACTABLE] and private[pkcs11.Attribute.SENSITIVE]
        with pytest.raises(pkcs11.PKCS11Error):
            _ = private[pkcs11.Attribute.VALUE]
    with hsm.opened(uri(token, "kept"), PIN) as account:
        assert not hasattr(account, "key") and account._key.to_bytes() == b""


@needs_softhsm
@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (Refused("It signs with another key."), "It signs with another key. So the new key was destroyed"),
        (ValueError("unexpected"), "unexpected"),
    ],
)
def test_a_key_that_does_not_sign_is_not_kept(
    token: str, monkeypatch: pytest.MonkeyPatch, answer: Exception, because: str
) -> None:
    def fail(self: HsmKey, message_hash: bytes) -> None:
        raise answer

    with monkeypatch.context() as patch:
        patch.setattr(HsmKey, "sign_msg_hash", fail)
        with pytest.raises(type(answer), match=because):
            hsm.make(uri(token, "silent"), PIN)
    assert "silent" not in [each.uri.label for each in hsm.keys_in(token.format("silent"))]
    with pytest.raises(Refused, match="There is no key 'silent'"):
        hsm.prove(uri(token, "silent"), PIN)


@needs_softhsm
def test_keys_are_listed_without_a_pin_and_named_so_that_each_is_found(token: str) -> None:
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    addresses = {hsm.make(uri(token, "listed"), PIN), hsm.make(KeyUri("vault", "same", b"1", LIBRARY), PIN)}
    with hsm._session(uri(token, "same"), PIN, writing=True) as session:
        for curve, identifier in (("secp256k1", b"\xff2"), ("secp256r1", b"3")):
            named = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
            parameters = session.create_domain_parameters(pkcs11.KeyType.EC, named, local=True)
            parameters.generate_keypair(label="same", id=identifier, store=True)
    found = [each for each in hsm.keys_in(f"pkcs11:?module-path={LIBRARY}") if each.uri.label in ("listed", None)]
    assert [str(each.uri) for each in found] == [
        f"pkcs11:token=vault;{key}" for key in ("id=%31", "id=%ff%32", "object=listed")
    ]
    assert addresses < {each.address for each in found}
    for each in found:
        with hsm.opened(KeyUri.parse(each.uri.whole), PIN) as account:
            assert account.address == each.address
    with pytest.raises(Refused, match="There is no token 'other'"):
        hsm.keys_in(f"pkcs11:token=other?module-path={LIBRARY}")


@needs_softhsm
def test_what_is_not_there_is_said_in_words(token: str) -> None:
    hsm.make(uri(token, "twice"), PIN)
    cases = [
        (uri(token, "nobody"), PIN, "There is no key 'nobody' in token 'vault'"),
        (KeyUri("other", "owner", None, LIBRARY), PIN, "There is no token 'other'"),
        (uri(token, "twice"), "000000", "The PIN of token 'vault' is wrong"),
        (uri(token, "twice"), "1", "The PIN of token 'vault' is wrong"),
        (KeyUri("vault", "owner", None, "/nowhere.so"), PIN, "cannot be loaded as a PKCS#11 library"),
    ]
    for where, pin, because in cases:
        with pytest.raises(Refused, match=because), hsm.opened(where, pin):
            pass
    with pytest.raises(Refused, match="There is a key 'twice' in token 'vault' already"):
        hsm.make(uri(token, "twice"), PIN)
    with pytest.raises(InvalidInput, match="needs a label"):
        hsm.make(KeyUri("vault", None, b"\x01", LIBRARY), PIN)


@needs_softhsm
def test_a_key_of_another_curve_is_refused(token: str) -> None:
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    with hsm._session(uri(token, "p256"), PIN, writing=True) as session:
        curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True)
        parameters.generate_keypair(label="p256", id=b"p256", store=True)
    with pytest.raises(Refused, match="not on the curve secp256k1"), hsm.opened(uri(token, "p256"), PIN):
        pass


# ------------------------------------------------------------------------------------------ the adapter


def raw(name: str, other_s: bool = False) -> HsmKey:
    """A key of ours behind the adapter, which signs as a module does: r and s, of which the larger if asked for."""
    key = person(name)._key_obj

    def sign(digest: bytes) -> bytes:
        signature = key.sign_msg_hash(digest)
        s = ORDER - signature.s if other_s else signature.s
        return int(signature.r).to_bytes(32, "big") + int(s).to_bytes(32, "big")

    return HsmKey(key.public_key.to_bytes(), sign)


@pytest.mark.parametrize("other_s", [False, True])
def test_the_smaller_s_is_taken_and_the_right_half_found(other_s: bool) -> None:
    account = HsmAccount(raw("ana", other_s))
    assert account.address == person("ana").address
    for number in range(12):
        signable = encode_typed_data(full_message=request(deadline=2_000_000_000 + number).message.typed_data)
        made = account.sign_message(signable)
        assert made.s <= HALF_ORDER and Account.recover_message(signable, signature=made.signature) == account.address


@pytest.mark.parametrize("answer", [b"", bytes(64), b"\xff" * 64, b"\x01" * 64, bytes(63), bytes(65)])
def test_what_is_no_signature_of_this_key_is_refused(answer: bytes) -> None:
    key = HsmKey(person("ana")._key_obj.public_key.to_bytes(), lambda digest: answer)
    with pytest.raises(Refused, match="Nothing was sent"):
        key.sign_msg_hash(bytes(32))
    other = HsmKey(person("ana")._key_obj.public_key.to_bytes(), raw("ben")._sign)
    with pytest.raises(Refused, match="with another key"):
        other.sign_msg_hash(b"\x01" * 32)


# ---------------------------------------------------------------------------------------------- the URI


def test_a_uri_names_token_key_and_library(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = KeyUri.parse("pkcs11:token=My%20vault;object=owner;type=private?module-path=/lib/x.so")
    assert parsed == KeyUri("My vault", "owner", None, "/lib/x.so")
    monkeypatch.setenv(hsm_uri.MODULE_VARIABLE, "/lib/y.so")
    assert KeyUri.parse("pkcs11:token=t;id=%01%ff") == KeyUri("t", None, b"\x01\xff", "/lib/y.so")
    assert "246810" not in str(KeyUri.parse("pkcs11:token=t;object=o"))


@pytest.mark.parametrize(
    "key",
    [KeyUri("a b;c?&=%", "ключ", None, "/l/x y?.so"), KeyUri("t", None, b"\0;%\xff", "/l"), KeyUri("t", "", b"1", "l")],
)
def test_a_uri_reads_back_as_it_was_written(key: KeyUri, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(hsm_uri.MODULE_VARIABLE, raising=False)
    assert KeyUri.parse(key.whole) == key


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("owner", "pkcs11:token=NAME"),
        ("pkcs11:", "token and key"),
        ("pkcs11:token=t", "token and key"),
        ("pkcs11:object=o", "token and key"),
        ("pkcs11:token=t;object=o", "Which library"),
        ("pkcs11:token=t;object=o;colour=red?module-path=/x", "has no 'colour'"),
        ("pkcs11:token=t;token=u;object=o?module-path=/x", "is no PKCS#11 URI"),
        ("pkcs11:token;object=o?module-path=/x", "is no PKCS#11 URI"),
        ("pkcs11:token=t;object=o?pin-value=246810&module-path=/x", "A PIN does not belong into a URI"),
        ("pkcs11:token=t;object=o;pin-value=246810?module-path=/x", "A PIN does not belong into a URI"),
    ],
)
def test_what_is_no_uri_is_refused_without_repeating_a_pin(
    text: str, because: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(hsm_uri.MODULE_VARIABLE, raising=False)
    with pytest.raises(InvalidInput, match=because) as caught:
        KeyUri.parse(text)
    assert "246810" not in caught.value.message


def test_without_its_package_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pkcs11", None)
    with pytest.raises(MissingExtra, match=r"ape-recovery\[hsm\]"), hsm.opened(KeyUri("t", "o", None, "/x"), PIN):
        pass
