"""RECOVER.md, replayed: its blocks by people who have a shell, `cast` and their kits; its tables as a block explorer
fills them. Nothing of this project's code acts in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils import keccak

from recovery import contracts
from recovery.kit import Kit
from recovery.messages import Call
from recovery.policy import DAY, HOUR
from recovery.quorum import Owners
from tests.e2e import by_hand
from tests.e2e.by_hand import (
    FRIENDS,
    GUARDIANS,
    NEW,
    SECOND,
    STRANGER,
    THEFT,
    WAYS,
    Explorer,
    Person,
    World,
    blocks,
    interface,
    rows,
    sheet_of_the_explorer,
)
from tests.live import ETHER, Live
from tests.world import owners_of, person, policy_of, rotate, sign, veto

SOMEBODY = "0x" + "11" * 20
ERRORS = "digits | name | what it means, and what to do"
#: Of setting up and changing a policy, of freezing and clearing, of how calldata is built, and of the libraries used.
NOT_MET = re.compile(
    r"Policy(AlreadyConfigured|ChangeDelay|PathCount|WithoutRotation)|Path(?!Right)|Change|Freeze|ModuleNotEnabled"
    r"|Recovery(StillOpen|NonceExhausted)|RotationFailed|Wallet(AlreadyInitialized|ModeUnsupported)"
    r"|AccountUnauthorized|ERC7579|FailedCall|AddressEmptyCode|InvalidShortString|StringTooLong|SafeCast"
)


@pytest.fixture
def world(live: Live, tmp_path: Path) -> World:
    return World(live, tmp_path)


def agree(guardians: list[Person]) -> None:
    """One of them chooses the deadline, and tells the others on the telephone."""
    deadline = guardians[0].does("A4 one").strip()
    for guardian in guardians:
        guardian.writes("DEADLINE", deadline)


def approve(guardians: list[Person], instead: tuple[str, ...] = ()) -> None:
    """Everybody checks, agrees and approves, and gives their line to the first of them."""
    for guardian in guardians:
        assert guardian.does("A3").count("OK ") == 4
    agree(guardians)
    digests = set()
    for guardian in guardians:
        digests.add(guardian.does("A4").split()[-1])
        said = guardian.does("A5 instead" if guardian.name in instead else "A5")
        assert ("Validation succeeded" in said) != (guardian.name in instead)
        if guardian is not guardians[0]:
            guardian.gives(guardians[0], "recover-*.approval")
    assert len(digests) == 1 and re.fullmatch("0x[0-9a-f]{64}", digests.pop())


def start(world: World, sender: Person) -> None:
    assert sender.does("A6").strip() == "0x"
    assert world.state == "IDLE"
    assert "1 (success)" in sender.does("A6 send")


def refusal(person_: Person, title: str) -> str:
    """What the page calls the error that a step ends with."""
    found = re.search(r"custom error (0x[0-9a-f]{8})", person_.does(title, refused=True))
    assert found
    return {digits: name for digits, name, _ in rows(ERRORS)}[found.group(1)]


def spends(owner: Person, world: World) -> None:
    """The new owner sends ether out of the wallet."""
    before = world.balance(SOMEBODY)
    owner.does("C1")
    owner.does("C2")
    assert "1 (success)" in owner.does("C3")
    assert world.balance(SOMEBODY) - before == ETHER // 100


# ----------------------------------------------------------------------------- part A


@pytest.mark.parametrize(
    ("names", "path", "instead"),
    [(("carl", "ana"), FRIENDS, ()), (("ana", "ben", "carl"), THEFT, ("ben",))],
    ids=["two of three", "all three, one of them on the chain"],
)
def test_guardians_with_a_shell_and_cast_put_a_new_owner_in_place(
    world: World, names: tuple[str, ...], path: int, instead: tuple[str, ...]
) -> None:
    guardians = world.guardians(*names, path=path)
    sender = guardians[0]
    approve(guardians, instead)
    start(world, sender)
    delay = WAYS[path].path.delay
    assert f"waiting. In {delay // HOUR} hours" in sender.does("A3")
    assert "not so" in sender.does("A9", refused=True)
    assert refusal(sender, "A8") == "RecoveryNotReady"
    world.live.travel(delay)
    assert "ready" in sender.does("A3")
    assert sender.does("A8").strip() == "0x"
    sender.does("A8 send")
    assert sender.does("A9").startswith("OK ")
    assert world.owners == owners_of("new-owner")
    owner = world.somebody("new-owner", path, "ana")
    owner.leaves_out("SIGNER", "WEIGHT", "SALT", "DEADLINE")
    spends(owner, world)


def test_a_wallet_of_two_owners_is_put_in_place_and_spends_with_both(world: World) -> None:
    ana, ben = world.guardians("ana", "ben", owners=f"{NEW}\n{SECOND}", threshold=2)
    lines = ana.does("A4 several").split()
    for guardian in (ana, ben):
        guardian.writes("OWNERS", "\n".join(lines))
    approve([ana, ben])
    start(world, ana)
    world.live.travel(3 * DAY)
    ana.does("A8 send")
    assert ana.does("A9").startswith("OK ")
    assert world.owners == owners_of("new-owner", "next-owner", threshold=2)

    people = {str(NEW): "new-owner", str(SECOND): "next-owner"}
    first, second = (world.somebody(people[each], FRIENDS, "ana", "\n".join(lines), 2) for each in lines)
    before = world.balance(SOMEBODY)
    first.does("C1")
    first.does("C2")
    assert "custom error" in first.does("C3", refused=True)
    first.gives(second, "order")
    first.gives(second, "until")
    second.does("C2", place=1)
    second.gives(first, "batch-1.signature")
    assert "1 (success)" in first.does("C3")
    assert world.balance(SOMEBODY) - before == ETHER // 100


def test_a_token_is_sent_as_the_page_says(world: World) -> None:
    owner = world.somebody("owner", FRIENDS, "ana", person("owner").address)
    owner.does("C1 token")
    said = owner.does("C2")
    data = re.search(r'"data": "(0x[0-9a-f]+)"', said)
    expected = keccak(text="transfer(address,uint256)")[:4] + encode(["address", "uint256"], [SOMEBODY, 1_000_000])
    assert data and data.group(1) == "0x" + expected.hex()
    assert "1 (success)" in owner.does("C3")  # nobody is there, so nothing is moved


# ----------------------------------------------------------------------------- undoing


def test_the_owner_cancels_by_hand(world: World) -> None:
    ana, ben = world.guardians("ana", "ben", owners=STRANGER)
    approve([ana, ben])
    start(world, ana)
    assert world.state == "PENDING"
    owner = world.somebody("owner", FRIENDS, "ana", person("owner").address)
    for title in ("D1", "C2", "C3"):
        owner.does(title)
    assert world.state == "IDLE"


def test_the_guardians_cancel_what_they_were_tricked_into(world: World) -> None:
    ana, ben = world.guardians("ana", "ben", owners=STRANGER)
    approve([ana, ben])
    start(world, ana)
    agree([ana, ben])
    for guardian in (ana, ben):
        assert "Validation succeeded" in guardian.does("D2")
    ben.gives(ana, "cancel-*.approval")
    assert "nothing is under way" in ana.does("D2 send")
    assert world.state == "IDLE"

    assert refusal(ana, "A6") == "ApprovalInvalid"  # what they have signed is used up
    for guardian in (ana, ben):
        guardian.writes("OWNERS", NEW)
    approve([ana, ben])
    start(world, ana)


# ----------------------------------------------------------------------------- slips, and a kit that is too old


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CHAIN", "1", "the node's chain"),
        ("DELAY", "259201", "the policy"),
        ("OTHERS", "0x" + "12" * 32, "the policy"),
        ("NUMBER", "1", "the policy"),
        ("CHANGE_DELAY", "86400", "the policy"),
        ("SALT", "0x" + "12" * 32, "you are not in it"),
        ("WEIGHT", "2", "you are not in it"),
    ],
)
def test_a_slip_in_the_sheet_is_found_before_anything_is_signed(world: World, name: str, value: str, said: str) -> None:
    (ana,) = world.guardians("ana")
    ana.writes(name, value)
    output = ana.does("A3", refused=True)
    assert re.search(f"STOP .*{said}", output), output
    assert output.count("STOP") == 1


def test_a_sheet_may_have_been_written_on_windows(world: World) -> None:
    (ana,) = world.guardians("ana")
    (ana.folder / "sheet").write_bytes((ana.folder / "sheet").read_bytes().replace(b"\n", b"\r\n"))
    assert ana.does("A3").count("OK ") == 4


def test_a_signature_of_another_key_is_not_given_away(world: World) -> None:
    ana = world.somebody("dora", FRIENDS, "ana")
    agree([ana])
    ana.does("A4")
    assert "alidation failed" in ana.does("A5", refused=True)
    assert not list(ana.folder.glob("*.approval"))


def test_what_the_chain_refuses_is_in_the_table_of_errors(world: World) -> None:
    (ana,) = world.guardians("ana")
    assert refusal(ana, "A8") == "RecoveryNotStarted"
    approve([ana])
    assert refusal(ana, "A6") == "ApprovalsInsufficient"
    world.live.travel(3 * DAY)
    assert refusal(ana, "A6") == "DeadlinePassed"


def test_the_table_of_errors_has_every_error_that_a_reader_can_meet() -> None:
    table = {name: digits for digits, name, _ in rows(ERRORS)}
    abi = [*contracts.load("WalletRecoveryModule").abi, *contracts.load("RecoveryWallet").abi]
    known = {entry["name"]: entry for entry in abi if entry["type"] == "error"}
    for name, digits in table.items():
        types = ",".join(by_hand.typed(each) for each in known[name]["inputs"])
        assert digits == "0x" + keccak(text=f"{name}({types})")[:4].hex(), name
    assert {name for name in known if not NOT_MET.match(name)} == set(table)


def test_a_kit_that_is_older_than_the_policy_still_serves(world: World) -> None:
    client = world.live.client
    later = policy_of(
        veto("dora"), rotate("dora", "ben", "ana", delay=5 * DAY), rotate("dora", threshold=1), change_delay=2 * DAY
    )
    owners = owners_of("owner")
    change = client.schedule_change_call(later)
    execute(world, owners, change)
    world.live.travel(7 * DAY)
    client.send(client.apply_change(world.wallet), person("payer"))

    guardians = world.guardians("ben", "ana")
    for guardian in guardians:
        assert re.search("STOP .*the policy", guardian.does("A3", refused=True))
        said = guardian.does("E")
        place = {"ben": 1, "ana": 2}[guardian.name]
        assert [line.split("it:")[1].strip() for line in said.strip().split("\n")] == ["", str(place), ""]
        assert said.startswith("path-0: right 2, 1 votes, 0 hours")
        for name, value in re.findall(r'^(\w+)=("[^"]*"|\S*)$', (guardian.folder / "path-1").read_text(), re.M):
            guardian.writes(name, value.strip('"'))
    approve(guardians)
    start(world, guardians[0])
    world.live.travel(5 * DAY)
    guardians[0].does("A8 send")
    assert world.owners == owners_of("new-owner")


def execute(world: World, owners: Owners, call: Call) -> None:
    """The owner has the wallet call something, with the project's own code."""
    client = world.live.client
    deadline = client.deadline()
    message = client.batch(world.wallet, owners, [call], deadline)
    proof = owners.proof({owner: sign("owner", message) for owner in owners.signers})
    client.send(client.execute(world.wallet, [call], deadline, proof, "a change"), person("payer"))


