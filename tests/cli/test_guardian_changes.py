"""`recovery guardian replace`, `renew`: whoever stays keeps their kit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recovery import abi
from recovery.kit import Kit
from recovery.plan import PolicyPlan
from recovery.revealed import openings_in
from recovery.succession import renewed, replaced
from tests.cli.conftest import PAYER, Console, Setting, agreed, commands, recovering
from tests.cli.guardian_world import FOLDER, address, card, folder_of, opened, put
from tests.live import Live
from tests.recovery.samples import forged

NO_PDF = ("--no-pdf",)


@pytest.fixture
def mine(live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch) -> Setting:
    """The owner's folder, and no network unless it is given."""
    monkeypatch.delenv("RECOVERY_NETWORK")
    folder_of(console, setting.plan, setting.wallet)
    put(console, "rita.json", card("Rita", "relayer", "+351 7"))
    return setting


REPLACE = ("guardian", "replace", "Carl", "--by", "rita.json", *FOLDER, "-y", *NO_PDF)


def kit(console: Console, name: str) -> Kit:
    return Kit.loads(opened(console).kit_file(name).read_text())


def stale(console: Console) -> list[str]:
    return sorted(path.name for path in (console.home / "mine" / "kits" / "stale").glob("*"))


# --------------------------------------------------------------------------------------------- replace


def test_only_the_place_of_who_leaves_changes_and_only_who_comes_gets_a_kit(console: Console, mine: Setting) -> None:
    before = {name: kit(console, name) for name in ("Ana", "Ben", "Dora")}
    said = console.run(*REPLACE)
    new, old = opened(console).newest, mine.plan
    assert new == replaced(old, "Carl", card("Rita", "relayer"))
    assert [path.guardians for path in new.paths][1] == (("Ana", 1), ("Ben", 1), ("Rita", 2))
    assert new.guardian("Rita").number == old.next_number and new.next_number == old.next_number + 1
    for name in ("Ana", "Ben", "Dora"):
        assert new.guardian(name) == old.guardian(name) and kit(console, name) == before[name]
    assert kit(console, "Rita").policy == new.policy
    assert not opened(console).kit_file("Carl").exists()
    (moved,) = stale(console)
    assert moved.startswith("kit-carl-20") and moved in said.words
    assert [each.name for each in opened(console).cards()] == ["Rita"]
    assert "1 person can be lost, whoever they are; as before" in said.words
    assert "everybody else keeps theirs" in said.words and "not before, this is stale" in said.words
    first, *_ = commands(said)
    assert first.startswith("recovery policy change --folder mine --signer KEY")


def test_the_change_that_is_printed_works_and_old_kits_go_on_to_open(
    live: Live, console: Console, mine: Setting
) -> None:
    console.run(*REPLACE)
    network = ("--network", live.url)
    base = ("policy", "change", *FOLDER, "--signer", "owner")
    console.run(*base, *PAYER, *network, passwords=2)
    assert not (console.home / "kits-new").exists(), "only who comes gets a kit"
    again = ("guardian", "replace", "Ben", "--by", "dave.json", *FOLDER, "-y", *NO_PDF)
    put(console, "dave.json", card("Dave", "new"))
    because = "policy-2.json is a change that can be in force from"
    console.refuses(*again, *network, because=because)
    live.travel(7 * 86_400)
    console.run("policy", "apply", mine.wallet, *PAYER, *network, passwords=1)
    check = ("guardian", "check", "kits/kit-ana.json", "--signer", "ana", "-y", *network)
    assert "It still opens all that it did" in console.run(*check, passwords=1).words
    gone = ("guardian", "check", "kits/kit-carl.json", "--signer", "carl", "-y", *network)
    console.refuses(*gone, because="This kit is stale")
    console.run(*again, *network)
    assert [guardian.name for guardian in opened(console).newest.guardians] == ["Ana", "Dave", "Rita", "Dora"]


def test_a_run_that_was_broken_off_is_finished_by_the_same_command(console: Console, mine: Setting) -> None:
    opened(console).add_plan(replaced(mine.plan, "Carl", card("Rita", "relayer")))
    console.run(*REPLACE)
    assert len(opened(console).plans()) == 2 and kit(console, "Rita") and len(stale(console)) == 1
    after = console.files()
    console.run(*REPLACE)
    assert console.files() == after


def test_the_same_person_with_another_key_keeps_everything_but_the_opening(console: Console, mine: Setting) -> None:
    opened(console).add_card(card("Carl", contact="old"))
    opened(console).noting(replace(opened(console).note, contacts=("Carl",), questions=(("Carl", "Where?"),)))
    put(console, "carl-2.json", card("Carl", "relayer", "new"))
    console.run("guardian", "replace", "Carl", "--by", "carl-2.json", *FOLDER, "-y", *NO_PDF)
    folder = opened(console)
    assert str(folder.newest.guardian("Carl").signer) == address("relayer")
    assert [each.contact for each in folder.cards()] == ["new"]
    assert len(list((console.home / "mine" / "cards" / "stale").glob("carl-*.json"))) == 1
    assert folder.note.questions == (("Carl", "Where?"),) and folder.note.contacts == ("Carl",)
    assert len(stale(console)) == 1 and kit(console, "Carl").notes.question == "Where?"


