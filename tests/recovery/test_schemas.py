"""The JSON Schemas in docs/schemas: they take whatever we write, and refuse what our readers refuse for its form."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from recovery import abi
from recovery.actions import Action, Cancel, Freeze, Recover, Thaw, VetoChange, VetoRequest
from recovery.backup.bundle import ROLES
from recovery.building import Building, Transaction
from recovery.card import Card, Receipt, Statement
from recovery.errors import InvalidFile
from recovery.folder import AccountNote
from recovery.intents import dump_unsigned
from recovery.kit import Notes
from recovery.messages import Call
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY, HOUR, Right
from recovery.quorum import Owners
from recovery.request import Approvals, Request, SignedApproval, approve
from recovery.signer import Signer
from recovery.structure import path_to_json, proof_to_json
from tests.recovery import wrong_papers
from tests.recovery.readers import READERS, written_again
from tests.recovery.samples import (
    ACCOUNT,
    AGE_KEY,
    MODULE,
    NEW,
    NOTE,
    NOTES,
    OWNED,
    PLAN,
    approval,
    card,
    forged,
    kit,
    receipt,
    request,
)
from tools import vector_papers

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "schemas"
SCHEMAS = {path.name.partition(".")[0]: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.schema.json")}
VALIDATORS = {kind: Draft202012Validator(schema) for kind, schema in SCHEMAS.items()}
ACTIONS: dict[Action, int] = {
    Recover(NEW, 0): 0,
    Cancel(3): 0,
    Freeze(1): 1,
    Thaw(1): 1,
    VetoRequest(0, 7): 2,
    VetoChange(bytes(24), 1_900_000_000): 2,
}
REQUESTS = {action.kind: request(action=action, proof=PLAN.policy.proof(path)) for action, path in ACTIONS.items()}
PAPERS = vector_papers.papers()
TEXTS = {
    "recovery-policy": OWNED.dumps(),
    "recovery-kit": kit("ana", NOTES).dumps(),
    "recovery-request": request().dumps(),
    "recovery-approval": approval().dumps(),
    "recovery-card": card().dumps(),
    "recovery-receipt": receipt().dumps(),
    "recovery-account": NOTE.dumps(),
    "recovery-schedule": PAPERS["schedule"],
    "recovery-share": PAPERS["share-1"],
    "recovery-share-set": PAPERS["share-set-given-up"],
    "recovery-share-challenge": PAPERS["share-challenge"],
    "recovery-share-answer": PAPERS["share-answer"],
    "recovery-unsigned": PAPERS["unsigned-transaction"],
    "recovery-signed": PAPERS["signed-authorization"],
    "recovery-state-proof": PAPERS["state-proof"],
    "recovery-history": PAPERS["history"],
    "recovery-bundle": PAPERS["bundle"],
}
#: What is for people alone.
NOT_NEEDED = {
    "recovery-bundle": ("files__0__what",),
}


def faults(kind: str, text: str) -> list[str]:
    """What the schema has against a file."""
    return [error.message for error in VALIDATORS[kind].iter_errors(json.loads(text))]


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all that it consists of."""
    if isinstance(schema, dict):
        yield schema
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from subschemas(each)


each_schema = pytest.mark.parametrize("kind", sorted(SCHEMAS))
each_file = pytest.mark.parametrize("kind", READERS)


# ------------------------------------------------------------------------------------- the schemas


def test_there_is_a_schema_for_every_file_that_people_pass_to_each_other() -> None:
    assert set(SCHEMAS) == {*READERS, "unsigned-transaction"}


@each_schema
def test_a_schema_is_one_and_says_what_it_is(kind: str) -> None:
    schema = SCHEMAS[kind]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:ape-recovery:schema:{kind}:1"
    assert schema["title"] and schema["description"]