# ----------------------------------------------------------------------------- part B


def explorers(world: World, *names: str, path: int, owner: str) -> list[Explorer]:
    """Everybody at an explorer, with the same new owner and deadline."""
    agreed = {"OWNERS": f'["{owner}"]', "OWNERS_THRESHOLD": "1", "DEADLINE": str(world.live.client.time() + 2 * DAY)}
    sheets = [sheet_of_the_explorer(world.kits[name], path, **agreed) for name in names]
    return [Explorer(world.live.web3, sheet["MODULE"], sheet) for sheet in sheets]


def approve_with_explorers(everybody: list[Explorer], names: tuple[str, ...], digest_of: str) -> str:
    """Returns all approvals, sorted as the page says."""
    digests = {explorer.reads(digest_of) for explorer in everybody}
    assert len(digests) == 1
    digest = "0x" + digests.pop().hex()
    for explorer, name in zip(everybody, names, strict=True):
        explorer.words["DIGEST"] = digest
        assert explorer.reads("isApproved") is False
        explorer.sends("approveDigest", person(name))
        assert explorer.reads("isApproved") is True
    return ",".join(each.words["APPROVAL"] for each in sorted(everybody, key=lambda each: each.words["ORDER"]))


@pytest.mark.parametrize(
    ("names", "path"), [(("carl", "ben"), FRIENDS), (GUARDIANS, THEFT)], ids=["two of three", "all three"]
)
def test_guardians_with_a_block_explorer_put_a_new_owner_in_place(
    world: World, names: tuple[str, ...], path: int
) -> None:
    everybody = explorers(world, *names, path=path, owner=NEW)
    sender = everybody[0]
    sender.words["APPROVALS"] = f"[{approve_with_explorers(everybody, names, 'recoverDigest')}]"
    sender.sends("start", person("relayer"))
    assert sender.reads("requestOf")["state"] == 1
    world.live.travel(WAYS[path].path.delay)
    assert sender.reads("requestOf")["state"] == 2
    sender.sends("finalize", person("relayer"))
    assert world.owners == owners_of("new-owner")