def test_what_the_others_are_told_of_who_left_is_told_of_who_comes(console: Console, mine: Setting) -> None:
    opened(console).noting(
        replace(opened(console).note, contacts=("Ana", "Carl"), questions=(("Carl", "Where?"), ("Ana", "When?")))
    )
    said = console.run(*REPLACE)
    note = opened(console).note
    assert note.contacts == ("Ana", "Rita") and note.questions == (("Ana", "When?"),)
    assert "recovery kit make Ana Ben Dora --folder mine" in commands(said)


def test_who_cannot_come_or_leave_is_refused(console: Console, mine: Setting) -> None:
    def refused(name: str, made: object, because: str, code: int) -> None:
        put(console, "x.json", made)  # type: ignore[arg-type]
        console.refuses("guardian", "replace", name, "--by", "x.json", *FOLDER, "-y", because=because, code=code)

    refused("Nobody", card("Rita", "relayer"), "There is no guardian 'Nobody'", 2)
    refused("Carl", card("Benno", "ben"), "Ben is a guardian with", 2)
    refused("Carl", card("Ana", "relayer"), "There is another guardian called Ana already", 2)
    refused("Carl", card("ana!", "relayer"), "Files of 'Ana' and 'ana!' would have the same name", 2)
    refused("Carl", card("Carl", "carl"), "Carl is a guardian with", 2)
    refused("Carl", replace(card("Rita", "relayer"), contact="ring me"), "is not signed by", 1)
    refused("Carl", mine.plan, "is an owner's policy file; a guardian's card is needed", 2)
    console.refuses("guardian", "replace", "Carl", *FOLDER, because="Missing option '--by'", code=2)
    before = console.files()
    assert "Put Rita in the place of Carl?" in console.run(*[a for a in REPLACE if a != "-y"], code=1, answer="n\n").err
    assert console.files() == before


def test_a_smaller_margin_and_new_worries_are_shown(console: Console, mine: Setting) -> None:
    """Whoever comes is a key that owns the account: lost with it."""
    plan = replace(mine.plan, owners=(("mine", card("Me", "relayer").signer),), owners_threshold=1)
    opened(console).add_plan(plan)
    said = console.run(*REPLACE)
    assert "0 people can be lost, whoever they are; before it was 1" in said.words
    assert "Rita is your own, and votes on path 'friends' too" in said.words
    assert "Neither you nor a veto can stop path 'theft'" not in said.words  # that was so before


def held(plan: PolicyPlan) -> dict[str, str]:
    """Who is behind each guardian."""
    return {guardian.name: guardian.whose for guardian in plan.guardians}


@pytest.mark.parametrize(
    ("told", "who"), [("Ben", "Ben"), (" ben ", "Ben"), ("Rita Silva", "Rita Silva"), ("", "Rita")]
)
def test_who_is_behind_a_key_can_be_said(console: Console, mine: Setting, told: str, who: str) -> None:
    command = (*REPLACE, "--person", told)
    if who == "Ben":
        console.refuses(*command, because="2 errors in the policy: same-person. Nothing was written.")
        assert "".join(console.said[-2:]).count("Error (same-person)") == 2, "each is said once"
        command = (*command, "--despite-errors")
    said = console.run(*command)
    assert held(opened(console).newest) == {"Ana": "Ana", "Ben": "Ben", "Rita": who, "Dora": "Dora"}
    assert ("Ben, who also votes as Ben: one person, who counts once" in said.words) == (who == "Ben")
    assert ("Held by" in said.words) == bool(told)
    after = console.files()
    console.run(*command)
    assert console.files() == after, "the same command again finishes the same change"


def test_who_keeps_an_envelope_is_not_counted_twice(console: Console, mine: Setting) -> None:
    opened(console).add_card(card("Rita", "relayer"))
    opened(console).holding("Rita", "Ben")
    console.refuses(*REPLACE, because="2 errors in the policy: same-person. Nothing was written.")
    said = console.run(*REPLACE, "--despite-errors")
    new = opened(console).newest
    assert new == replaced(mine.plan, "Carl", card("Rita", "relayer"), "Ben")
    assert held(new)["Rita"] == "Ben" and "Ben, who also votes as Ben: one person, who counts once" in said.words
    again = replaced(new, "Ana", card("Eve", "new"), "BEN")
    assert held(again) == {"Eve": "Ben", "Ben": "Ben", "Rita": "Ben", "Dora": "Dora"}