@each_schema
def test_every_object_is_strict_and_every_field_described(kind: str) -> None:
    for schema in subschemas(SCHEMAS[kind]):
        if schema.get("type") != "object":
            continue
        assert schema["additionalProperties"] is False and schema["description"]
        assert set(schema["required"]) <= set(schema["properties"])
        for field in schema["properties"].values():
            shared = SCHEMAS[kind]["$defs"][field["$ref"].rpartition("/")[2]] if "$ref" in field else {}
            assert field.get("description") or shared["description"]


def test_what_schemas_share_is_the_same_in_all_of_them_and_used() -> None:
    shared: dict[str, Any] = {}
    for schema in SCHEMAS.values():
        for name, definition in schema["$defs"].items():
            assert shared.setdefault(name, definition) == definition
        used = {each["$ref"].rpartition("/")[2] for each in subschemas(schema) if "$ref" in each}
        assert used == set(schema["$defs"])


def test_a_name_is_what_our_readers_take_for_one() -> None:
    pattern = SCHEMAS["recovery-kit"]["$defs"]["name"]["pattern"]
    for character in map(chr, range(0x10000)):
        if unicodedata.category(character) != "Cn":  # not assigned yet, which is another matter every year
            assert bool(re.search(pattern, character)) is character.isprintable(), hex(ord(character))
    assert re.search(pattern, "Zoë 🦊 李 née")


def test_the_page_on_files_names_every_field_of_every_file() -> None:
    page = (FOLDER.parent / "files.md").read_text("utf-8")
    for kind, schema in SCHEMAS.items():
        section = page.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
        for field in set(schema["properties"]) - {"type", "version", "checksum"}:
            assert f"`{field}`" in section, f"{kind}: {field}"
        for name in set(schema["$defs"]) & {"path", "policy", "proof", "opening", "owners"}:
            for field in schema["$defs"][name]["properties"]:
                assert f"`{field}`" in page, f"{name}: {field}"


def test_the_pages_on_files_and_on_python_link_to_what_is_there() -> None:
    for name in ("files.md", "python.md"):
        page = (FOLDER.parent / name).read_text("utf-8")
        links = re.findall(r"\]\(([^)#]+)\)", page)
        assert links and all((FOLDER.parent / link).exists() for link in links), links


# -------------------------------------------------------------------------------- what we write is right


@each_file
def test_our_files_are_right(kind: str) -> None:
    assert faults(kind, TEXTS[kind]) == []


@pytest.mark.parametrize("name", PAPERS)
def test_every_form_of_what_is_split_signed_offline_or_bundled_is_right(name: str) -> None:
    assert faults(json.loads(PAPERS[name])["type"], PAPERS[name]) == []


def test_an_event_has_the_fields_that_the_module_gives_it() -> None:
    schema = SCHEMAS["recovery-history"]["properties"]["events"]["items"]
    fields = {
        name: set(each["then"]["properties"]["values"]["properties"])
        for each in schema["allOf"]
        for name in each["if"]["properties"]["event"]["enum"]
    }
    known = {event.name: {name for name, _, _ in event.fields} for event in abi.events("WalletRecoveryModule").values()}
    assert fields == {name: those - {"account"} for name, those in known.items()}
    assert set(schema["properties"]["event"]["enum"]) == set(known)


def test_a_bundle_has_the_files_that_our_reader_knows() -> None:
    pattern = SCHEMAS["recovery-bundle"]["properties"]["files"]["items"]["properties"]["name"]["pattern"]
    assert pattern == f"^(?:{'|'.join(name for name, _, _ in ROLES)})$(?!\\n)"


@pytest.mark.parametrize("action", REQUESTS)
def test_a_request_for_each_action_is_right_and_so_is_its_transaction(action: str) -> None:
    text = REQUESTS[action].dumps()
    assert faults("recovery-request", text) == []
    assert Request.loads(text) == REQUESTS[action]
    transaction = Building().submit(Approvals(REQUESTS[action]))
    assert faults("unsigned-transaction", dump_unsigned(transaction, 5)) == []