@pytest.mark.parametrize("sender", ["with a shell", "with an explorer"])
def test_a_guardian_with_a_shell_and_one_with_an_explorer_act_together(world: World, sender: str) -> None:
    (ana,) = world.guardians("ana")
    agree([ana])
    ana.does("A4")
    ana.does("A5")
    (ben,) = explorers(world, "ben", path=FRIENDS, owner=NEW)
    ben.words["DEADLINE"] = str(re.findall(r"^DEADLINE=\"(\d+)\"", (ana.folder / "sheet").read_text(), re.M)[0])
    theirs = approve_with_explorers([ben], ("ben",), "recoverDigest")
    order, signed = next(ana.folder.glob("recover-*.approval")).read_text().split()
    if sender == "with a shell":
        line = theirs.replace('"', "").replace("[", "(").replace("]", ")")
        (ana.folder / "recover-ben.approval").write_text(f"{ben.words['ORDER']} {line}\n")
        start(world, ana)
    else:
        mine = re.sub(r"(0x\w+)", r'"\1"', signed).replace("(", "[").replace(")", "]")
        ordered = sorted([(order, mine), (ben.words["ORDER"], theirs)])
        ben.words["APPROVALS"] = f"[{','.join(approval for _, approval in ordered)}]"
        ben.sends("start", person("relayer"))
    assert world.state == "PENDING"


