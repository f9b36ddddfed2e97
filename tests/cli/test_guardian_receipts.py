"""`recovery guardian check`, `resign`, `receive`, `list`: who has answered, and who can be counted on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from recovery import files
from recovery.card import Receipt, Statement
from recovery.kit import Kit, Notes
from recovery.plan import PolicyPlan
from recovery.policy import DAY
from recovery.quorum import derive_salt
from recovery.succession import renewed, replaced
from tests.cli.conftest import PAYER, Console, Setting, commands, copied
from tests.cli.guardian_world import FOLDER, PAST, address, card, folder_of, now, opened, put, receipt
from tests.live import Live, keystore
from tests.recovery.samples import forged
from tests.world import person

CHECK = ("guardian", "check", "kits/kit-ana.json", "--signer", "ana", "-y")


def said_by(console: Console, name: str) -> Receipt:
    return Receipt.loads((console.home / name).read_text())


def kit_of(console: Console, name: str) -> Kit:
    return Kit.loads((console.home / "kits" / f"kit-{name}.json").read_text())


def altered(console: Console, made: Kit, name: str = "kits/kit-ana.json") -> None:
    (console.home / name).write_text(made.dumps())


# ----------------------------------------------------------------------------------------------- check


def test_a_guardian_looks_at_the_kit_on_the_chain_and_answers(live: Live, console: Console, setting: Setting) -> None:
    said = console.run(*CHECK, passwords=1)
    made = said_by(console, "receipt-ana.json")
    assert made.is_signed_by_key and made.statement is Statement.HOLDS
    assert (made.name, made.account) == ("Ana", setting.wallet)
    assert made.commitments == kit_of(console, "ana").commitments
    assert "your kit is of the policy that the account has now" in said.words
    assert Statement.HOLDS.value in said.words and "Next: send receipt-ana.json" in said.words


@pytest.mark.parametrize("asked", [True, False])
def test_what_no_chain_vouches_for_is_shown_and_said(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    """Who knows a guardian's opening could hand them a kit with another number to ring."""
    if not asked:
        monkeypatch.delenv("RECOVERY_NETWORK")
    told = Notes("Olga", (("Ben", "+1 666 1"), ("Carl", "carl@example.org")), "What is the capital of France?")
    altered(console, replace(kit_of(console, "ana"), notes=told))
    said = console.run(*CHECK, passwords=1).words
    for each in ("Question What is the capital of France?", "To ring Ben, +1 666 1", "Carl, carl@example.org"):
        assert each in said
    assert "No chain says whether the names of the paths, the question and the contacts are right" in said
    assert "ring the owner on a number that you already had" in said
    altered(console, replace(kit_of(console, "ana"), notes=Notes("Olga")))
    said = console.run(*CHECK, passwords=1).words
    assert "Question none" in said and "To ring nobody else" in said


def test_who_resigns_is_not_troubled_with_it(live: Live, console: Console, setting: Setting) -> None:
    said = console.run("guardian", "resign", "kits/kit-ana.json", "--signer", "ana", "-y", passwords=1).words
    assert "To ring" not in said and "No chain says" not in said


