"""Cards and receipts: what they bind, what they refuse, and that other programs sign the same."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.card import Card, Receipt, Statement
from recovery.errors import InvalidFile, InvalidInput
from recovery.kit import Kit
from recovery.messages import HALF_ORDER, Message
from recovery.plan import Guardian, PolicyPlan
from recovery.signer import Signer
from tests.recovery.samples import ACCOUNT, AGE_KEY, MODULE, NOW, PLAN, card, forged, kit, receipt
from tests.recovery.specified import keccak256, typed_digest, word
from tests.world import person, sign, signer

BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
OTHER = "0x00000000000000000000000000000000000000cC"
#: Of nobody: what a leaked secret key looks like.
SECRET_KEY = "AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" + "QPZRY9X8GF2TVDW0S3JN54KHCE"
CAST = shutil.which("cast") or shutil.which("cast", path=str(Path(sys.executable).parent))


def bech32(prefix: str, values: list[int]) -> str:
    """BIP-173, written down once more: a human-readable part, data of 5 bits each, and their checksum."""

    def polymod(all_values: list[int]) -> int:
        check = 1
        for value in all_values:
            top = check >> 25
            check = (check & 0x1FFFFFF) << 5 ^ value
            for bit, generator in (
                (1, 0x3B6A57B2),
                (2, 0x26508E6D),
                (4, 0x1EA119FA),
                (8, 0x3D4233DD),
                (16, 0x2A1462B3),
            ):
                if top & bit:
                    check ^= generator
        return check

    expanded = [ord(c) // 32 for c in prefix] + [0] + [ord(c) % 32 for c in prefix]
    check = polymod(expanded + values + [0] * 6) ^ 1
    return f"{prefix}1" + "".join(BECH32[value] for value in [*values, *(check >> 5 * (5 - n) & 31 for n in range(6))])


def age_key(data: bytes, padding: int = 0) -> str:
    """An age recipient of 32 bytes."""
    number = int.from_bytes(data, "big") << 4 | padding
    return bech32("age", [number >> 5 * (51 - n) & 31 for n in range(52)])


def test_our_second_bech32_is_that_of_bip_173_and_makes_a_key_that_age_has_made() -> None:
    assert bech32("a", []) == "a12uel5l"
    assert bech32("abcdef", list(range(32))) == "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"
    values = [BECH32.index(c) for c in AGE_KEY[4:-6]]
    assert bech32("age", values) == AGE_KEY


# ------------------------------------------------------------------------------------------- cards


def test_a_card_survives_a_round_trip_and_is_signed() -> None:
    mine = card()
    assert Card.loads(mine.dumps()) == mine
    assert mine.is_signed_by_key
    assert not dataclasses.replace(mine, signature=b"").is_signed_by_key
    assert dataclasses.replace(mine, signature=b"").signed(mine.signature) == mine


ELSE: dict[str, Any] = {
    "name": "anna",
    "signer": signer("mallory"),
    "contact": "ana@example.com",
    "age_key": age_key(b"\1" * 32),
    "time": NOW + 1,
}


@pytest.mark.parametrize("field", ELSE)
def test_a_card_binds_everything_that_it_says(field: str) -> None:
    assert set(ELSE) == {each.name for each in dataclasses.fields(Card)} - {"signature"}
    mine, other = card(), dataclasses.replace(card(), **{field: ELSE[field]})
    assert other.message.digest != mine.message.digest
    assert not other.is_signed_by_key
    empty = {"contact": "", "age_key": "", "time": 0}
    if field in empty:
        assert not dataclasses.replace(mine, **{field: empty[field]}).is_signed_by_key


def test_fields_of_a_card_cannot_run_into_each_other() -> None:
    one, other = card(contact="x", age_key=""), card("anax", "ana", contact="", age_key="")
    assert one.message.digest != other.message.digest


def test_a_card_with_the_name_of_another_is_still_of_its_own_key() -> None:
    """Nobody can sign for Ana's key; anybody can call themselves Ana, which is what the words by phone are for."""
    mallory = card("ana", "mallory")
    assert mallory.is_signed_by_key and mallory.signer == signer("mallory")
    assert not dataclasses.replace(mallory, signer=signer("ana")).is_signed_by_key
    assert not card().signed(mallory.signature).is_signed_by_key


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s[:64],
        lambda s: s + b"\0",
        lambda s: s[:64] + bytes([s[64] - 27]),
        lambda s: s[:64] + bytes([55 - s[64]]),
        lambda s: bytes(64) + s[64:],
        lambda s: b"\xff" * 64 + s[64:],
        # The same signature's twin.
        lambda s: (
            s[:32] + (2 * HALF_ORDER + 1 - int.from_bytes(s[32:64], "big")).to_bytes(32, "big") + bytes([55 - s[64]])
        ),
    ],
)
def test_a_signature_in_another_form_is_none(change: Callable[[bytes], bytes]) -> None:
    for paper in (card(), receipt()):
        assert not paper.signed(change(paper.signature)).is_signed_by_key


