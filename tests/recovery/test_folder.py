"""The owner's folder: what lies where, who may read it, and what it never does with what is in it."""

from __future__ import annotations

import dataclasses
import os
import stat
import time
from pathlib import Path

import pytest

from recovery import files
from recovery.card import Card
from recovery.errors import InvalidFile, InvalidInput, RecoveryError
from recovery.folder import AccountNote, Folder
from recovery.kit import Kit, Notes
from recovery.plan import Guardian, PolicyPlan
from tests.recovery.samples import ACCOUNT, MODULE, NOTE, NOW, OWNED, PLAN, card, forged, kit, receipt
from tests.world import signer

ENVELOPES = AccountNote("Olga", holders=(("box", "Ben"), ("Safe", "")))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder.create(tmp_path / "recovery", NOTE)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def everything(path: Path) -> list[str]:
    return sorted(str(each.relative_to(path)) for each in path.rglob("*") if each.is_file())


def with_window(days: int) -> PolicyPlan:
    """Another policy of the same guardians."""
    first = dataclasses.replace(PLAN.paths[0], window=days * 86_400)
    return dataclasses.replace(PLAN, paths=(first, *PLAN.paths[1:]))


# ------------------------------------------------------------------------------- the folder itself


def test_a_folder_is_opened_as_it_was_made(folder: Folder) -> None:
    opened = Folder.open(folder.path)
    assert opened == folder and opened.note == NOTE
    assert (folder.plans(), folder.cards(), folder.kits(), folder.receipts()) == ([], [], [], [])


def test_everything_in_it_is_readable_for_its_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        there = tmp_path / "a stick"  # with a folder that was there before, and that everybody may read
        (there / "cards").mkdir(parents=True, mode=0o755)
        for path in (tmp_path / "new", there):
            folder = Folder.create(path, NOTE)
            assert mode(path / "account.json") == 0o600
            folder.add_plan(PLAN)
            folder.add_card(card())
            folder.add_card(card(contact="", time=NOW + 1))
            folder.add_receipt(receipt())
            folder.noting(dataclasses.replace(NOTE, owner="Olga M."))
            assert {mode(each) for each in path.rglob("*") if each.is_file()} == {0o600}
            assert {mode(each) for each in path.iterdir() if each.is_dir()} == {0o700}
            assert sorted(each.name for each in path.iterdir() if each.is_dir()) == [
                *("cards", "kits", "policies", "receipts")
            ]
        assert mode(tmp_path / "new") == 0o700
        assert mode(there) == 0o700, "names of files are names of guardians"
        assert mode(Folder.create(tmp_path / "deep" / "in" / "mine", NOTE).path.parent) == 0o700
    finally:
        os.umask(old)


def test_a_place_that_is_meant_for_all_is_not_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    Folder.create(tmp_path, NOTE)
    assert mode(tmp_path) == 0o1777 and mode(tmp_path / "cards") == 0o700


def test_a_stick_that_has_no_modes_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "stick"
    there.mkdir(mode=0o755)

    def refuses(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuses)
    monkeypatch.setattr(Path, "chmod", refuses)
    assert Folder.create(there, NOTE) == Folder.open(there)


def leftover(path: Path, age: int = 120, permissions: int = 0o600) -> Path:
    """What a process leaves that is killed while it writes."""
    path.parent.mkdir(exist_ok=True)
    path.write_text("abandon ability able")
    path.chmod(permissions)
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_what_a_killed_process_has_left_is_removed_when_the_folder_is_opened(folder: Folder) -> None:
    kept = everything(folder.path)
    for name in (
        *(".account.json.abcd_123", ".policy.yaml.abcd_123", "cards/.ana.json.0123abcd", "kits/.kit-ana.pdf.zzzzzzzz"),
        *("policies/.policy-1.json.a_b_c_d_", "receipts/.ana-1.json.abcdefgh", "paper/.box.pdf.abcdefgh"),
        *("cards/stale/.ana.json.0123abcd", "keys/.phone.json.abcdefgh"),
    ):
        leftover(folder.path / name)
    assert Folder.open(folder.path) == folder
    assert everything(folder.path) == kept