def test_every_other_transaction_is_right() -> None:
    build, policy, path = Building(), PLAN.policy, PLAN.policy.paths[0]
    calls = [build.heartbeat_call(), build.schedule_change_call(policy), Call(ACCOUNT, 10**20)]
    for transaction in (
        build.create_wallet(NEW, policy),
        build.finalize(ACCOUNT, 0, path, NEW),
        build.clear_expired(ACCOUNT, 0),
        build.clear_active(ACCOUNT, 0, path, NEW),
        build.apply_change(ACCOUNT),
        build.publish(ACCOUNT, policy),
        build.in_turn(build.clear_expired(ACCOUNT, 0), build.apply_change(ACCOUNT)),
        build.approve_digest(bytes(32)),
        build.revoke_digest(bytes(32)),
        build.execute(ACCOUNT, calls, 2_000_000_000, b"proof", "send a heartbeat"),
        Transaction(ACCOUNT, b"", "pay", 2**256 - 1),
    ):
        more = {"from": MODULE, "gas": 21_000, "maxFeePerGas": "30000000000"}
        assert faults("unsigned-transaction", dump_unsigned(transaction, 1, **more)) == []


names = st.text(max_size=200).filter(str.isprintable)
signers = st.binary(min_size=20, max_size=90).filter(lambda data: any(data[:20])).map(Signer)
weights = st.integers(1, 2**32 - 1)


@st.composite
def plans(draw: st.DrawFn) -> PolicyPlan:
    """Any policy file."""
    called = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    who = draw(st.lists(signers, min_size=len(called), max_size=len(called), unique=True))
    numbers = draw(st.lists(st.integers(0, 2**32 - 1), min_size=len(called), max_size=len(called), unique=True))
    paths = []
    for label in draw(st.lists(names, min_size=1, max_size=4, unique=True)):
        right = draw(st.sampled_from(Right)) if paths else Right.ROTATE
        chosen = draw(st.lists(st.sampled_from(called), min_size=1, unique=True))
        guardians = tuple((name, draw(weights)) for name in chosen)
        threshold = draw(st.integers(1, min(2**32 - 1, sum(weight for _, weight in guardians))))
        more: dict[str, Any] = {}
        if right is Right.ROTATE:
            more = {
                "owner_cancels": draw(st.booleans()),
                "vetoable": draw(st.booleans()),
                "inactivity": draw(st.just(0) | st.integers(7 * DAY, 2**32 - 1)),
                "delay": draw(st.integers(HOUR, 365 * DAY)),
                "window": draw(st.integers(1, 365 * 24)) * HOUR,
            }
        elif right is Right.FREEZE:
            more = {"window": draw(st.integers(HOUR, 30 * DAY))}
        paths.append(PathPlan(label, right, guardians, threshold, **more))
    persons = draw(st.lists(names, min_size=len(called), max_size=len(called)))
    people = tuple(Guardian(*each) for each in zip(called, who, numbers, persons, strict=True))
    days = draw(st.integers(1, 90))
    owners = draw(st.lists(st.tuples(names, signers), max_size=3, unique_by=(lambda o: o[0], lambda o: o[1])))
    return PolicyPlan(
        *(draw(st.binary(min_size=32, max_size=32)), days * DAY, people, tuple(paths)),
        owner=draw(names),
        owners=tuple(owners),
        owners_threshold=draw(st.integers(1, len(owners))) if owners else 0,
    )