def test_whoever_is_no_key_signs_on_a_chain() -> None:
    longer = Signer(signer("ana").data + b"key")
    for paper in (card(), receipt()):
        other = dataclasses.replace(paper, signer=longer)
        assert not other.signed(sign("ana", other.message)).is_signed_by_key
        assert type(paper).loads(other.signed(b"").dumps()).signature == b""


@pytest.mark.parametrize(
    "name", ["", " ", "a" * 61, " ana", "ana ", "a\nb", "ana\n", "a\x1b[2J", "a\u202eb", "\u3000ana"]
)
def test_a_name_that_is_no_line_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="one line of 1 to 60 characters"):
        card(name, "ana")


@pytest.mark.parametrize("name", ["a", "a" * 60, "Ana Martins", "李 née 🦊"])
def test_a_name_that_is_one_is_taken(name: str) -> None:
    assert Card.loads(card(name, "ana").dumps()).name == name


@pytest.mark.parametrize("contact", ["a" * 201, "a\nb", "a\x1b[2J"])
def test_a_contact_of_several_lines_is_refused(contact: str) -> None:
    with pytest.raises(InvalidInput, match="one line of at most 200"):
        card(contact=contact)
    assert card(contact="a" * 200).contact


@settings(max_examples=50, deadline=None)
@given(data=st.binary(min_size=32, max_size=32), place=st.integers(0, 61), letter=st.sampled_from(BECH32 + "b1O"))
def test_an_age_key_is_taken_and_every_slip_in_it_found(data: bytes, place: int, letter: str) -> None:
    key = age_key(data)
    assert card(age_key=key).age_key == key
    if key[place] != letter:
        with pytest.raises(InvalidInput, match="not an age recipient"):
            card(age_key=key[:place] + letter + key[place + 1 :])


@pytest.mark.parametrize(
    "key",
    [
        AGE_KEY[:-1],
        AGE_KEY + "q",
        AGE_KEY.upper(),
        AGE_KEY + "\n",
        " " + AGE_KEY,
        bech32("age", [0] * 51),
        bech32("agf", [0] * 52),
        age_key(bytes(32), padding=1),
        age_key(b"\xff" * 32, padding=8),
        AGE_KEY[:20] + AGE_KEY[21] + AGE_KEY[20] + AGE_KEY[22:],
        "ssh-ed25519 AAAA",
    ],
)
def test_what_is_no_age_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match=r"should begin with age1 and have 62 characters\. Copy it again"):
        card(age_key=key)


