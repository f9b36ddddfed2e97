"""Runbooks and the heir's letter: what stands in them, what must not, and the dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.errors import InvalidInput
from recovery.explain import when
from recovery.plan import PathPlan
from recovery.policy import DAY, Right
from recovery.quorum import derive_salt
from recovery.runbook import (
    Document,
    Known,
    earliest,
    guardian_runbook,
    heir_runbook,
    heirs_letter,
    markdown,
    owner_runbook,
    pdf,
)
from recovery.runbook.model import Points, Said, Section, Step, Table, spans
from recovery.sheets import read_back
from recovery.sheets.text import bold
from recovery.state import PathStatus, RequestState
from tests.recovery.runbook_world import (
    ACCOUNT,
    AGE_KEY,
    EVERYTHING,
    FREEZE,
    FRIENDS,
    HEIRS,
    LAST,
    NAMES,
    NOW,
    QUESTION,
    THEFT,
    documents,
    folder,
    known,
    note,
    plan,
    stand,
    state,
)
from tests.recovery.sheet_world import dense, overlaps, page_texts
from tests.recovery.sheet_world import text as read
from tests.world import SECRET, signer


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return known(tmp_path_factory.mktemp("owner") / "mine", stand())


@pytest.fixture(scope="module")
def drawn(everything: Known) -> list[tuple[Document, bytes]]:
    return [(document, pdf(document)) for document in documents(everything, "Dora", "Carl")]


# ------------------------------------------------------------------------------------------------- secrets


def secrets(made: Known) -> Iterator[str]:
    yield SECRET.hex()
    for number in range(20):
        yield derive_salt(SECRET, number).hex()
    for paths in (plan().policy.paths, made.structures):
        yield from (member.hex() for path in paths for member in path.members)
    yield from (str(signer(name)).lower() for name in (*NAMES, "mallory"))
    yield QUESTION.lower()
    about = note().about
    yield from (about.check.salt.hex(), about.check.value.hex(), about.id.hex(), AGE_KEY)
    yield from (holder.proof.lower() for holder in note().holders)


def test_no_secret_of_the_folder_is_in_any_document(everything: Known, drawn: list[tuple[Document, bytes]]) -> None:
    for document, sheet in drawn:
        properties = " ".join(pypdfium2.PdfDocument(sheet).get_metadata_dict().values())
        said = f"{markdown(document)} {read(sheet)} {dense(sheet)} {properties}".lower()
        for secret in secrets(everything):
            assert secret not in said, document.name
    assert properties.split() == [*drawn[-1][0].title.split(), "ape-recovery"]


def test_what_is_not_known_cannot_be_written(everything: Known) -> None:
    assert SECRET not in (everything.plan.secret, everything.policy_hash) and everything.plan.secret == bytes(32)
    assert QUESTION not in repr(everything) and SECRET.hex() not in repr(everything)
    assert everything.policy_hash == plan().policy.hash != everything.plan.policy.hash


def test_guardians_are_named_to_the_owner_and_to_heirs_only_where_the_owner_wants(everything: Known) -> None:
    def named(document: Document) -> list[str]:
        return [name for name in NAMES if name in markdown(document)]

    assert named(owner_runbook(everything)) == list(NAMES)
    assert named(guardian_runbook(everything)) == []
    for name in NAMES:
        assert named(guardian_runbook(everything, name)) == [name]
    for document in (heir_runbook(everything), heirs_letter(everything)):
        assert named(document) == ["Dora", "Notary"] and "+49 30 901820" in markdown(document)
    for document in (heir_runbook(everything, names=False), heirs_letter(everything, names=False)):
        assert named(document) == [] and "+49" not in markdown(document)


def test_a_contact_is_that_of_the_guardians_own_key(everything: Known) -> None:
    assert dict(everything.contacts) == {"Ana": "+351 912 345 678", "Carl": "at the bank", "Dora": "+49 30 901820"}
    for document in documents(everything):
        assert "555" not in markdown(document), "the card of somebody else who calls himself Notary"


def test_who_holds_shares_is_told_to_the_owner_and_otherwise_only_on_demand(everything: Known) -> None:
    for document in documents(everything):
        told = document.name == "runbook-owner"
        assert ("Willi" in markdown(document)) == (told or "Who holds shares" in markdown(document))
    assert "Willi" not in markdown(heir_runbook(everything))
    assert "Held by Vera, Ana and Willi" in markdown(heir_runbook(everything, holders=True))
    given_up = replace(everything, shares=())
    assert "Willi" not in markdown(owner_runbook(given_up))


def test_sets_that_were_given_up_are_not_mentioned(tmp_path: Path) -> None:
    kept = folder(tmp_path / "mine")
    assert Known.of(kept, 1, [note().retire(NOW)], [], NOW).shares == ()


def test_each_document_says_what_somebody_learns_who_finds_it(everything: Known) -> None:
    for document in documents(everything):
        assert re.search(r"^> \*\*(No key stands here|This letter is no key).*hoever finds", markdown(document), re.M)


# --------------------------------------------------------------------------------------------------- dates


def status(kind: RequestState, ready: int) -> PathStatus:
    return PathStatus(kind, 1, ready, ready + HEIRS.window)


@given(last=st.integers(1, 2**32), now=st.integers(1, 2**32), wait=st.integers(7, 4000), delay=st.integers(1, 365))
def test_the_two_dates_are_the_first_at_which_the_contracts_would_not_refuse(
    last: int, now: int, wait: int, delay: int
) -> None:
    path = replace(HEIRS, inactivity=wait * DAY, delay=delay * DAY)
    found = earliest(state(last=last, time=now), 0, path)
    assert found is not None
    start = max(now, found.start)
    assert last + path.inactivity <= start, "start: lastActive + inactivity <= now"
    assert start == now or last + path.inactivity > start - 1, "and not a second later than that"
    assert found.in_place == start + path.delay


def test_a_clock_that_is_not_set_has_no_dates(tmp_path: Path) -> None:
    assert earliest(state(last=0), 0, HEIRS) is None
    letter = markdown(heirs_letter(known(tmp_path / "mine", stand(state(last=0)))))
    assert "never, as it stands" in letter and "1970" not in letter


def test_a_recovery_under_way_gives_the_date_unless_the_owner_was_active_since() -> None:
    opened = LAST + HEIRS.inactivity
    ready = opened + HEIRS.delay
    pending = {0: status(RequestState.PENDING, ready)}
    found = earliest(state(requests=pending, time=opened + 5), 0, HEIRS)
    assert found is not None and found.under_way and found.in_place == ready
    found = earliest(state(requests=pending, time=opened + 5, last=LAST + 1), 0, HEIRS)
    assert found is not None and not found.under_way and found.in_place == opened + 5 + HEIRS.delay
    expired = {0: status(RequestState.EXPIRED, ready)}
    found = earliest(state(requests=expired, time=ready + HEIRS.window), 0, HEIRS)
    assert found is not None and found.expired and not found.under_way


def test_the_letter_says_both_dates_of_every_silent_path_and_where_they_come_from(everything: Known) -> None:
    letter = markdown(heirs_letter(everything))
    for path in (path for path in EVERYTHING if path.inactivity):
        assert f"**{when(LAST + path.inactivity)}** at the earliest" in letter
        assert f"**{when(LAST + path.inactivity + path.delay)}** at the earliest" in letter
    assert letter.count("at the earliest") == 4
    assert f"block 7654321 of Sepolia (chain 11155111), {when(NOW)}" in letter
    assert f"policy-1.json, hash 0x{plan().policy.hash.hex()[:8]}…, epoch 4" in letter


def test_a_path_that_is_open_already_is_said_to_be(tmp_path: Path) -> None:
    late = LAST + HEIRS.inactivity + 100
    letter = markdown(heirs_letter(known(tmp_path / "mine", stand(state(time=late)))))
    assert f"**now**, since {when(LAST + HEIRS.inactivity)}" in letter
    assert f"**{when(late + HEIRS.delay)}** at the earliest" in letter


def test_without_a_chain_there_are_no_dates_in_any_document(tmp_path: Path) -> None:
    offline = known(tmp_path / "mine")
    for document in documents(offline):
        assert " UTC" not in markdown(document).replace("that day (UTC)", ""), document.name
    letter = markdown(heirs_letter(offline))
    assert "There are no dates here" in letter and "365 days after the last sign of life" in letter
    assert "epoch" not in letter


def test_without_a_silent_path_the_letter_says_so_and_what_heirs_can_do_instead(tmp_path: Path) -> None:
    letter = markdown(
        heirs_letter(known(tmp_path / "mine", stand(state(plan(FRIENDS, THEFT))), made=plan(FRIENDS, THEFT)))
    )
    assert "There is no date here, and none would be right" in letter and "at the earliest" not in letter
    assert "replaced on “friends” 3 days later (any 2 of 3 guardians)" in letter
    assert "on “my \\*theft\\* path” 7 days later (all 3 guardians together)" in letter
    assert "sign of life" not in letter and "dates" not in letter, "no clock is of any importance"


def test_what_is_under_way_on_the_chain_stands_in_the_letter(tmp_path: Path) -> None:
    changing = replace(state(), change_eta=NOW + DAY, change_policy_hash=b"\1" * 24)
    letter = markdown(heirs_letter(known(tmp_path / "a", stand(changing))))
    assert f"can be in force from {when(NOW + DAY)}: then this is void" in letter
    lapsed = replace(changing, change_eta=NOW - 30 * DAY)
    assert "in force from" not in markdown(heirs_letter(known(tmp_path / "b", stand(lapsed))))
    opened = state(requests={3: PathStatus(RequestState.PENDING, 1, NOW + DAY, NOW + 2 * DAY)})
    letter = markdown(heirs_letter(known(tmp_path / "c", stand(opened))))
    assert "a recovery on “friends”: once it is finished, this is void" in letter


def test_a_chain_that_was_not_asked_is_named(everything: Known) -> None:
    assert "which was not asked" not in markdown(heirs_letter(everything))
    both = replace(everything, chains=(8453, 11155111))
    assert "also on Base (chain 8453), with a clock of its own there, which was not asked" in markdown(
        heirs_letter(both)
    )


def test_what_counts_as_a_sign_of_life_depends_on_the_kind_of_account(tmp_path: Path) -> None:
    wallet = markdown(heirs_letter(known(tmp_path / "a", stand())))
    assert "user operation (ERC-4337)" in wallet and "heartbeat" in wallet and "EIP-7702" not in wallet
    plain = markdown(heirs_letter(known(tmp_path / "b", stand(delegated=True))))
    assert "Plain transactions of the same key, which any wallet sends, are NOT seen" in plain
    assert "any transaction out of the account" not in plain and "cancelling a recovery" not in plain
    unknown = markdown(heirs_letter(known(tmp_path / "c")))
    assert "EIP-7702" in unknown and "any transaction out of the account" in unknown
    for letter in (wallet, plain, unknown):
        does_not = letter.partition("## What does not")[2]
        assert "apply a change of policy" in does_not and "receiving anything" in does_not


# --------------------------------------------------------------------------------------- what fits whom


def test_a_key_of_the_owners_gets_no_guardians_runbook(everything: Known) -> None:
    keys = (("Phone", signer("phone")), ("Laptop", signer("Ana")))
    with pytest.raises(InvalidInput, match="Ana is a key of the owner's own"):
        guardian_runbook(replace(everything, plan=replace(everything.plan, owners=keys)), "Ana")


def test_the_owner_is_told_what_fits_the_policy(tmp_path: Path) -> None:
    numbers = count()

    def owners(*paths: PathPlan, least: int = 2) -> str:
        made = known(tmp_path / str(next(numbers)), made=replace(plan(*paths), owners_threshold=least))
        return markdown(owner_runbook(made))

    assert "no path that freezes" in owners(FRIENDS) and "no path that needs no silence and that a thief" in owners(
        FRIENDS, least=1
    )
    everything = owners(*EVERYTHING)
    assert "no path that freezes" not in everything and "which a thief cannot cancel, is the path **my" in everything
    assert "The freeze ends after" not in everything, "14 days are longer than 7"
    assert "The freeze ends after 7 days" in owners(FRIENDS, THEFT, replace(FREEZE, window=7 * DAY))
    assert "No path helps at once" in owners(HEIRS, FREEZE)
    assert "recovery keys rotate" not in everything and "recovery keys rotate" in owners(*EVERYTHING, least=1)
    assert "Ana (freeze), Ben Costa (freeze) and Carl (freeze)" in everything
    assert "Who can act alone: nobody." in owners(FRIENDS, THEFT)


# -------------------------------------------------------------------------------------------- on paper


def test_markdown_and_pdf_say_the_same(drawn: list[tuple[Document, bytes]]) -> None:
    for document, sheet in drawn:
        said = dense(sheet)
        plain = re.sub(r"\\(.)", r"\1", markdown(document))
        for part in document.parts:
            if isinstance(part, Section):
                assert part.title in plain and part.title.replace(" ", "") in said
        for line in document.commands:
            assert line in markdown(document) and line.replace(" ", "") in said
        for step in document._steps():
            assert "".join(span.text for span in spans(step.text)).replace(" ", "") in said
            for label, _ in step.typed:
                assert label.replace(" ", "") in said and label in plain


def test_the_same_input_gives_the_same_bytes(everything: Known, drawn: list[tuple[Document, bytes]]) -> None:
    again = documents(everything, "Dora", "Carl")
    assert [markdown(each) for each in again] == [markdown(document) for document, _ in drawn]
    assert pdf(again[-1]) == drawn[-1][1]


def test_pages_are_sound(drawn: list[tuple[Document, bytes]]) -> None:
    for document, sheet in drawn:
        titles = tuple(part.title for part in document.parts if isinstance(part, Section))
        for page, text in zip(pypdfium2.PdfDocument(sheet), page_texts(sheet), strict=True):
            assert not overlaps(page), document.name
            content = text.partition(document.footer)[0].strip() if document.footer in text else text
            assert not content.endswith(titles), f"{document.name}: a heading at the foot of a page"


@pytest.mark.parametrize("above", range(38, 46))
def test_a_short_table_stays_with_its_headings(above: int) -> None:
    table = Table(tuple((f"row{number}", "something") for number in range(4)))
    parts = (*[Said("filling")] * above, Section("Outer"), Section("Inner", inner=True), table, Said("end"))
    pages = page_texts(pdf(Document("x", "A title", "", "foot", parts)))
    assert [all(word in page for word in ("Outer", "Inner", "row0", "row3")) for page in pages].count(True) == 1


def test_the_account_is_read_from_the_paper(drawn: list[tuple[Document, bytes]]) -> None:
    for _, sheet in drawn[-2:]:
        assert read_back(sheet) == [ACCOUNT]


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_the_letter_is_one_page(everything: Known, paper: str) -> None:
    assert len(pypdfium2.PdfDocument(pdf(heirs_letter(everything), paper))) == 1


def test_the_foot_of_a_page_names_nobody(drawn: list[tuple[Document, bytes]]) -> None:
    for document, _ in drawn:
        assert not any(name in document.footer for name in (*NAMES, "Olga")) and ACCOUNT not in document.footer


def test_names_and_labels_do_not_become_markdown() -> None:
    step = Step(["- ", bold(" a*b "), "<i>|`x`"], ("recovery status 'a*b'",))
    made = Document("x", "A *title*", "", "f", (Points((step,)), Table((("a|b", "1. c"),))))
    assert markdown(made) == (
        "# A \\*title\\*\n\n"
        "- \\-  **a\\*b** \\<i\\>\\|\\`x\\`\n\n  ```sh\n  recovery status 'a*b'\n  ```\n\n\n"
        "|  |  |\n|---|---|\n| a\\|b | 1. c |\n\n---\n\nf\n"
    )


# ----------------------------------------------------------------------------------------------- what is known


def test_an_account_that_is_not_there_yet_has_no_plan(tmp_path: Path) -> None:
    kept = folder(tmp_path / "mine")
    with pytest.raises(InvalidInput, match="does not exist yet.*recovery setup"):
        Known.of(kept.noting(replace(kept.note, account=None)), 1, [], [], NOW)
    with pytest.raises(InvalidInput, match="no policy file with the number 7"):
        Known.of(folder(tmp_path / "other"), 7, [], [], NOW)


def test_a_newer_policy_that_is_not_in_force_is_mentioned_to_the_owner(tmp_path: Path) -> None:
    kept = folder(tmp_path / "mine")
    kept.add_plan(replace(plan(), change_delay=9 * DAY))
    made = Known.of(kept, 1, [], [stand()], NOW)
    assert "policy-2.json, which is not in force" in markdown(owner_runbook(made))
    assert made.policy_hash == plan().policy.hash
    assert "not in force" not in markdown(owner_runbook(Known.of(kept, 2, [], [stand()], NOW)))


def test_only_guardians_of_this_policy_are_named_to_heirs(tmp_path: Path) -> None:
    made = known(tmp_path / "mine", contacts=("Zoe", "Dora"))
    assert made.told == ("Dora",) and "Zoe" not in markdown(heir_runbook(made))
    assert Right.ROTATE in {path.right for _, path in made.silent}


def test_keys_that_owned_the_account_once_are_not_taken_for_the_owners(tmp_path: Path) -> None:
    made = replace(plan(), owners=(("Phone", signer("Ana")), ("Laptop", signer("laptop"))))
    first = made.first_owners
    assert first is not None
    now = known(tmp_path / "now", stand(owners=first.hash[:24]), made=made)
    assert now.own == ("Ana",) and f"Phone: {signer('Ana')}" in markdown(owner_runbook(now))
    later = known(tmp_path / "later", stand(owners=b"\1" * 24), made=made)
    told = markdown(owner_runbook(later))
    assert later.own == () and "Phone" not in told and "are others by now" in told
    assert markdown(guardian_runbook(later, "Ana")) and later.policy_hash == made.policy.hash
