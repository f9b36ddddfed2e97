"""Seed phrases and the keys that follow from them, as the standards' own vectors have it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.hdaccount.mnemonic import Mnemonic

from recovery import paper
from recovery.errors import InvalidInput
from recovery.keys.seed import COUNTS, DEFAULT_PLACES, USUAL_PLACES, Places, Seed, new_words, parse_words, path_text

VECTORS = {path.stem: json.loads(path.read_text()) for path in (Path(__file__).parent / "vectors").glob("*.json")}
BIP39, BIP32, KEYSTORE = (VECTORS[name] for name in ("bip39", "bip32", "keystore"))
JUNK = "test test test test test test test test test test test junk"
FIRST = ["0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"]
GOOD = "legal winner thank year wave sausage worth useful legal winner thank yellow"


def private_key(xprv: str) -> bytes:
    """The last 32 bytes of an extended key (Base58Check)."""
    number = 0
    for character in xprv:
        number = number * 58 + "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".index(character)
    raw = number.to_bytes(82, "big")
    assert hashlib.sha256(hashlib.sha256(raw[:78]).digest()).digest()[:4] == raw[78:]
    assert raw[45] == 0
    return raw[46:78]


def at(text: str) -> tuple[int, ...]:
    return Places.parse(text).at(0)


# ---------------------------------------------------------------------------------------------- vectors


@pytest.mark.parametrize(("entropy", "words", "seed", "root"), BIP39["vectors"], ids=lambda v: str(v)[:16])
def test_words_give_the_seed_of_bip_39(entropy: str, words: str, seed: str, root: str) -> None:
    assert Mnemonic().to_mnemonic(bytes.fromhex(entropy)) == words == parse_words(words)
    made = Seed.of(words, BIP39["passphrase"])
    assert made.secret.hex() == seed
    assert made.key(()) == private_key(root)


@pytest.mark.parametrize(
    ("seed", "path", "xprv"),
    [(vector["seed"], path, xprv) for vector in BIP32["vectors"] for path, xprv in vector["keys"]],
    ids=lambda v: str(v)[:24],
)
def test_seeds_give_the_keys_of_bip_32(seed: str, path: str, xprv: str) -> None:
    made = Seed(bytearray.fromhex(seed))
    assert made.key(at(path)) == private_key(xprv)
    assert made.key(at(path.replace("H", "'"))) == made.key(at(path.replace("H", "h"))) == private_key(xprv)


@pytest.mark.parametrize("content", KEYSTORE["vectors"], ids=lambda v: v["crypto"]["kdf"])
def test_keystores_open_as_the_definition_of_version_3_has_it(content: dict[str, Any]) -> None:
    key = bytes(Account.decrypt(content, KEYSTORE["password"]))
    assert key.hex() == KEYSTORE["secret"]
    assert Account.from_key(key).address == KEYSTORE["address"]


def test_accounts_are_where_every_wallet_looks_for_them() -> None:
    seed = Seed.of(JUNK)
    found = list(seed.addresses(Places.parse(DEFAULT_PLACES), 2))
    assert [address for _, address in found] == FIRST
    assert [path_text(path) for path, _ in found] == ["m/44'/60'/0'/0/0", "m/44'/60'/0'/0/1"]
    for places in USUAL_PLACES:
        library = Account.from_mnemonic  # another way through eth-account
        Account.enable_unaudited_hdwallet_features()
        expected = library(JUNK, account_path=places.replace("i", "3")).address
        assert seed.account(Places.parse(places).at(3)).address == expected


# ------------------------------------------------------------------------------------------------ words


@pytest.mark.parametrize("count", COUNTS)
def test_new_words_are_good_and_never_the_same(count: int) -> None:
    words = new_words(count)
    assert len(words.split(" ")) == count and parse_words(words) == words
    assert new_words(count) != words


@pytest.mark.parametrize("count", [0, 11, 13, 25, -12])
def test_there_are_no_phrases_of_other_lengths(count: int) -> None:
    with pytest.raises(InvalidInput, match=f"12, 15, 18, 21 or 24 words, not {count}"):
        new_words(count)


def test_words_may_be_typed_as_they_stand_on_a_sheet_or_a_plate() -> None:
    numbered = "\n".join(f"{n}. {word.upper()}," for n, word in enumerate(GOOD.split(), 1))
    assert parse_words(numbered) == GOOD
    assert parse_words(" ".join(word[:4] for word in GOOD.split())) == GOOD


@pytest.mark.parametrize(
    ("typed", "because"),
    [
        ("", "and these are 0"),
        (" ".join(GOOD.split()[:-1]), "12, 15, 18, 21 or 24 words, and these are 11"),
        (f"{GOOD} legal", "and these are 13"),
        (GOOD.replace("sausage", "sausgae"), "Word 6 is not on the list"),
        (GOOD.replace("yellow", "yel"), "Word 12 is not on the list"),  # three letters are not enough
        (GOOD.replace("legal", "legall"), "Words 1, 9 are not on the list"),
        (GOOD.replace("yellow", "zoo"), "do not belong together"),
        (GOOD.replace("legal winner", "winner legal", 1), "do not belong together"),
        ("аbandon " * 12, "are not on the list"),  # a Cyrillic letter
    ],
)
def test_a_slip_is_told_without_repeating_a_word(typed: str, because: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Seed.of(typed)
    assert because in caught.value.message
    for word in typed.split():
        assert word not in caught.value.message.replace("words", "").split()


def test_every_passphrase_gives_another_seed_however_its_letters_are_composed() -> None:
    seeds = [Seed.of(GOOD, each).secret for each in ("", "a", "A", "a ", "é")]
    assert len({bytes(seed) for seed in seeds}) == 5
    assert Seed.of(GOOD, "e\u0301").secret == seeds[-1]


def test_a_paper_key_is_the_first_account_of_twelve_words() -> None:
    assert paper.key_of(JUNK).address == FIRST[0]
    with pytest.raises(InvalidInput, match="A paper key has 12 words, and these are 15"):
        paper.key_of(new_words(15))


# ------------------------------------------------------------------------------------------------ paths


def test_a_path_counts_where_it_says_i() -> None:
    ledger = Places.parse("m/44h/60H/i'/0/0")
    assert path_text(ledger.at(7)) == "m/44'/60'/7'/0/0"
    assert Places.parse("m").at(0) == ()
    assert path_text(Places.parse(" M/2147483647'/0 ").at(0)) == "m/2147483647'/0"


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "begins with m"),
        ("44'/60'", "begins with m"),
        ("m/", "begins with m"),
        ("m//1", "begins with m"),
        ("m/1''", "begins with m"),
        ("m/-1", "begins with m"),
        ("m/1_0", "begins with m"),
        ("m/+1", "begins with m"),
        ("m/ 1", "begins with m"),
        ("m/٣", "begins with m"),
        ("m/0x1", "begins with m"),
        ("m/j", "begins with m"),
        ("m" + "/0" * 256, "begins with m"),
        ("m/2147483648", "is below 2147483648 (BIP-32). A hardened one is marked: 0'"),
        ("m/2147483648'", "is below 2147483648"),
        ("m/i/i", "only one number can be i"),
    ],
)
def test_what_is_no_path_is_refused(text: str, because: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Places.parse(text)
    assert because in caught.value.message


@pytest.mark.parametrize(("text", "index"), [("m/44'/60'/0'/0/0", 1), ("m/i", 2**31), ("m/i'", -1)])
def test_there_are_only_as_many_accounts_as_the_path_counts(text: str, index: int) -> None:
    with pytest.raises(InvalidInput):
        Places.parse(text).at(index)


def test_an_address_is_found_or_is_not_there() -> None:
    seed = Seed.of(JUNK)
    assert seed.find(FIRST[1], Places.parse(DEFAULT_PLACES)) == at("m/44'/60'/0'/0/1")
    assert seed.find(FIRST[1], Places.parse(DEFAULT_PLACES), 1) is None
    assert seed.find(FIRST[0], Places.parse("m/44'/60'/0'/0/0")) is not None


# ----------------------------------------------------------------------------------------------- memory


def test_a_seed_is_overwritten_and_shows_nothing() -> None:
    with Seed.of(JUNK) as seed:
        kept, key = seed.secret, seed.key(at(DEFAULT_PLACES))
        assert key.hex() not in repr(seed) and kept.hex() not in repr(seed)
    assert not any(kept)
    with pytest.raises(InvalidInput, match="was overwritten"):
        seed.key(at(DEFAULT_PLACES))
    assert not seed._known
