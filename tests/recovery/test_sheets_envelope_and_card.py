from __future__ import annotations

import pypdfium2
import pytest

from recovery import frames
from recovery.building import Building
from recovery.contracts import canonical_deployment
from recovery.errors import InvalidInput
from recovery.files import to_hex
from recovery.request import Approvals, Request, SignedApproval, approve
from recovery.sheets import freeze_card_pdf, paper_guardian_pdf, read_back
from tests.recovery import samples
from tests.recovery.sheet_world import (
    ACCOUNT,
    ADDRESS_12,
    ADDRESS_24,
    MODULE,
    WORDS_12,
    WORDS_24,
    dense,
    freeze,
    is_about,
    made,
    numbered,
    overlaps,
    page_texts,
    paper_guardian,
    plan,
    seen,
    text,
    treated,
)

each_paper = pytest.mark.parametrize("paper", ["a4", "letter"])


# ------------------------------------------------------------------------------------------- the paper guardian


@each_paper
@pytest.mark.parametrize(("words", "address"), [(WORDS_12, ADDRESS_12), (WORDS_24, ADDRESS_24)])
def test_the_words_are_on_the_second_page_only(words: str, address: str, paper: str) -> None:
    pdf = paper_guardian(words, address, paper)
    letter, secret = page_texts(pdf)
    assert not is_about(letter, *set(words.split()))
    for number_and_word in numbered(words.split()):
        assert number_and_word in secret
    assert f"Address {address}" in secret
    assert "m/44'/60'/0'/0/0, without a passphrase" in secret
    pages = treated(pdf, 200, lambda page: page)
    assert seen(pages[:1]) == set()
    assert seen(pages[1:]) == {words}
    assert max(words.split(), key=len).encode() not in pdf
    assert not is_about(str(pypdfium2.PdfDocument(pdf).get_metadata_dict()), *words.split())


def test_the_letter_says_what_is_in_the_envelope_and_what_to_do() -> None:
    letter, secret = page_texts(paper_guardian())
    for words in (
        *("for the account of Ana Martins", "Guardian Envelope at the bank", f"Signs as {ADDRESS_24}"),
        *(f"Account {ACCOUNT}", "Ethereum mainnet (chain 1), Base (chain 8453)"),
        *("Whoever holds the page with the words IS the guardian.", "Who may hold it", "When to open it"),
        *("What to do once it is open", "What nobody will ever ask you", "Compare all six words"),
    ):
        assert words in letter
    for words in (
        "recovery approve request.json --kit kit.json --signer paper",
        "cast wallet sign --mnemonic words.txt --data --from-file typed.json",
        "cast wallet address --mnemonic words.txt",
        *("On steel the first four letters", "Read the copy back"),
    ):
        assert words in secret


def test_the_owner_can_say_who_may_hold_it_and_when_it_is_opened() -> None:
    letter, _ = page_texts(paper_guardian(holder="Only the notary Sá.", opens="After my death alone."))
    assert "Who may hold it Only the notary Sá." in letter
    assert "When to open it After my death alone." in letter
    assert "Only whom Ana Martins has given it to" not in letter


@each_paper
def test_a_long_letter_stays_one_page_and_the_words_come_after_it(paper: str) -> None:
    pdf = paper_guardian(WORDS_12, ADDRESS_12, paper, holder="wide " * 40, opens="deep " * 40)
    letter, secret = page_texts(pdf)
    assert not is_about(letter, "test", "junk")
    assert "12 junk" in secret
    assert all(overlaps(page) == [] for page in pypdfium2.PdfDocument(pdf))