@settings(max_examples=18, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=plans(), data=st.data())
def test_whatever_we_write_is_right(plan: PolicyPlan, data: st.DataObject) -> None:
    assert faults("recovery-policy", plan.dumps()) == []
    address = st.binary(min_size=20, max_size=20).map(lambda raw: Signer(b"\1" + raw[1:]).address)
    guardian = data.draw(st.sampled_from(plan.guardians))
    chains = data.draw(st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=3))
    notes = Notes(plan.owner, tuple(data.draw(st.lists(st.tuples(names, names), max_size=3))), data.draw(names))
    mine = plan.kit(guardian.name, chains, data.draw(address), data.draw(address), notes)
    assert faults("recovery-kit", mine.dumps()) == []

    said, proof = data.draw(st.integers(0, 2**53 - 1)), data.draw(st.binary(max_size=200))
    if mine.commitments:
        given = Receipt.of(data.draw(st.sampled_from(Statement)), mine, said).signed(proof)
        assert faults("recovery-receipt", given.dumps()) == []
    called = data.draw(st.text(min_size=1, max_size=60).filter(lambda n: n.isprintable() and n == n.strip()))
    theirs = Card(called, guardian.signer, data.draw(names), data.draw(st.sampled_from(["", AGE_KEY])), said, proof)
    assert faults("recovery-card", theirs.dumps()) == []
    note = AccountNote(
        *(plan.owner, *data.draw(st.sampled_from([(None, None), (mine.account, mine.module)])), mine.chains),
        tuple(name for name, _ in plan.paths[0].guardians),
        tuple((each.name, data.draw(names)) for each in plan.guardians),
    )
    assert faults("recovery-account", note.dumps()) == []

    index = data.draw(st.integers(0, len(plan.paths) - 1))
    nonce, time = st.integers(0, 2**15 - 1), st.integers(0, 2**32 - 1)
    new = data.draw(st.lists(signers, min_size=1, max_size=4, unique=True))
    action = data.draw(
        {
            Right.ROTATE: st.builds(Recover, st.integers(1, len(new)).map(lambda n: Owners.of(new, n)), nonce)
            | st.builds(Cancel, nonce),
            Right.FREEZE: st.builds(Freeze, nonce) | st.builds(Thaw, nonce),
            Right.VETO: st.builds(VetoRequest, st.integers(0, 31), nonce)
            | st.builds(VetoChange, st.binary(min_size=24, max_size=24), time),
        }[plan.paths[index].right]
    )
    where = (mine.chains[0], mine.module, mine.account, data.draw(time), plan.policy.proof(index))
    asked = Request(*where, plan.paths[index].label, action, data.draw(time))
    assert faults("recovery-request", asked.dumps()) == []

    name, weight = plan.paths[index].guardians[0]
    signed = approve(asked, plan.member(name, weight), data.draw(st.binary(max_size=200)), name)
    assert faults("recovery-approval", signed.dumps()) == []
    nameless = SignedApproval(signed.digest, signed.approval)
    assert faults("recovery-approval", nameless.dumps()) == []
    transaction = Building().submit(Approvals.of(asked, [signed]))
    assert faults("unsigned-transaction", dump_unsigned(transaction, mine.chains[0])) == []


# --------------------------------------------------------------------------------- what is wrong is refused

LONG = "a" * 201
ZERO = "0x" + "00" * 32
ZERO_ADDRESS = "0x" + "00" * 20
NONE = {"signers": [], "threshold": 1}
MANY = {"signers": ["0x" + f"{n:040x}" for n in range(1, 34)], "threshold": 1}
TWICE = {"signers": ["0x" + "11" * 20] * 2, "threshold": 1}
HUGE = {"signers": ["0x" + "11" * 1025], "threshold": 1}
#: Changes that make a path impossible whatever its right; then those of one right.
PATH: list[tuple[str, Any]] = [
    ("right", "spend"),
    ("ownerCancels", 1),
    ("vetoable", "false"),
    ("inactivity", -1),
    ("inactivity", 7 * DAY - 1),
    ("inactivity", 2**32),
    ("delay", HOUR - 1),
    ("delay", 365 * DAY + 1),
    ("delay", True),
    ("window", 0),
    ("window", HOUR + 1),
    ("window", 366 * DAY),
    ("threshold", 0),
    ("threshold", 2**32),
    ("threshold", "2"),
]
FREEZE: list[tuple[str, Any]] = [
    ("ownerCancels", True),
    ("vetoable", True),
    ("inactivity", 7 * DAY),
    ("delay", HOUR),
    ("window", HOUR - 1),
    ("window", 30 * DAY + 1),
]
VETO: list[tuple[str, Any]] = [*FREEZE[:4], ("window", HOUR)]
BY_RIGHT = {0: PATH, 1: FREEZE, 2: VETO}
STRUCTURE: list[tuple[str, Any]] = [
    ("extra", "0x00"),
    ("extra", None),
    ("members", []),
    ("members", [ZERO]),
    ("members", ["0x" + "11" * 32] * 33),
    ("members", ["0x11"]),
    ("members", "0x"),
]
OPENING: list[tuple[str, Any]] = [
    ("salt", "0x00"),
    ("salt", 0),
    ("weight", 0),
    ("weight", 2**32),
    ("weight", 1.5),
    ("signer", ZERO_ADDRESS),
    ("signer", "0x" + "11" * 19),
    ("signer", "0x" + "11" * 20 + "1"),
    ("signer", "ana.eth"),
    ("signer", "0x" + "11" * 65_536),
]