def test_what_files_write_leaves_if_it_is_killed_is_what_is_removed(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed process does not come to its `finally`."""
    kept = everything(folder.path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", lambda _: None)
        folder.add_plan(PLAN)
    (left,) = [path for path in (folder.path / "policies").iterdir() if path.name.startswith(".")]
    Folder.open(folder.path)
    assert left.exists(), "somebody may still be writing it"
    os.utime(left, (time.time() - 120,) * 2)
    Folder.open(folder.path)
    assert everything(folder.path) == sorted([*kept, "policies/policy-1.json"])


def test_nothing_else_is_removed(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *("cards/.ana.json.short", "cards/.ana.json.toolong12", "cards/.ana.json.ABCDEFGH", "cards/.ana.txt.abcdefgh"),
        *("cards/ana.json.abcdefgh", "cards/._ana.json", ".other.json.abcdefgh", "elsewhere/.ana.json.abcdefgh"),
    ):
        leftover(folder.path / name)
    leftover(folder.path / "cards" / ".ana.json.abcdefgh", age=5)
    leftover(folder.path / "cards" / ".ben.json.abcdefgh", permissions=0o644)
    (folder.path / "cards" / ".carl.json.abcdefgh").mkdir(mode=0o600)
    (folder.path / "cards" / ".dora.json.abcdefgh").symlink_to(leftover(folder.path / "aim"))
    kept = everything(folder.path)
    Folder.open(folder.path)
    assert everything(folder.path) == kept and (folder.path / "cards" / ".carl.json.abcdefgh").is_dir()
    others = leftover(folder.path / "cards" / ".eve.json.abcdefgh")
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        Folder.open(folder.path)
    assert others.exists(), "it is somebody else's"


def test_a_folder_that_cannot_be_changed_can_be_opened(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    leftover(folder.path / "cards" / ".ana.json.abcdefgh")

    def refuses(*_: object, **__: object) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refuses)
    assert Folder.open(folder.path) == folder


def test_a_folder_is_not_made_over_another(folder: Folder) -> None:
    with pytest.raises(InvalidInput, match=r"account\.json exists already"):
        Folder.create(folder.path, dataclasses.replace(NOTE, owner="Mallory"))
    assert Folder.open(folder.path).note == NOTE


def test_a_folder_that_cannot_be_made_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidInput, match="cannot be made: "):
        Folder.create(tmp_path / "file", NOTE)
    with pytest.raises(InvalidInput, match="cannot be made: "):
        Folder.create(tmp_path / "file" / "below", NOTE)


def test_what_is_no_folder_of_an_owner_is_refused_with_what_to_do(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(InvalidInput, match=r"not an owner's folder: it has no account\.json.*recovery setup"):
            Folder.open(path)
    (tmp_path / "account.json").write_text(card().dumps())
    with pytest.raises(InvalidFile, match=r"account\.json is a guardian's card; what an owner's folder says"):
        Folder.open(tmp_path)


def test_another_note_is_written_at_once(folder: Folder) -> None:
    note = AccountNote("Olga", None, None)
    assert folder.noting(note).note == note == Folder.open(folder.path).note
    assert folder.note == NOTE, "who has the old one keeps it"


def test_a_note_survives_a_round_trip() -> None:
    for note in (NOTE, AccountNote(""), AccountNote("Olga", ACCOUNT, MODULE, (1,), (), (("ana", "?"),)), ENVELOPES):
        assert AccountNote.loads(note.dumps()) == note


def test_a_note_that_says_something_twice_is_refused() -> None:
    for chains in ((5, 1), (1, 1)):
        with pytest.raises(InvalidInput, match="chains must be sorted"):
            AccountNote("Olga", chains=chains)
    with pytest.raises(InvalidInput, match="Contact of ben stands twice"):
        AccountNote("Olga", contacts=("ben", "ben"))
    with pytest.raises(InvalidInput, match="Question for ana stands twice"):
        AccountNote("Olga", questions=(("ana", "?"), ("ana", "!")))
    with pytest.raises(InvalidInput, match="Holder of box stands twice"):
        AccountNote("Olga", holders=(("box", "Ben"), ("box", "Carl")))


def test_who_keeps_an_envelope_is_remembered_by_its_key(folder: Folder) -> None:
    folder.add_card(card("ana"))
    held = folder.holding("ana", "Ben").holding("Nobody", "").holding("ana", "Carl")
    assert Folder.open(folder.path).note.holders == held.note.holders == (("Nobody", ""), ("ana", "Carl"))
    assert held.note == dataclasses.replace(NOTE, holders=held.note.holders)
    assert held.holder(card("ana")) == "Carl" and held.sealed(PLAN) == ("ana",)
    assert held.holder(card("ana", "mallory")) == "", "anybody can write any name on a card"
    assert held.holder(card("ben")) == "" and folder.sealed(PLAN) == ()
    other = dataclasses.replace(
        PLAN,
        guardians=tuple(dataclasses.replace(each, name=each.name.title()) for each in PLAN.guardians),
        paths=tuple(
            dataclasses.replace(path, guardians=tuple((name.title(), weight) for name, weight in path.guardians))
            for path in PLAN.paths
        ),
    )
    assert held.sealed(other) == ("Ana",), "the owner may call it otherwise"
    (folder.path / "cards" / "ana.json").write_text("{}")
    assert held.sealed(PLAN) == () and held.holder(card("ana")) == ""


@pytest.mark.parametrize("wrong", ["{}", "", "\0", "[" * 5000])
def test_cards_and_receipts_are_read_without_those_that_are_damaged(folder: Folder, wrong: str) -> None:
    folder.add_card(card("ana"))
    folder.add_receipt(receipt())
    for part, read, rest in (("cards", folder.cards, [card("ana")]), ("receipts", folder.receipts, [receipt()])):
        bad = folder.path / part / "aaa.json"
        bad.write_text(wrong)
        damaged: list[RecoveryError] = []
        assert read(damaged) == rest
        assert len(damaged) == 1 and str(bad) in damaged[0].message
        with pytest.raises(InvalidFile, match=r"aaa\.json"):
            read()
        bad.unlink()
        bad.mkdir()  # and what is no file at all
        assert read(damaged) == rest and len(damaged) == 2
        bad.rmdir()


def test_no_more_are_rung_than_a_kit_may_name() -> None:
    ring = tuple((f"n{number}", "+1") for number in range(33))
    assert Notes("Olga", ring[:32]).ring == ring[:32]
    with pytest.raises(InvalidInput, match="at most 32 people to be rung, not 33"):
        Notes("Olga", ring)
    whole = kit("ana", Notes("Olga", ring[:32]))
    assert Kit.loads(whole.dumps()) == whole
    more = forged(whole.dumps(), ring=[{"name": name, "contact": contact} for name, contact in ring])
    with pytest.raises(InvalidFile, match="at most 32 people"):
        Kit.loads(more)


# ---------------------------------------------------------------------------------------- policies


def test_policies_are_numbered_and_the_newest_is_the_one_with_the_highest_number(folder: Folder) -> None:
    made = [with_window(days) for days in range(1, 12)]
    for number, plan in enumerate(made, 1):
        assert folder.add_plan(plan) == folder.path / "policies" / f"policy-{number}.json"
        assert folder.newest == plan
    assert folder.plans() == made, "policy-10 comes after policy-9"


def test_the_newest_policy_again_is_kept_and_an_older_one_again_is_new(folder: Folder) -> None:
    one, two = with_window(1), with_window(2)
    first = folder.add_plan(one)
    assert folder.add_plan(one) == first and len(folder.policy_files()) == 1
    second = folder.add_plan(two)
    assert folder.add_plan(PolicyPlan.loads(two.dumps())) == second
    assert folder.add_plan(one) == folder.path / "policies" / "policy-3.json"
    assert folder.newest == one
    named = dataclasses.replace(one, owner="Olga")
    assert named.policy.hash == one.policy.hash
    folder.add_plan(named)
    assert folder.newest == named, "the chain sees no difference, but there is one"


def test_a_gap_is_never_filled(folder: Folder) -> None:
    for days in (1, 2, 3):
        folder.add_plan(with_window(days))
    (folder.path / "policies" / "policy-2.json").unlink()
    assert folder.add_plan(with_window(4)).name == "policy-4.json"


def test_what_is_called_otherwise_is_no_policy(folder: Folder) -> None:
    kept = folder.add_plan(PLAN)
    for name in (
        "policy-2 (1).json",
        "policy-02.json",
        "policy-0.json",
        "policy-x.json",
        "policy-3.json~",
        "policy.json",
    ):
        (kept.parent / name).write_text("nonsense")
    assert folder.policy_files() == [kept] and folder.newest == PLAN
    assert folder.add_plan(with_window(1)).name == "policy-2.json"


def test_without_a_policy_it_is_said_what_to_do(folder: Folder) -> None:
    with pytest.raises(InvalidInput, match="no policy file in .*policies yet. Go on with: recovery setup"):
        _ = folder.newest
    assert folder.plan_of(PLAN.policy.hash[:24]) is None


def test_the_policy_of_the_chain_is_found_by_its_hash(folder: Folder) -> None:
    one, two, named = with_window(1), with_window(2), dataclasses.replace(with_window(1), owner="Olga")
    for plan in (one, two, named):
        folder.add_plan(plan)
    assert folder.plan_of(two.policy.hash[:24]) == two
    assert folder.plan_of(one.policy.hash[:24]) == named, "of those with the same hash the newest"
    assert folder.plan_of(bytes(24)) is None


def test_a_damaged_file_is_refused_by_its_name(folder: Folder) -> None:
    first, second = folder.add_plan(with_window(1)), folder.add_plan(with_window(2))
    papers = [folder.add_card(card()), folder.add_receipt(receipt()), folder.kit_file("ana")]
    files.write(papers[2], kit().dumps())
    readers = [folder.cards, folder.receipts, folder.kits]
    for path, read in [(first, folder.plans), *zip(papers, readers, strict=True)]:
        whole = path.read_text("utf-8")
        path.write_text(whole.replace('"0x', '"0xab', 1), "utf-8")
        assert path.read_text("utf-8") != whole
        with pytest.raises(InvalidFile, match=f"{path.name} has been altered"):
            read()
        path.write_text(whole, "utf-8")
        read()
    first.write_text("")
    assert folder.newest == with_window(2), "what is not asked for is not read"
    with pytest.raises(InvalidFile, match=r"policy-1\.json"):
        folder.plan_of(with_window(2).policy.hash[:24])
    second.write_text("")
    for ask in (lambda: folder.newest, lambda: folder.add_plan(PLAN)):
        with pytest.raises(InvalidFile, match=r"policy-2\.json"):
            ask()


@pytest.mark.parametrize(
    ("one", "other"), [("Ana (phone)", "ana phone"), ("🦊", "🐢"), ("a" * 40 + "b", "a" * 40 + "c"), ("Ana", "ANA")]
)
def test_guardians_whose_files_would_have_one_name_are_refused(folder: Folder, one: str, other: str) -> None:
    """A kit of the one would be written over that of the other."""
    names = {"ana": one, "ben": other}
    people = tuple(dataclasses.replace(g, name=names.get(g.name, g.name)) for g in PLAN.guardians)
    paths = tuple(
        dataclasses.replace(p, guardians=tuple((names.get(name, name), weight) for name, weight in p.guardians))
        for p in PLAN.paths
    )
    with pytest.raises(InvalidInput, match="would have the same name.*Call one of them otherwise"):
        folder.add_plan(dataclasses.replace(PLAN, guardians=people, paths=paths))
    assert folder.policy_files() == []


# ------------------------------------------------------------------------------------------- cards


def test_a_newer_card_takes_the_place_of_an_older_one(folder: Folder) -> None:
    folder.add_card(card())
    newer = card(contact="another", time=NOW + 1)
    assert folder.add_card(newer) == folder.path / "cards" / "ana.json"
    assert folder.cards() == [newer]
    again = card(contact="the same second", time=NOW + 1)
    folder.add_card(again)
    assert folder.cards() == [again]


def test_an_older_card_does_not_take_the_place_of_a_newer_one(folder: Folder) -> None:
    """Whoever has kept an old card cannot bring an old contact back with it, under whatever name."""
    newer = card(time=NOW + 1)
    folder.add_card(newer)
    for old in (card(), card("Ana Martins", "ana")):
        with pytest.raises(InvalidInput, match="There is a newer card of ana already"):
            folder.add_card(old)
    assert folder.cards() == [newer]


def test_who_has_another_name_now_has_one_card_and_no_more(folder: Folder) -> None:
    folder.add_card(card())
    renamed = card("Ana Martins", "ana", time=NOW + 1)
    assert folder.add_card(renamed).name == "ana-martins.json"
    assert folder.cards() == [renamed] and everything(folder.path / "cards") == ["ana-martins.json"]


@pytest.mark.parametrize("name", ["ana", "Ana", "ANA!", "(ana)"])
def test_the_name_of_somebody_else_is_refused(folder: Folder, name: str) -> None:
    folder.add_card(card())
    with pytest.raises(InvalidInput, match=f"card of another ana already: {signer('ana')}.*tells the two apart"):
        folder.add_card(card(name, "mallory", time=NOW + 1))
    assert folder.cards() == [card()]


def test_the_name_of_somebody_else_is_refused_under_whatever_name_their_card_lies_there(folder: Folder) -> None:
    files.write(folder.path / "cards" / "card-from-ana.json", card().dumps())
    with pytest.raises(InvalidInput, match="card of another ana already"):
        folder.add_card(card("ana", "mallory"))
    newer = card(time=NOW + 1)
    folder.add_card(newer)
    assert folder.cards() == [newer] and everything(folder.path / "cards") == ["ana.json"]


def test_a_card_is_not_written_over_another_that_lies_there_under_its_name(folder: Folder) -> None:
    bens = card("ben")
    files.write(folder.path / "cards" / "ana.json", bens.dumps())
    with pytest.raises(InvalidInput, match="card of another ben"):
        folder.add_card(card())
    assert folder.cards() == [bens]


def test_if_a_new_card_cannot_be_written_the_old_one_stays(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.add_card(card())

    def full(*_: object, **__: object) -> Path:
        raise InvalidInput("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(files, "write", full)
        with pytest.raises(InvalidInput, match="no space"):
            folder.add_card(card("Ana Martins", "ana", time=NOW + 1))
    assert folder.cards() == [card()]


def test_what_a_system_leaves_behind_is_no_card(folder: Folder) -> None:
    folder.add_card(card())
    (folder.path / "cards" / "._ana.json").write_bytes(b"\x00\x05\x16\x07")
    (folder.path / "cards" / "ana.pdf").write_bytes(b"%PDF")
    assert folder.cards() == [card()]


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "..", "a\\b", "CON:"])
def test_a_name_never_leads_out_of_the_folder(folder: Folder, name: str) -> None:
    for path in (folder.add_card(card(name, "ana")), folder.kit_file(name)):
        assert path.resolve().parent.parent == folder.path.resolve()
    path = folder.add_receipt(dataclasses.replace(receipt(), name=name))
    assert path.resolve().parent == (folder.path / "receipts").resolve()


# ---------------------------------------------------------------------------------- receipts, kits


def test_a_receipt_is_kept_once_and_others_beside_it(folder: Folder) -> None:
    one, later, bens = receipt(), receipt(time=NOW + 1), receipt("ben")
    for each in (one, one, later, bens, one):
        folder.add_receipt(each)
    assert sorted(folder.receipts(), key=lambda r: (r.name, r.time)) == [one, later, bens]
    assert folder.add_receipt(one).name.startswith(f"ana-{NOW}-")


def test_what_is_said_of_two_accounts_in_the_same_second_is_two_receipts(folder: Folder) -> None:
    folder.add_receipt(receipt())
    folder.add_receipt(receipt(of=dataclasses.replace(kit(), account=MODULE)))
    assert len(folder.receipts()) == 2


def test_a_kit_is_made_of_the_policy_and_of_what_the_folder_knows(folder: Folder) -> None:
    for name in ("ana", "ben"):
        folder.add_card(card(name))
    made = folder.kit(OWNED, "ana")
    assert (made.chains, made.account, made.module) == ((1, 5), ACCOUNT, MODULE)
    assert made.openings == OWNED.kit("ana", 1, MODULE, ACCOUNT).openings
    assert made.notes == Notes("Olga", (("ben", "ben@example.org"),), "Where did we meet?")
    files.write(folder.kit_file("ana"), made.dumps(), secret=True)
    assert folder.kits() == [made] and everything(folder.path / "kits") == ["kit-ana.json"]


@pytest.mark.parametrize("missing", [{"account": None}, {"module": None}, {"chains": ()}])
def test_there_are_no_kits_for_an_account_that_does_not_exist(folder: Folder, missing: dict[str, None]) -> None:
    folder = folder.noting(dataclasses.replace(NOTE, **missing))
    with pytest.raises(InvalidInput, match="does not exist yet, so there are no kits. Go on with: recovery setup"):
        folder.kit(PLAN, "ana")


def told(folder: Folder, name: str, plan: PolicyPlan = PLAN) -> list[str]:
    return [other for other, _ in folder.notes_for(plan, name).ring]


def test_a_guardian_is_told_how_to_reach_those_whom_the_owner_has_chosen(folder: Folder) -> None:
    for name in ("ana", "ben", "carl", "dora"):
        folder.add_card(card(name))
    assert folder.notes_for(PLAN, "ana").ring == (("ben", "ben@example.org"), ("carl", "carl@example.org"))
    assert told(folder, "dora") == ["ben", "carl"]
    assert folder.notes_for(PLAN, "dora").question == "Which dog?"
    assert folder.notes_for(PLAN, "carl").question == ""
    nobody = folder.noting(dataclasses.replace(NOTE, contacts=()))
    assert told(nobody, "ana") == []


def test_a_guardian_is_never_told_their_own_contact(folder: Folder) -> None:
    for name in ("ben", "carl"):
        folder.add_card(card(name))
    assert told(folder, "ben") == ["carl"] and told(folder, "carl") == ["ben"]
    # Ben and Carl are one person with two keys.
    folder.add_card(card("carl", contact="ben@example.org", time=NOW + 1))
    assert told(folder, "ben") == told(folder, "carl") == []
    assert told(folder, "ana") == ["ben", "carl"]


def test_who_has_no_card_or_no_contact_on_it_is_not_in_the_ring(folder: Folder) -> None:
    folder.add_card(card("ben", contact=""))
    assert told(folder, "ana") == []


def test_a_contact_is_that_of_the_guardians_own_signer_and_not_of_whoever_has_the_name(folder: Folder) -> None:
    folder.add_card(card("ben", "mallory", contact="mallory@example.org"))
    assert told(folder, "ana") == []
    folder.add_card(card("Ben Nunes", "ben", contact="ben@example.org"))
    assert folder.notes_for(PLAN, "ana").ring == (("ben", "ben@example.org"),)


def test_who_is_no_guardian_any_more_is_not_in_the_ring(folder: Folder) -> None:
    for name in ("ben", "carl"):
        folder.add_card(card(name))
    people = tuple(
        Guardian(g.name, signer("a new key" if g.name == "ben" else g.name), g.number) for g in PLAN.guardians
    )
    plan = dataclasses.replace(PLAN, guardians=people).replacing(PLAN)
    assert told(folder, "ana", plan) == ["carl"]


def test_a_folder_is_read_without_this_program(folder: Folder) -> None:
    folder.add_plan(PLAN)
    folder.add_card(card())
    folder.add_receipt(receipt())
    files.write(folder.kit_file("ana"), kit().dumps())
    found = everything(folder.path)
    assert [name for name in found if not name.startswith("receipts")] == [
        *("account.json", "cards/ana.json", "kits/kit-ana.json", "policies/policy-1.json")
    ]
    assert Card.loads((folder.path / "cards" / "ana.json").read_text("utf-8")) == card()