def test_guardians_with_a_block_explorer_take_it_back(world: World) -> None:
    names = ("ana", "ben")
    everybody = explorers(world, *names, path=FRIENDS, owner=STRANGER)
    sender = everybody[0]
    sender.words["APPROVALS"] = f"[{approve_with_explorers(everybody, names, 'recoverDigest')}]"
    sender.sends("start", person("relayer"))
    sender.words["APPROVALS"] = f"[{approve_with_explorers(everybody, names, 'cancelDigest')}]"
    sender.sends("cancelByQuorum", person("relayer"))
    assert sender.reads("requestOf")["state"] == 0


# ----------------------------------------------------------------------------- the example


def test_the_example_is_of_one_piece() -> None:
    kit = by_hand.example()
    text = json.dumps(kit)
    assert Kit.loads(text).name == kit["name"]
    agreed = {"ETH_RPC_URL": "https://ethereum-rpc.publicnode.com", "KEY": "--keystore key.json"}
    written = {**agreed, "PAYER": agreed["KEY"], "OWNERS": NEW, "OWNERS_THRESHOLD": "1", "DEADLINE": "0"}
    assert by_hand.sheet(kit, FRIENDS, **written) == blocks()["sheet"]
    table = {word: example for word, _, example in rows("word | where it stands | in the example")}
    told = {word: table[word] for word in ("OWNERS", "OWNERS_THRESHOLD", "DEADLINE")}
    words = sheet_of_the_explorer(kit, FRIENDS, **told)
    for head in ("where it stands", "Keccak-256 of", "made of"):
        for word, _, example in rows(f"word | {head} | in the example"):
            assert words[word] == example, word


def test_the_interface_is_the_contracts() -> None:
    found = re.search(r"^```json abi\n(.*?)^```$", by_hand.PAGE, re.M | re.S)
    assert found
    shown = json.loads(found.group(1))

    def bare(value: Any) -> Any:
        if isinstance(value, list):
            return [bare(each) for each in value]
        if isinstance(value, dict):
            return {name: bare(each) for name, each in value.items() if name != "internalType"}
        return value

    assert shown == [bare(interface()[entry["name"]]) for entry in shown]
    used = set(re.findall(r"^\*\*(?:Read|Write) `(\w+)`\*\*$", by_hand.PAGE, re.M))
    assert used | {"policyOf", "revokeDigest", "vetoRequest", "vetoRequestDigest"} == {entry["name"] for entry in shown}


def test_every_link_of_the_page_leads_somewhere() -> None:
    heads = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", by_hand.PAGE, flags=re.M | re.S), re.M)
    anchors = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
    assert set(re.findall(r"\]\(#([^)]+)\)", by_hand.PAGE)) <= anchors