def test_words_are_taken_in_any_case_and_spacing() -> None:
    assert paper_guardian(f"  {WORDS_12.upper()}\n", ADDRESS_12) == paper_guardian(WORDS_12, ADDRESS_12)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (WORDS_12.removesuffix(" junk"), "12, 15, 18, 21 or 24 words, not 11"),
        (WORDS_12.replace("junk", "jump"), "misspelt, missing or in the wrong place"),
        (WORDS_12.replace("junk", "junkk"), "misspelt, missing or in the wrong place"),
        ("", "not 0"),
    ],
)
def test_words_that_are_no_phrase_are_refused_and_not_repeated(words: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        paper_guardian(words, ADDRESS_12)
    assert not is_about(str(caught.value), "test", "junk", "jump", "junkk")
    assert caught.value.__cause__ is None


def test_the_address_of_another_phrase_is_refused() -> None:
    with pytest.raises(InvalidInput, match="The seed phrase is not that of 0xF278") as caught:
        paper_guardian(WORDS_12, ADDRESS_24)
    assert not is_about(str(caught.value), "test", "junk")


def test_a_name_with_control_characters_is_refused() -> None:
    with pytest.raises(InvalidInput, match="one line"):
        paper_guardian_pdf("bank\x1b[2J", "Ana", WORDS_12, ADDRESS_12)


# ---------------------------------------------------------------------------------------------- the freeze card


@each_paper
def test_a_card_of_one_guardian_is_one_page(paper: str) -> None:
    assert len(page_texts(made("freeze card", paper))) == 1


@each_paper
@pytest.mark.parametrize("signing", [1, 2, 3, 5])
def test_the_codes_of_a_card_are_its_files_and_its_calldata(signing: int, paper: str) -> None:
    approvals = freeze(signing)
    pdf = freeze_card_pdf(approvals, paper=paper)
    read = read_back(pdf)
    files = [each for each in read if each.startswith("RECOVERY1:")]
    by_file: dict[str, list[str]] = {}
    for frame in files:
        by_file.setdefault(frame.split(":")[1], []).append(frame)
    files_made = [frames.decode(parts) for parts in by_file.values()]
    assert sorted(files_made) == sorted(
        [approvals.request.dumps(), *(signed.dumps() for signed in approvals.collected)]
    )
    requests = [Request.loads(each) for each in files_made if "recovery-request" in each]
    signed = [SignedApproval.loads(each) for each in files_made if "recovery-approval" in each]
    assert Approvals.of(requests[0], signed).missing == 0
    # The rest, one after another as they stand on the page, is what a wallet sends.
    rest = [each for each in read if each not in files]
    whole = Building(canonical_deployment()).submit(approvals).data
    rest.sort(key=lambda each: not each.startswith("0x"))
    if len(rest) == 2:
        assert bytes.fromhex("".join(rest)[2:]) == whole
    assert sum(map(len, rest)) == 2 + 2 * len(whole)
    assert all(overlaps(page) == [] for page in pypdfium2.PdfDocument(pdf))


def test_a_card_says_what_it_does_and_until_when() -> None:
    said = text(made("freeze card"))
    for words in (
        *("for the account of Ana Martins", "This card stops all spending, at once, for 7 days."),
        *("It can freeze, once, and nothing else.", f"Account {ACCOUNT}", "Chain Ethereum mainnet (chain 1)"),
        *(f"Module {MODULE}", "Good until Sun 17 Mar 2030 17:46 UTC", "Signed by Ben Costa"),
        "for 7 days, and not again before another 7 days have passed",
        f"cast send {MODULE} DATA --rpc-url URL --interactive",
        "recovery freeze freeze.json freeze-1.json --account KEY --network URL",
        *("recovery scan PHOTO... -o freeze.json", "recovery scan PHOTO... -o freeze-1.json"),
        *("data, 1 of 2", "data, 2 of 2", "freeze.json, 1 of 2", "freeze-1.json"),
    ):
        assert words in said


def test_a_card_of_many_has_the_calldata_as_text_besides() -> None:
    approvals = freeze(3)
    pdf = freeze_card_pdf(approvals)
    data = to_hex(Building(canonical_deployment()).submit(approvals).data)
    assert len(page_texts(pdf)) > 1
    said = dense(pdf)
    start = said.index("Thedataastext") + len("Thedataastext")
    assert said[start : start + 1000] == data[:1000]


def test_a_card_of_another_module_calls_that_module() -> None:
    said = text(freeze_card_pdf(freeze()))
    assert canonical_deployment().module not in said
    assert MODULE in said


def test_a_card_without_a_whole_quorum_is_refused() -> None:
    approvals = Approvals(freeze(2).request, freeze(2).collected[:1])
    with pytest.raises(InvalidInput, match="weight 1 are there, 2 is needed"):
        freeze_card_pdf(approvals)


def test_only_a_freeze_goes_on_a_card() -> None:
    asked = samples.request()
    with pytest.raises(InvalidInput, match="does not ask for a freeze"):
        freeze_card_pdf(Approvals.of(asked, [samples.approval("carl", 2)]))


def test_an_approval_on_the_chain_is_said_to_be_one() -> None:
    asked = freeze().request
    unsigned = approve(asked, plan().member("Ben Costa", 1), b"", "Ben Costa")
    said = text(freeze_card_pdf(Approvals.of(asked, [unsigned])))
    assert "Signed by Ben Costa (approved on the chain; void if that is taken back)" in said
    assert "approved on the chain" not in text(freeze_card_pdf(freeze()))