WRONG: dict[str, list[dict[str, Any]]] = {
    "recovery-policy": [
        *({"secret": value} for value in ("0x22", "22" * 32, None, ZERO[:-1], "0x" + "zz" * 32)),
        *({"changeDelay": value} for value in (0, DAY - 1, DAY + 1, 91 * DAY, "7 days")),
        *({"nextNumber": value} for value in (-1, 0, "5", None)),
        {"guardians__0__number": 2**32, "nextNumber": 2**32 + 1},
        *({"guardians": value} for value in ([], None, {}, ["ana"])),
        *({"guardians__0__name": value} for value in (LONG, "a\nb", "\u202e", 5)),
        *({"guardians__0__number": value} for value in (-1, 2**32, "1")),
        {"guardians__0__signer": ZERO_ADDRESS},
        *({"paths": value} for value in ([], None, [json.loads(PLAN.dumps())["paths"][0]] * 33)),
        *({"paths__0__label": value} for value in (LONG, "a\x1b[2J")),
        *({"paths__0__guardians": value} for value in ([], None, [{"name": "ana", "weight": 2}] * 2)),
        {"paths__0__guardians": [{"name": str(n), "weight": 1} for n in range(33)]},
        *({"paths__0__guardians__0__weight": value} for value in (0, -1, 2**32, "1")),
        {"paths__0__guardians__0__name": 5},
        *({"policyHash": value} for value in ("0x22", None, 0)),
        *({"guardians__0__person": value} for value in (LONG, "a\nb", None)),
        *({"owner": value} for value in (LONG, "a\nb", None)),
        *({"owners": value} for value in ([], None, ["phone"], [json.loads(OWNED.dumps())["owners"][0]] * 33)),
        *({"owners__0__name": value} for value in (LONG, "a\nb", None)),
        *({"owners__0__signer": value} for value in (ZERO_ADDRESS, "ana.eth", "0x" + "11" * 1025)),
        *({"ownersThreshold": value} for value in (0, -1, 33, "2")),
        {"owners": [], "ownersThreshold": 1},
        *({f"paths__{path}__{name}": value} for path, list_ in BY_RIGHT.items() for name, value in list_),
    ],
    "recovery-kit": [
        *({"name": value} for value in (LONG, "a\tb", 5)),
        *({"owner": value} for value in (LONG, "a\tb", None)),
        *({"chains": value} for value in ([], [5, 5], 5, None)),
        *({"chains__0": value} for value in (-1, "5", True, None)),
        *({"module": value} for value in ("nobody", "0x00", ACCOUNT + "00", None)),
        *({"account": value} for value in ("nobody", "0x00", 0)),
        *({"pathHashes": value} for value in ([], None, ["0x00"] * 4, [1, 2, 3, 4])),
        *({"ring": value} for value in (None, ["ben"], [["ben", "+351"]])),
        *({"ring__0__name": value} for value in (LONG, "a\nb", None)),
        *({"ring__0__contact": value} for value in (LONG, "a\nb", 351)),
        *({"question": value} for value in (LONG, "a\nb", None)),
        *({"labels": value} for value in ([], ["a", "a", "b", "c"], [1, 2, 3, 4], None)),
        *({"openings": value} for value in ([], [1, None, None, None], {}, None)),
        *({f"openings__0__{name}": value} for name, value in OPENING),
        *({"policy__changeDelay": value} for value in (0, DAY + 1, 91 * DAY)),
        *({"policy__paths": value} for value in ([], {}, None, [path_to_json(PLAN.policy.paths[0])] * 33)),
        *({f"policy__paths__{path}__{name}": value} for path, list_ in BY_RIGHT.items() for name, value in list_),
        *({f"policy__paths__0__{name}": value} for name, value in STRUCTURE),
    ],
    "recovery-request": [
        *({"action": value} for value in ("spend", "freeze", "thaw", "veto-request", "veto-change", None)),
        *({"chainId": value} for value in (-1, "1", 1.5)),
        *({"module": value} for value in ("nobody", "0x00")),
        *({"account": value} for value in ("nobody", "0x00")),
        *({"epoch": value} for value in (-1, True, None)),
        *({"label": value} for value in (LONG, "a\nb", None)),
        *({"owners": value} for value in (NONE, MANY, TWICE, HUGE, None)),
        *({"owners__threshold": value} for value in (0, 33, "1")),
        {"owners__signers__0": ZERO_ADDRESS},
        *({"nonce": value} for value in (-1, "0", None)),
        *({"deadline": value} for value in (-1, "soon", None)),
        *({"proof__index": value} for value in (-1, 32, "0")),
        *({"proof__others": value} for value in (["0x00"], [ZERO] * 32, None, 5)),
        *({f"proof__path__{name}": value} for name, value in (*PATH, *STRUCTURE)),
        *({"digest": value} for value in ("0x00", None)),
    ],
    "recovery-approval": [
        *({"name": value} for value in (LONG, "a\nb", None)),
        *({"epoch": value} for value in (-1, "1", False)),
        *({"digest": value} for value in ("0x00", None)),
        *({"member": value} for value in (-1, "0", None)),
        *({"opening": value} for value in (None, [])),
        *({f"opening__{name}": value} for name, value in OPENING),
        *({"signature": value} for value in ("", "0x0", "0xzz", None)),
    ],
    "recovery-card": [
        *({"name": value} for value in ("", " ", " ana", "ana ", "a" * 61, "a\nb", "a\n", None)),
        *({"signer": value} for value in (ZERO_ADDRESS, "ana.eth", None)),
        *({"contact": value} for value in (LONG, "a\nb", None)),
        *({"ageKey": value} for value in (AGE_KEY[:-1], AGE_KEY.upper(), AGE_KEY + "\n", "age", " ", None)),
        *({"time": value} for value in (-1, "now", 1.5, True, None)),
        *({"signature": value} for value in ("", "0x0", "0xzz", None)),
    ],
    "recovery-receipt": [
        *({"statement": value} for value in ("HOLDS", "", "promises", 0, None)),
        *({"name": value} for value in (LONG, "a\nb", None)),
        *({"signer": value} for value in (ZERO_ADDRESS, "ana.eth", None)),
        *({"module": value} for value in ("nobody", "0x00", None)),
        *({"account": value} for value in ("nobody", "0x00", None)),
        *({"commitments": value} for value in ([], ["0x00"], ["0x" + "11" * 32] * 2, "0x", None)),
        *({"time": value} for value in (-1, "now", 1.5, True, None)),
        *({"signature": value} for value in ("", "0x0", "0xzz", None)),
    ],
    "recovery-account": [
        *({"owner": value} for value in (LONG, "a\nb", None)),
        *({name: value} for name in ("account", "module") for value in ("nobody", "0x00", 0, "")),
        *({"chains": value} for value in (None, 5, [5, 5], ["5"], [-1])),
        *({"contacts": value} for value in (None, [5], ["ben", "ben"], ["a\nb"])),
        *({"questions": value} for value in (None, ["ana"], [["ana", "?"]])),
        *({"questions__0__name": value} for value in (LONG, None)),
        *({"questions__0__question": value} for value in (LONG, "a\nb", None)),
    ],
    **wrong_papers.WRONG,
}