def test_a_stranger_with_an_envelopes_name_has_not_its_holder(console: Console, mine: Setting) -> None:
    opened(console).add_card(card("Rita", "new"))
    opened(console).holding("Rita", "Ben")
    console.run(*REPLACE)
    assert held(opened(console).newest)["Rita"] == "Rita"
    assert opened(console).note.holders == (), "and is not taken for one"


def test_the_same_person_stays_so_with_another_key(console: Console, mine: Setting) -> None:
    plan = replace(mine.plan, guardians=tuple(replace(g, person=f"{g.name} S.") for g in mine.plan.guardians))
    assert held(replaced(plan, "Carl", card("Carl", "relayer")))["Carl"] == "Carl S."
    assert held(replaced(plan, "Carl", card("Carl", "relayer"), "ana"))["Carl"] == "Ana S."
    assert held(replaced(plan, "Carl", card("Rita", "relayer")))["Rita"] == "Rita"


def test_a_persons_name_is_no_key(console: Console, mine: Setting) -> None:
    secret = "0x" + "5e" * 32
    console.refuses(*REPLACE, "--person", secret, because="", code=2)
    assert secret not in console.said[-1]


def test_a_policy_that_locks_its_owner_out_is_not_written_unawares(
    console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recovery import lint
    from recovery.lint import Finding, Severity

    error = Finding("locked-out", Severity.ERROR, "friends", "You would be locked out.", "Do something else.")
    worry = replace(error, code="worry", severity=Severity.WARNING, text="It is a pity.")
    known: list[Finding] = [worry]
    monkeypatch.setattr(lint, "lint", lambda *_, **__: known)
    renew = ("guardian", "renew", "Dora", *FOLDER, "-y", *NO_PDF)
    known.append(error)
    for command in (REPLACE, renew):
        because = "1 error in the policy: locked-out. Nothing was written. If you want it nevertheless, give --despite-"
        console.refuses(*command, because=because)
        assert "You would be locked out." in " ".join("".join(console.said[-2:]).split())
    console.run(*REPLACE, "--despite-errors")
    console.run(*renew, "--despite-errors")
    assert len(opened(console).plans()) == 3
    known.remove(error)
    console.run(*renew)
    assert len(opened(console).plans()) == 4, "a warning is for the owner to weigh"


def test_a_policy_that_is_not_the_chains_is_not_changed_unawares(live: Live, console: Console, mine: Setting) -> None:
    network = ("--network", live.url)
    opened(console).add_plan(renewed(mine.plan, ["Ana"]))
    because = "policy-2.json is not in force on chain 31337, and no such change is pending. Nothing was written."
    console.refuses(*REPLACE, *network, because=because.replace("chain 31337", chain(live)))
    assert "Whether policy-2.json is in force was not looked at" in console.run(*REPLACE).words
    folder = opened(console)
    for path in folder.policy_files()[:1]:
        path.unlink()
    put(console, "dave.json", card("Dave", "new"))
    lost = ("guardian", "replace", "Ben", "--by", "dave.json", *FOLDER, "-y", *NO_PDF, *network)
    console.refuses(*lost, because="that is in no file of mine/policies")
    console.run(*lost, "--again")
    assert [guardian.name for guardian in opened(console).newest.guardians] == ["Ana", "Dave", "Rita", "Dora"]


def chain(live: Live) -> str:
    from recovery.chains import chain_name

    return chain_name(live.client.chain_id)


def test_before_there_is_an_account_only_the_policy_file_changes(console: Console, policy: PolicyPlan) -> None:
    folder_of(console, policy, None)
    put(console, "rita.json", card("Rita", "relayer"))
    said = console.run(*REPLACE)
    assert "recovery setup mine" in commands(said) and not list((console.home / "mine").glob("kits/*"))


def test_the_kit_on_paper_goes_with_the_file(console: Console, mine: Setting) -> None:
    (console.home / "mine" / "kits" / "kit-carl.pdf").write_bytes(b"%PDF old")
    console.run(*(each for each in REPLACE if each != "--no-pdf"), "--paper", "letter")
    assert [Path(name).suffix for name in stale(console)] == [".json", ".pdf"]
    assert opened(console).kit_file("Rita").with_suffix(".pdf").read_bytes().startswith(b"%PDF")


# ----------------------------------------------------------------------------------------------- renew


def test_after_a_recovery_exactly_those_who_acted_get_new_openings(live: Live, console: Console, mine: Setting) -> None:
    network = ("--network", live.url)
    nothing = console.run("guardian", "renew", *FOLDER, "-y", *network)
    assert "there is nothing to renew" in nothing.words and len(opened(console).plans()) == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECOVERY_NETWORK", live.url)
        recovering(console, "friends", "ana ben")
    said = console.run("guardian", "renew", *FOLDER, "-y", *NO_PDF, *network)
    new, old = opened(console).newest, mine.plan
    assert [new.guardian(name).number for name in ("Ana", "Ben", "Carl", "Dora")] == [
        old.next_number,
        old.next_number + 1,
        old.guardian("Carl").number,
        old.guardian("Dora").number,
    ]
    assert [guardian.signer for guardian in new.guardians] == [guardian.signer for guardian in old.guardians]
    assert kit(console, "Ana") == opened(console).kit(new, "Ana") and kit(console, "Carl").policy == old.policy
    assert [name[:8] for name in stale(console)] == ["kit-ana-", "kit-ben-"]
    assert "Everybody else keeps their kit" in said.words
    again = console.run("guardian", "renew", *FOLDER, "-y", *network, "--again")
    assert "there is nothing to renew" in again.words


def test_guardians_can_be_named(console: Console, mine: Setting) -> None:
    console.run("guardian", "renew", "Dora", "Dora", *FOLDER, "-y", *NO_PDF)
    assert opened(console).newest == renewed(mine.plan, ["Dora"])
    base = ("guardian", "renew", *FOLDER, "-y")
    console.refuses(*base, "Eve", because="There is no guardian 'Eve'", code=2)
    console.refuses(*base, because="Name them, or give --network", code=2)


def test_a_transaction_that_says_nothing_is_named(live: Live, console: Console, mine: Setting) -> None:
    from tests.proxy import node

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECOVERY_NETWORK", live.url)
        recovering(console, "friends", "ana ben")

    def forgetful(question: dict[str, object], really: object) -> object:
        answer = really()  # type: ignore[operator]
        if question["method"] == "eth_getTransactionByHash":
            answer["result"]["input"] = "0x"
        return answer

    with node(live.url, forgetful) as poor:
        base = ("guardian", "renew", *FOLDER, "-y", "--network", poor.url)
        console.refuses(
            *base, because="Guardians have acted in transactions that say nothing this program can read: 0x"
        )


@pytest.mark.parametrize("wrapped", ["alone", "multicall", "carried"])
def test_openings_are_found_however_a_call_was_sent(console: Console, wrapped: str) -> None:
    from tests.recovery.samples import PLAN, request
    from tests.world import sign

    asked = request()
    member = PLAN.member("ana", 1)
    start = abi.function("WalletRecoveryModule", "start").encode(
        asked.account,
        asked.proof.to_abi(),
        asked.owners.to_abi(),
        2,
        asked.deadline,
        [(0, 1, member.salt, member.signer.data, sign("ana", asked.message))],
    )
    calldata = {
        "alone": start,
        "multicall": abi.function("WalletRecoveryModule", "multicall").encode([b"\x12\x34\x56\x78", start]),
        "carried": b"\x01\x02\x03\x04" + bytes(31) + start + bytes(7),
    }[wrapped]
    assert list(openings_in(calldata, asked.account)) == [member]
    assert not list(openings_in(calldata, address("ben")))
    assert not list(openings_in(calldata.replace(member.salt, bytes(32)), asked.account))
    for cut in range(0, len(calldata), 97):
        list(openings_in(calldata[:cut], asked.account))  # whatever is cut off is no error


@pytest.mark.parametrize("by", ["owner", "guardians"])
def test_who_cancels_as_a_guardian_is_revealed_and_an_owner_reveals_nobody(
    live: Live, console: Console, mine: Setting, by: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECOVERY_NETWORK", live.url)
        recovering(console, "friends", "ana ben")
        if by == "owner":
            console.run("cancel", mine.wallet, "--path", "0", "--signer", "owner", *PAYER, passwords=2)
        else:
            agreed(console, "cancel", "c.json", "ben carl", "--action", "cancel", "--path", "friends")
    console.run("guardian", "renew", *FOLDER, "-y", *NO_PDF, "--network", live.url)
    old, new = mine.plan, opened(console).newest
    changed = [g.name for g in new.guardians if g.number != old.guardian(g.name).number]
    assert changed == (["Ana", "Ben"] if by == "owner" else ["Ana", "Ben", "Carl"])


def test_who_has_frozen_is_revealed(live: Live, console: Console, mine: Setting) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECOVERY_NETWORK", live.url)
        agreed(console, "freeze", "freeze.json", "carl", "--action", "freeze", kit="carl")
    console.run("guardian", "renew", *FOLDER, "-y", *NO_PDF, "--network", live.url)
    assert opened(console).newest == renewed(mine.plan, ["Carl"])


def test_a_forged_policy_file_stops_everything(console: Console, mine: Setting) -> None:
    path = opened(console).policy_files()[0]
    path.write_text(forged(path.read_text(), nextNumber=50, policyHash="0x" + "00" * 32))
    console.refuses(*REPLACE, because="contradicts itself", code=2)