@pytest.mark.parametrize("field", ["age_key", "contact", "name"])
@pytest.mark.parametrize("text", [SECRET_KEY, SECRET_KEY.lower(), SECRET_KEY[:20]])
def test_a_secret_age_key_is_never_taken_nor_repeated(field: str, text: str) -> None:
    values: dict[str, Any] = {"name": "ana", "signer": signer("ana"), "contact": "", "age_key": "", "time": NOW}
    with pytest.raises(InvalidInput, match="nobody should see") as caught:
        Card(**{**values, field: text})
    assert text[8:] not in str(caught.value)
    json_name = {"age_key": "ageKey"}.get(field, field)
    with pytest.raises(InvalidFile, match="nobody should see") as from_file:
        Card.loads(forged(card().dumps(), **{json_name: text}))
    assert text[8:] not in str(from_file.value)


# ---------------------------------------------------------------------------------------- receipts


def test_a_receipt_survives_a_round_trip_and_is_signed() -> None:
    for statement in Statement:
        mine = receipt(statement=statement)
        assert Receipt.loads(mine.dumps()) == mine
        assert mine.is_signed_by_key
        assert mine.commitments == kit().commitments and (mine.account, mine.module) == (ACCOUNT, MODULE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("statement", Statement.RESIGNS),
        ("signer", signer("mallory")),
        ("module", OTHER),
        ("account", OTHER),
        ("commitments", kit("ben").commitments),
        ("commitments", tuple(sorted([*kit("ana").commitments, *kit("ben").commitments]))),
        ("time", NOW + 1),
    ],
)
def test_a_receipt_binds_what_it_says(field: str, value: Any) -> None:
    other = dataclasses.replace(receipt(), **{field: value})
    assert not other.is_signed_by_key
    if field != "signer":
        assert other.message.digest != receipt().message.digest


def test_the_name_on_a_receipt_is_the_owners_and_not_signed() -> None:
    assert dataclasses.replace(receipt(), name="Somebody").is_signed_by_key


def test_what_is_said_cannot_be_turned_into_its_opposite() -> None:
    text = receipt(statement=Statement.RESIGNS).dumps()
    assert not Receipt.loads(forged(text, statement="holds")).is_signed_by_key
    assert "I resign" in Statement.RESIGNS.value and "I will help" in Statement.HOLDS.value


def test_a_receipt_is_for_at_least_one_commitment_in_order_and_each_once() -> None:
    one, two = sorted([b"\1" * 32, b"\2" * 32])
    for wrong in ((), (two, one), (one, one)):
        with pytest.raises(InvalidInput, match="sorted, each of them once"):
            dataclasses.replace(receipt(), commitments=wrong)
    assert dataclasses.replace(receipt(), commitments=(one, two)).commitments == (one, two)


def test_for_a_kit_of_nobody_or_of_two_nobody_signs() -> None:
    mine = kit("ana")
    nobody = dataclasses.replace(mine, openings=(None,) * 4)
    two = dataclasses.replace(mine, openings=(mine.openings[0], kit("ben").openings[1], None, None))
    for wrong in (nobody, two):
        with pytest.raises(InvalidInput, match="of no single guardian.*Ask the owner"):
            Receipt.of(Statement.HOLDS, wrong, NOW)


def successor(**people: str) -> PolicyPlan:
    """The same paths with other keys for some guardians."""
    guardians = tuple(Guardian(g.name, signer(people.get(g.name, g.name)), g.number) for g in PLAN.guardians)
    return dataclasses.replace(PLAN, guardians=guardians).replacing(PLAN)


def kit_of(plan: PolicyPlan, name: str) -> Kit:
    return plan.kit(name, 5, MODULE, ACCOUNT)


def test_a_receipt_stays_good_when_another_guardian_is_replaced() -> None:
    plan = successor(ben="a new key")
    assert plan.policy.hash != PLAN.policy.hash
    assert kit_of(plan, "ana").commitments == receipt().commitments
    assert Receipt.of(Statement.HOLDS, kit_of(plan, "ana"), NOW).message.digest == receipt().message.digest


def test_a_receipt_is_for_nothing_of_what_its_guardian_needs_once_their_opening_has_changed() -> None:
    for plan in (
        successor(ana="a new key"),
        dataclasses.replace(PLAN, secret=b"\7" * 32),
        dataclasses.replace(PLAN, paths=(dataclasses.replace(PLAN.paths[0], guardians=(("ana", 2),)),)),
    ):
        assert not {*kit_of(plan, "ana").commitments} & {*receipt().commitments}