def _ids(value: Any) -> str:
    return str(value)[:60]


@pytest.mark.parametrize(
    ("kind", "changes"), [(kind, each) for kind, list_ in WRONG.items() for each in list_], ids=_ids
)
def test_what_our_reader_refuses_for_its_form_the_schema_refuses_too(kind: str, changes: dict[str, Any]) -> None:
    text = forged(TEXTS[kind], **changes)
    with pytest.raises(InvalidFile):
        READERS[kind](text)
    assert faults(kind, text) != []


@each_file
def test_what_is_missing_anywhere_is_refused(kind: str) -> None:
    def places(value: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, inner in items:
            if isinstance(value, dict):
                yield (*way, str(name))
            yield from places(inner, (*way, str(name)))

    body = json.loads(TEXTS[kind])
    for place in places({name: body[name] for name in body if name not in ("type", "version", "checksum")}):
        text = forged(TEXTS[kind], **{"__".join(place): ...})
        if re.sub("__[0-9]+__", "__0__", "__".join(place)) in NOT_NEEDED.get(kind, ()):
            assert READERS[kind](text)
            continue
        assert faults(kind, text) != [], place
        with pytest.raises(InvalidFile):
            READERS[kind](text)


@pytest.mark.parametrize("name", ["type", "version", "checksum"])
@each_file
def test_without_its_envelope_a_file_is_refused(kind: str, name: str) -> None:
    body = json.loads(TEXTS[kind])
    for value in (..., None, 2, "x", "0" * 15, "G" * 16):
        rest = {each: body[each] for each in body if each != name}
        changed = rest if value is ... else {**body, name: value}
        assert faults(kind, json.dumps(changed)) != []
        with pytest.raises(InvalidFile):
            READERS[kind](json.dumps(changed))


@pytest.mark.parametrize("action", REQUESTS)
def test_a_request_has_what_its_own_action_needs(action: str) -> None:
    text = REQUESTS[action].dumps()
    for name in REQUESTS[action].action.to_json():
        wrong = forged(text, **{name: ...})
        assert faults("recovery-request", wrong) != []
        with pytest.raises(InvalidFile):
            Request.loads(wrong)


@pytest.mark.parametrize(("action", "name", "value"), [
    ("veto-request", "path", -1),
    ("veto-request", "nonce", None),
    ("veto-change", "policyHash", "0x" + "00" * 32),
    ("veto-change", "policyHash", None),
    ("veto-change", "eta", -1),
    ("veto-change", "eta", "soon"),
    ("thaw", "nonce", -1),
])  # fmt: skip
def test_a_value_that_an_action_cannot_have_is_refused(action: str, name: str, value: Any) -> None:
    wrong = forged(REQUESTS[action].dumps(), **{name: value})
    assert faults("recovery-request", wrong) != []
    with pytest.raises(InvalidFile):
        Request.loads(wrong)


@pytest.mark.parametrize(
    ("action", "path"),
    [(a.kind, p) for a in ACTIONS for p in range(3) if PLAN.policy.paths[p].right is not a.right],
)
def test_an_action_takes_a_path_with_its_own_right(action: str, path: int) -> None:
    wrong = forged(REQUESTS[action].dumps(), proof=proof_to_json(PLAN.policy.proof(path)))
    assert len(faults("recovery-request", wrong)) == 1
    with pytest.raises(InvalidFile, match=f"path cannot {action}"):
        Request.loads(wrong)


@pytest.mark.parametrize("right", ["freeze", "veto"])
def test_a_policy_that_could_recover_nothing_is_refused(right: str) -> None:
    for kind, paths in (("recovery-policy", ("paths",)), ("recovery-kit", ("policy", "paths"))):
        body = json.loads(TEXTS[kind])
        place = body
        for name in paths:
            place = place[name]
        only = next(path for path in place if path["right"] == right)
        text = forged(TEXTS[kind], **{"__".join(paths): [only]})
        assert any("does not contain" in fault for fault in faults(kind, text))
        with pytest.raises(InvalidFile):
            READERS[kind](text)


# ------------------------------------------------------------------------------ where a schema is stricter


@each_file
def test_our_readers_ignore_a_field_that_they_do_not_know_and_the_schema_does_not(kind: str) -> None:
    text = forged(TEXTS[kind], surprise=1)
    assert written_again(kind, text) == TEXTS[kind]
    assert any("surprise" in fault for fault in faults(kind, text))


@pytest.mark.parametrize("action", REQUESTS)
def test_the_schema_refuses_what_belongs_to_another_action(action: str) -> None:
    own = REQUESTS[action].action.to_json()
    others = {name: value for each in ACTIONS for name, value in each.to_json().items() if name not in own}
    for name, value in others.items():
        text = forged(REQUESTS[action].dumps(), **{name: value})
        assert Request.loads(text) == REQUESTS[action]
        assert faults("recovery-request", text) != []


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("recovery-kit", {"chains": [2**53]}),
        ("recovery-account", {"chains": [2**53]}),
        ("recovery-card", {"time": 2**53}),
        ("recovery-card", {"signature": "0xAB"}),
        ("recovery-receipt", {"time": 2**53}),
        ("recovery-receipt", {"commitments": [f"0x{number:064x}" for number in range(33)]}),
        ("recovery-approval", {"epoch": 2**32}),
        ("recovery-approval", {"member": 32}),
        ("recovery-approval", {"digest": "0x" + "AB" * 32}),
        ("recovery-approval", {"signature": "0xAB"}),
    ],
    ids=_ids,
)
def test_the_schema_refuses_what_no_chain_has_and_no_writer_writes(kind: str, changes: dict[str, Any]) -> None:
    text = forged(TEXTS[kind], **changes)
    READERS[kind](text)
    assert faults(kind, text) != []


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": 2**15},
        {"deadline": 2**53},
        {"epoch": 2**32},
        {"proof": PLAN.policy.proof(2), "action": VetoChange(bytes(24), 2**32)},
    ],
    ids=_ids,
)
def test_the_schema_refuses_numbers_that_no_chain_has(changes: dict[str, Any]) -> None:
    asked = request(**changes)
    assert Request.loads(asked.dumps()) == asked
    assert len(faults("recovery-request", asked.dumps())) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "0x00"},
        {"to": None},
        {"value": 1},
        {"value": "-1"},
        {"value": "0x1"},
        {"value": "01"},
        {"value": "9" * 79},
        {"data": "0x0"},
        {"data": ""},
        {"summary": ""},
        {"summary": "two\nlines"},
        {"gas": 20_999},
        {"gas": "21000"},
        {"gas": 2**53},
        {"maxFeePerGas": 1},
        {"maxFeePerGas": "1.5"},
        {"from": "me"},
        {"chainId": "5"},
        {"surprise": 1},
        *({name: ...} for name in ("chainId", "to", "value", "data", "summary")),
    ],
    ids=_ids,
)
def test_what_is_no_transaction_is_refused(changes: dict[str, Any]) -> None:
    body = json.loads(dump_unsigned(Transaction(ACCOUNT, b"\1", "do it"), 5, gas=21_000, **{"from": MODULE}))
    assert faults("unsigned-transaction", json.dumps(body)) == []
    changed = {name: value for name, value in {**body, **changes}.items() if value is not ...}
    assert faults("unsigned-transaction", json.dumps(changed)) != []