def test_without_a_network_it_is_said_that_the_chain_was_not_asked(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECOVERY_NETWORK")
    assert "was not looked at: that takes --network" in console.run(*CHECK, passwords=1).words
    assert said_by(console, "receipt-ana.json").is_signed_by_key


def test_a_year_later_the_same_command_takes_the_place_of_the_first_answer_and_of_nothing_else(
    live: Live, console: Console, setting: Setting
) -> None:
    put(console, "receipt-ana.json", receipt(kit_of(console, "ana")))
    console.run(*CHECK, passwords=1)
    assert said_by(console, "receipt-ana.json").time > PAST
    for other in (
        receipt(kit_of(console, "ben")),
        receipt(kit_of(console, "ana"), statement=Statement.RESIGNS),
        card("Ana"),
    ):
        put(console, "receipt-ana.json", other)
        console.refuses(*CHECK, because="receipt-ana.json exists already", code=2)


def test_a_key_that_is_not_the_kits_signs_nothing(live: Live, console: Console, setting: Setting) -> None:
    for verb in ("check", "resign"):
        base = ("guardian", verb, "kits/kit-ana.json", "--signer", "ben", "-y")
        console.refuses(*base, because=f"That is the key of {address('ben')}; the guardian's key is", code=2)
    words = "test test test test test test test test test test test junk"
    base = ("guardian", "check", "kits/kit-ana.json", "--signer", "paper", "-y")
    console.refuses(*base, because="That is the key of 0xf39F", code=2, passwords=[words])


def test_a_kit_for_nobody_or_for_another_place_is_refused(live: Live, console: Console, setting: Setting) -> None:
    module, wallet, plan = live.client.deployment.module, setting.wallet, setting.plan
    altered(console, plan.kit("Ana", 5, module, wallet))
    console.refuses(*CHECK, because="but the network is", code=2)
    altered(console, plan.kit("Ana", 31337, address("ben"), wallet))
    console.refuses(*CHECK, because="This kit is for the module", code=2)
    altered(console, plan.kit("Ana", 31337, module, address("ben")))
    console.refuses(*CHECK, because="has no policy on")
    altered(console, plan.kit("Nobody", 31337, module, wallet))
    console.refuses(*CHECK, because="This kit is of no single guardian", code=2)


def test_a_stale_kit_is_not_signed_for_and_one_that_still_fits_is(
    live: Live, console: Console, setting: Setting
) -> None:
    elsewhere = renewed(setting.plan, ["Ana"])
    module, wallet = live.client.deployment.module, setting.wallet
    altered(console, elsewhere.kit("Ana", 31337, module, wallet))
    console.refuses(*CHECK, because="This kit is stale: it opens nothing in the policy that")
    altered(console, elsewhere.kit("Ben", 31337, module, wallet), "kits/kit-ben.json")
    said = console.run("guardian", "check", "kits/kit-ben.json", "--signer", "ben", "-y", passwords=1)
    assert "It still opens all that it did: keep it" in said.words
    heir = replace(setting.plan.paths[3], guardians=(("Dora", 1), ("Ana", 1)))
    altered(console, replace(setting.plan, paths=(*setting.plan.paths[:3], heir)).kit("Ana", 31337, module, wallet))
    assert "It now opens 3 paths instead of 4: keep it" in console.run(*CHECK, passwords=1).words


def test_the_kit_of_a_change_that_waits_is_good_from_then_on(live: Live, console: Console, setting: Setting) -> None:
    after = replaced(setting.plan, "Ana", card("Rita", "relayer"))
    put(console, "policy-2.json", after)  # type: ignore[arg-type]
    base = ("policy", "change", setting.wallet, "--policy", "policy-2.json", "--signer", "owner", *PAYER)
    console.run(*base, passwords=2)
    module, wallet = live.client.deployment.module, setting.wallet
    new = after.kit("Rita", 31337, module, wallet)
    altered(console, new, "kits/kit-rita.json")
    keystore(console.home / ".ape" / "accounts", "relayer")
    said = console.run("guardian", "check", "kits/kit-rita.json", "--signer", "relayer", "-y", passwords=1)
    assert "your kit is of a change of policy that can be in force from" in said.words


def test_resigning_is_asked_for_and_says_what_follows(live: Live, console: Console, setting: Setting) -> None:
    base = ("guardian", "resign", "kits/kit-ana.json", "--signer", "ana")
    before = console.files()
    assert "Do you resign?" in console.run(*base, code=1, answer="n\n").err
    assert console.files() == before
    said = console.run(*base, "-y", passwords=1)
    made = said_by(console, "resignation-ana.json")
    assert made.statement is Statement.RESIGNS and made.is_signed_by_key
    assert "your approval would still count" in said.words


def test_a_receipt_can_be_signed_elsewhere(live: Live, console: Console, setting: Setting) -> None:
    from eth_account import Account

    base = ("guardian", "check", "kits/kit-ana.json", "--typed-data", "t.json")
    said = console.run(*base)
    typed = json.loads((console.home / "t.json").read_text())
    signature = Account.sign_typed_data(person("ana").key, full_message=typed).signature.hex()
    back = next(command for command in commands(said) if command.startswith("recovery"))
    copied(console, back.replace("0x...", "0x" + signature.removeprefix("0x")))
    assert said_by(console, "receipt-ana.json").is_signed_by_key
    resign = ("guardian", "resign", "kits/kit-ana.json", "--typed-data", "t.json", "--signature", "0x" + signature)
    console.refuses(*resign, because="t.json says something else than what you ask for now", code=2)


# --------------------------------------------------------------------------------------------- receive


@pytest.fixture
def mine(live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch) -> Setting:
    """The owner's folder, and no network unless it is given."""
    monkeypatch.delenv("RECOVERY_NETWORK")
    folder_of(console, setting.plan, setting.wallet)
    return setting


def received(console: Console, *names: str) -> str:
    return console.run("guardian", "receive", *names, *FOLDER).words


def test_receipts_are_filed_and_it_is_said_who_is_missing(console: Console, mine: Setting) -> None:
    for name in ("ana", "ben"):
        put(console, f"{name}.json", receipt(kit_of(console, name), time=now()))
    said = received(console, "ana.json", "ben.json")
    assert "Ana holds the kit" in said and "2 of 4 guardians can be counted on; still missing: Carl and Dora." in said
    assert "Protected: not yet" in said and "'theft' has 2 of 3 votes" in said
    for name in ("carl", "dora"):
        put(console, f"{name}.json", receipt(kit_of(console, name), time=now()))
    said = received(console, "carl.json", "dora.json")
    assert "all of them" in said and "Protected: yes" in said
    assert len(opened(console).receipts()) == 4
    before = console.files()
    received(console, "ana.json")
    assert console.files() == before


def test_cards_and_receipts_come_as_pictures_and_as_text(console: Console, mine: Setting) -> None:
    put(console, "ana.json", receipt(kit_of(console, "ana"), time=now()))
    put(console, "card.json", card("Ana", contact="+351"))
    console.run("qr", "ana.json", "--png", "r")
    console.run("qr", "card.json", "--png", "c")
    text = console.run("qr", "card.json", "--text").out
    (console.home / "mail.txt").write_text(f"Hello,\n{text}\nAna")
    said = received(console, *sorted(path.name for path in console.home.glob("[rc].png")), "mail.txt")
    assert "1 of 4" in said and address("ana") in said
    assert len(opened(console).receipts()) == 1 and [c.contact for c in opened(console).cards()] == ["+351"]


def test_what_is_no_guardians_or_was_altered_is_refused(console: Console, mine: Setting) -> None:
    good = receipt(kit_of(console, "ana"), time=now())
    module, plan = good.module, mine.plan
    elsewhere = receipt(plan.kit("Ana", 31337, module, address("ben")))
    stranger = receipt(
        replaced(plan, "Ana", card("Rita", "relayer")).kit("Rita", 31337, module, mine.wallet), "relayer"
    )
    unknown = receipt(renewed(plan, ["Ana"]).kit("Ana", 31337, module, mine.wallet))
    cases = [
        (forged(good.dumps(), time=good.time - 1), "is not signed by"),
        (forged(good.dumps(), statement="resigns"), "is not signed by"),
        (forged(good.dumps(), signer=address("ben")), "who is no guardian", "knows nothing of"),
        (forged(good.dumps(), signature="0x"), "is not signed by"),
        (good.dumps().replace(f'"time": {good.time}', f'"time": {good.time - 1}'), "has been altered"),
        (receipt(kit_of(console, "ana"), "ben").dumps(), "is not signed by"),
        (receipt(kit_of(console, "ana"), time=now() + 3 * DAY).dumps(), "which is still to come"),
        (elsewhere.dumps(), "is for 0x"),
        (stranger.dumps(), "who is no guardian of"),
        (unknown.dumps(), "for a kit of a policy that mine knows nothing of"),
        (forged(card("Eve").dumps(), contact="ring me"), "is not signed by"),
        (card("Eve", time=now() + 3 * DAY).dumps(), "which is still to come"),
        (kit_of(console, "ana").dumps(), "a guardian's card or receipt is needed here"),
        ("nonsense", "is no file of ape-recovery"),
    ]
    for number, (text, *because) in enumerate(cases):
        (console.home / "x.json").write_text(text)
        before = console.files()
        done = console.run("guardian", "receive", "x.json", *FOLDER, code=2 if number in (4, 12, 13) else 1)
        assert any(each in done.words for each in because), (number, done.words)
        assert console.files() == before


def test_one_bad_file_does_not_keep_the_others_out(console: Console, mine: Setting) -> None:
    put(console, "ana.json", receipt(kit_of(console, "ana"), time=now()))
    put(console, "bad.json", receipt(kit_of(console, "ben"), "carl"))
    put(console, "ben.json", receipt(kit_of(console, "ben"), time=now()))
    said = console.run("guardian", "receive", "ana.json", "bad.json", "ben.json", "none.json", *FOLDER, code=1)
    assert "bad.json was not filed" in said.words and "2 of 4 files were not filed" in said.words
    assert sorted(each.name for each in opened(console).receipts()) == ["Ana", "Ben"]


def test_the_name_in_a_receipt_is_not_signed_and_not_believed(console: Console, mine: Setting) -> None:
    made = receipt(kit_of(console, "ana"), time=now())
    (console.home / "x.json").write_text(forged(made.dumps(), name="Ben"))
    assert "Ana holds the kit" in received(console, "x.json")
    assert [each.name for each in opened(console).receipts()] == ["Ana"]


def test_a_second_card_of_a_name_needs_another_name_or_a_replacement(console: Console, mine: Setting) -> None:
    put(console, "one.json", card("Ana"))
    put(console, "two.json", card("Ana", "relayer"))
    received(console, "one.json")
    base = ("guardian", "receive", "two.json", *FOLDER)
    console.refuses(*base, because="recovery guardian replace Ana --by two.json --folder mine", code=2)
    assert "There is a card of another Ana already" in console.said[-1].replace("\n", " ")


def test_a_receipt_before_there_is_an_account_is_refused_and_a_card_is_not(
    console: Console, policy: PolicyPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECOVERY_NETWORK", raising=False)
    folder_of(console, policy, None)
    put(console, "r.json", receipt(policy.kit("Ana", 1, address("ben"), address("carl"))))
    put(console, "c.json", card("Ana"))
    console.refuses("guardian", "receive", "r.json", *FOLDER, because="does not exist yet")
    console.run("guardian", "receive", "c.json", *FOLDER)
    console.refuses("guardian", "receive", "c.json", because="Which folder? Give --folder", code=2)


def test_a_receipt_for_an_older_kit_is_filed_with_a_hint(console: Console, mine: Setting) -> None:
    folder = opened(console)
    put(console, "r.json", receipt(kit_of(console, "ana"), time=now()))
    folder.add_plan(renewed(mine.plan, ["Ana"]))
    said = received(console, "r.json")
    assert "It is for an older kit of Ana. Give them the new one: mine/kits/kit-ana.json" in said
    assert "0 of 4" in said


# ------------------------------------------------------------------------------------------------ list


def listed(console: Console, *more: str) -> str:
    return console.run("guardian", "list", *FOLDER, *more).words


def as_data(console: Console, *more: str) -> dict:  # type: ignore[type-arg]
    result: dict = json.loads(console.run("guardian", "list", *FOLDER, "--json", *more).out)  # type: ignore[type-arg]
    return result


def answer(console: Console, *names: str, time: int = 0) -> None:
    for name in names:
        opened(console).add_receipt(receipt(kit_of(console, name), time=time or now()))


def test_the_list_says_who_has_answered_and_who_is_due(console: Console, mine: Setting) -> None:
    answer(console, "ana")
    answer(console, "ben", time=now() - 400 * DAY)
    answer(console, "carl", time=now() - 600 * DAY)
    opened(console).add_card(card("Ana", contact="+351 1"))
    said = listed(console)
    assert "answered today, kit made" in said and "answered 13 months ago (ask again)" in said
    assert "Dora" in said and "never answered" in said and "+351 1" in said and "no card" in said
    assert "2 of 4 guardians can be counted on; still missing: Carl and Dora." in said
    assert "whether it is in force takes --network" in said
    assert "ask Ben, Carl and Dora to say that they hold their kits" in said
    data = as_data(console)
    by_name = {each["name"]: each for each in data["guardians"]}
    assert [by_name[n]["due"] for n in ("Ana", "Ben", "Carl", "Dora")] == [False, True, True, True]
    assert [by_name[n]["counts"] for n in ("Ana", "Ben", "Carl", "Dora")] == [True, True, False, False]
    assert by_name["Ana"]["contact"] == "+351 1" and by_name["Ana"]["paths"] == ["friends", "theft", "freeze"]
    assert data["protected"] is False and data["policy"]["inForce"] is None and data["margin"] == 1
    assert {path["label"]: path["weight"] for path in data["paths"]} == {"friends": 2, "theft": 2, "heir": 0}


@pytest.mark.parametrize("part", ["receipts", "cards"])
def test_one_damaged_file_counts_for_nothing_and_keeps_nobody_else_from_counting(
    live: Live, console: Console, mine: Setting, part: str
) -> None:
    answer(console, "ana")
    opened(console).add_card(card("Ana", contact="+351 1"))
    (console.home / "mine" / part / "x.json").write_text("{}")
    network = ("--network", live.url)
    for command in (("guardian", "list", *FOLDER), ("status", *FOLDER, *network)):
        said = console.run(*command)
        assert f"mine/{part}/x.json is not a guardian's" in " ".join(said.err.split())
        assert "counts for nothing" in " ".join(said.err.split()) and "1 of 4" in said.words
    assert "+351 1" in listed(console)
    assert [each["counts"] for each in as_data(console)["guardians"]] == [True, False, False, False]
    (console.home / "mine" / "policies" / "policy-1.json").write_text("{}")
    console.refuses("guardian", "list", *FOLDER, because="policy-1.json", code=2)


def test_a_damaged_card_is_named_before_there_is_a_policy(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    from recovery.folder import AccountNote, Folder

    monkeypatch.delenv("RECOVERY_NETWORK", raising=False)
    folder = Folder.create(console.home / "mine", AccountNote("Olga"))
    folder.add_card(card("Ana"))
    (folder.path / "cards" / "x.json").write_text("{}")
    said = console.run("guardian", "list", *FOLDER)
    assert address("ana") in said.out and "cards/x.json is not a guardian's card" in " ".join(said.err.split())


def test_an_envelope_stays_sealed_and_is_looked_at_after_five_years(console: Console, mine: Setting) -> None:
    for name in ("Carl", "Dora"):
        opened(console).add_card(card(name))
        opened(console).holding(name, "Notary")
    said = console.run("guardian", "list", *FOLDER)
    assert "sealed; never checked" in said.words and "open Carl and Dora and type the words" in said.words
    assert "recovery guardian paper Carl --folder mine --check" in commands(said)
    assert "ask Ana and Ben to say that they hold their kits" in said.words
    answer(console, "ana", "carl", time=now() - 700 * DAY)
    answer(console, "dora", time=now() - 5 * 366 * DAY)
    said = console.run("guardian", "list", *FOLDER)
    assert "sealed; last checked 23 months ago, kit" in said.words
    assert "sealed; last checked 5 years ago (look again), kit" in said.words
    assert "2 of 4 guardians can be counted on; still missing: Ana and Ben." in said.words
    assert "open Dora and type the words, which files a receipt; then seal it again:" in said.words
    data = {each["name"]: (each["sealed"], each["counts"], each["due"]) for each in as_data(console)["guardians"]}
    assert data == {
        "Ana": (False, False, True),
        "Ben": (False, False, True),
        "Carl": (True, True, False),
        "Dora": (True, True, True),
    }


def test_the_margin_counts_all_guardians_and_those_who_have_answered(console: Console, mine: Setting) -> None:
    margin = "Margin: 1 person can be lost, whoever they are;"
    answer(console, "ana")
    assert f"{margin} those who have answered are not enough yet." in listed(console)
    answer(console, "ben")
    assert f"{margin} of those who have answered, 0." in listed(console)
    answer(console, "carl")
    assert f"{margin} of those who have answered, 1." in listed(console)


def test_the_list_asks_to_replace_who_has_resigned(console: Console, mine: Setting) -> None:
    answer(console, "ana", "ben", time=now() - DAY)
    put(console, "x.json", receipt(kit_of(console, "ana"), time=now(), statement=Statement.RESIGNS))
    said = received(console, "x.json")
    assert "Ana has resigned" in said and "recovery guardian replace Ana --by CARD --folder mine" in said
    said = listed(console)
    assert "has resigned" in said and "recovery guardian replace Ana --by CARD --folder mine" in said


def test_a_receipt_that_was_changed_in_the_folder_does_not_count(console: Console, mine: Setting) -> None:
    answer(console, "ana")
    (path,) = (console.home / "mine" / "receipts").glob("*.json")
    path.write_text(forged(path.read_text(), time=now() - 5_000))
    assert as_data(console)["guardians"][0]["checked"] is None


def test_what_a_contract_has_said_counts_where_the_chain_can_be_asked(
    live: Live, console: Console, mine: Setting
) -> None:
    made = Receipt.of(Statement.HOLDS, kit_of(console, "ben"), now())
    put(console, "ben.json", made)
    console.refuses("guardian", "receive", "ben.json", *FOLDER, because="give --network: it has to be asked")
    network = ("--network", live.url)
    console.refuses("guardian", "receive", "ben.json", *FOLDER, *network, because="is not signed by")
    live.client.send(live.client.approve_digest(made.message.digest), person("ben"))
    assert "1 of 4" in console.run("guardian", "receive", "ben.json", *FOLDER, *network).words
    assert "What Ben said counts where --network is given" in listed(console)
    assert "1 of 4" in listed(console, *network)


def test_with_a_network_the_policy_in_force_counts(live: Live, console: Console, mine: Setting) -> None:
    answer(console, "ana", "ben", "carl", "dora")
    opened(console).add_plan(renewed(mine.plan, ["Ana"]))
    assert "3 of 4" in listed(console)
    said = listed(console, "--network", live.url)
    assert "in force on" in said and "4 of 4" in said and "policy-2.json, is not in force" in said
    data = as_data(console, "--network", live.url)
    assert [g["leaving"] for g in data["guardians"]] == [False] * 4  # the same people
    assert data["policy"] == {"file": "policies/policy-1.json", "inForce": True, "newest": False}
    (console.home / "mine" / "policies" / "policy-1.json").unlink()
    because = "No policy file in mine/policies is the one that the account has"
    console.refuses("guardian", "list", *FOLDER, "--network", live.url, because=because)


def test_a_change_that_is_under_way_says_what_comes_next(live: Live, console: Console, mine: Setting) -> None:
    answer(console, "ana", "ben", "carl", "dora", time=now() - DAY)
    opened(console).add_receipt(receipt(kit_of(console, "ben"), time=now(), statement=Statement.RESIGNS))
    put(console, "rita.json", card("Rita", "relayer"))
    network = ("--network", live.url)
    base = ("guardian", "replace", "Ben", "--by", "rita.json", *FOLDER, "-y", "--no-pdf", *network)
    console.run(*base)
    said = console.run("guardian", "list", *FOLDER, *network)
    assert "has resigned, is to leave" in said.words and "ask Rita to say that they hold their kits" in said.words
    first = commands(said)[0]
    assert first.startswith(f"recovery policy change {mine.wallet} --policy mine/policies/policy-2.json --signer KEY")
    assert not [each for each in commands(said) if "guardian replace" in each]
    copied(console, first, signer="owner", account="payer", network=live.url, passwords=2)
    said = console.run("guardian", "list", *FOLDER, *network)
    assert "the change to policy-2.json can be applied from" in said.words
    assert commands(said)[0].startswith(f"recovery policy apply {mine.wallet}")


def test_before_there_is_a_policy_the_cards_are_listed(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    from recovery.folder import AccountNote, Folder

    monkeypatch.delenv("RECOVERY_NETWORK", raising=False)
    folder = Folder.create(console.home / "mine", AccountNote("Olga"))
    assert "Nor is there a card" in listed(console)
    folder.add_card(card("Ana", contact="+351"))
    assert address("ana") in listed(console) and "recovery setup mine" in listed(console)
    assert as_data(console)["cards"] == [{"name": "Ana", "signer": address("ana"), "contact": "+351"}]


def test_the_folder_comes_from_the_environment_or_the_profile(
    console: Console, mine: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOVERY_FOLDER", "mine")
    console.run("guardian", "list")
    monkeypatch.delenv("RECOVERY_FOLDER")
    (console.home / "ape-config.yaml").write_text("recovery:\n  profiles:\n    default:\n      folder: mine\n")
    (console.home / "deep").mkdir()
    monkeypatch.chdir(console.home / "deep")
    console.run("guardian", "list")
    console.refuses("guardian", "list", "--folder", "none", because="none is not an owner's folder", code=2)


def test_nothing_of_the_folder_is_public(console: Console, mine: Setting) -> None:
    put(console, "ana.json", receipt(kit_of(console, "ana"), time=now()))
    put(console, "card.json", card("Ana"))
    received(console, "ana.json", "card.json")
    listed(console)
    salts = [derive_salt(mine.plan.secret, guardian.number).hex() for guardian in mine.plan.guardians]
    assert not [salt for salt in salts if salt in "\n".join(console.said)]
    for path in (console.home / "mine").rglob("*.json"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert files.kind_of(Path(console.home / "mine" / "cards" / "ana.json").read_text()) == "recovery-card"