def test_who_leaves_and_comes_back_is_not_vouched_for_by_what_they_said_before() -> None:
    back = successor(ana="a new key")
    guardians = tuple(Guardian(g.name, signer(g.name), g.number) for g in PLAN.guardians)
    again = dataclasses.replace(back, guardians=guardians).replacing(back)
    assert {g.name: g.signer for g in again.guardians} == {g.name: g.signer for g in PLAN.guardians}
    assert not {*kit_of(again, "ana").commitments} & {*receipt().commitments}


# ------------------------------------------------------------------------------------------- files


def test_a_card_is_no_receipt_and_the_other_way_round() -> None:
    with pytest.raises(InvalidFile, match="is a guardian's card; a guardian's receipt is needed here"):
        Receipt.loads(card().dumps(), "ana.json")
    with pytest.raises(InvalidFile, match="ana.json is a guardian's receipt; a guardian's card is needed here"):
        Card.loads(receipt().dumps(), "ana.json")


def test_a_receipt_that_says_something_else_is_refused() -> None:
    with pytest.raises(InvalidFile, match="one of holds, resigns"):
        Receipt.loads(forged(receipt().dumps(), statement="promises"))


# --------------------------------------------------------------------------- other programs sign the same

PAPERS: dict[str, Message] = {
    "card": card().message,
    "least card": Card("ana", Signer(b"\1" * 90), "", "", 0).message,
    "late card": card(time=2**256 - 1, contact="Zoë 🦊").message,
    "receipt": receipt().message,
    "resignation": receipt("dora", statement=Statement.RESIGNS).message,
}


def digest_by_hand(message: Message) -> bytes:
    """EIP-712, field by field."""
    values = message.values
    separator = keccak256(
        keccak256(b"EIP712Domain(string name,string version)") + keccak256(b"GuardianPapers") + keccak256(b"1")
    )
    if message.kind == "GuardianCard":
        kind = b"GuardianCard(string name,bytes signer,string contact,string ageKey,uint256 time)"
        middle = [values["name"].encode(), values["signer"], values["contact"].encode(), values["ageKey"].encode()]
        fields = b"".join(map(keccak256, middle))
    else:
        kind = b"GuardianReceipt(string statement,address account,address module,bytes32[] commitments,uint256 time)"
        where = word(int(values["account"], 16)) + word(int(values["module"], 16))
        fields = keccak256(values["statement"].encode()) + where + keccak256(b"".join(values["commitments"]))
    return keccak256(b"\x19\x01" + separator + keccak256(keccak256(kind) + fields + word(values["time"])))


@pytest.mark.parametrize("name", PAPERS)
def test_what_is_signed_is_eip_712(name: str) -> None:
    message = PAPERS[name]
    assert message.digest == digest_by_hand(message) == typed_digest(message.json)


def test_a_paper_is_the_same_on_every_chain() -> None:
    for message in PAPERS.values():
        assert message.typed_data["domain"] == {"name": "GuardianPapers", "version": "1"}
        assert [field["name"] for field in message.typed_data["types"]["EIP712Domain"]] == ["name", "version"]


@pytest.mark.skipif(CAST is None, reason="cast is not installed: it comes with Foundry (getfoundry.sh)")
@pytest.mark.parametrize("name", ["card", "least card", "receipt", "resignation"])
def test_cast_signs_the_same(name: str) -> None:
    who, message = person("ana"), PAPERS[name]
    assert CAST is not None
    command = [CAST, "wallet", "sign", "--private-key", who.key.to_0x_hex(), "--data", json.dumps(message.json)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 - ours
    signature = bytes.fromhex(done.stdout.strip().removeprefix("0x"))
    assert signature == sign("ana", message)
    assert Account.recover_message(message.signable, signature=signature) == who.address
