"""`recovery guardian card` and `paper`: who somebody is, signed with a key of any kind."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from recovery import paper
from recovery.card import Card
from recovery.folder import AccountNote, Folder
from recovery.plan import PolicyPlan
from tests.cli.conftest import Console, commands, copied, established, kit_of
from tests.cli.guardian_world import FOLDER, address, card, put
from tests.live import PASSWORD, Live
from tests.recovery.samples import forged
from tests.world import person, sign

CAST = Path(sys.executable).with_name("cast")
AGE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECOVERY_NETWORK", raising=False)


def read(console: Console, name: str) -> Card:
    return Card.loads((console.home / name).read_text())


# ------------------------------------------------------------------------------------------------ card


def test_a_card_is_shown_signed_and_written_without_a_network(console: Console) -> None:
    said = console.run(
        *("guardian", "card", "Ana Maria", "--signer", "ana", "--contact", "+351 1", "--age-key", AGE, "-y"),
        passwords=1,
    )
    made = read(console, "card-ana-maria.json")
    assert (made.name, str(made.signer), made.contact, made.age_key) == ("Ana Maria", address("ana"), "+351 1", AGE)
    assert made.is_signed_by_key
    assert stat.S_IMODE((console.home / "card-ana-maria.json").stat().st_mode) == 0o600
    for text in (address("ana"), "+351 1", AGE, "send card-ana-maria.json to the owner"):
        assert text in said.words


def test_whoever_says_no_has_signed_nothing(console: Console) -> None:
    before = console.files()
    said = console.run("guardian", "card", "Ana", "--signer", "ana", code=1, answer="n\n")
    assert "You said no. Nothing was signed" in said.err and "Password" not in said.err
    assert console.files() == before


@pytest.mark.parametrize(
    ("arguments", "because"),
    [
        (("Ana",), "Give --signer with your key, or sign elsewhere"),
        (("Ana", "--signer", "nobody"), "There is no keystore file 'nobody'"),
        (("Ana", "--signer", "ana", "--typed-data", "t.json"), "Give one of --signer and --typed-data, not both"),
        (("Ana", "--signature", "0x00"), "--signature goes with --typed-data"),
        (("Ana", "--on-chain"), "--on-chain goes with --typed-data"),
        (("Ana", "--signer", "ana", "--address", "0x" + "11" * 20), "--address goes with --typed-data"),
        (("Ana", "--typed-data", "t.json"), "Whose card is it? Give --address"),
        (("Ana", "--signer", "ana", "--age-key", AGE[:-1] + "q"), "This is not an age recipient"),
        (("", "--signer", "ana"), "one line of 1 to 60 characters"),
        (("A\nb", "--signer", "ana"), "one line"),
    ],
)
def test_a_slip_is_refused_before_a_password_is_typed(
    console: Console, arguments: tuple[str, ...], because: str
) -> None:
    console.refuses("guardian", "card", *arguments, because=because, code=2)


def test_a_private_key_is_refused_wherever_it_is_given_and_never_repeated(console: Console) -> None:
    key = person("ana").key.hex().removeprefix("0x")
    words = paper.new_words()
    for secret in (key, f"0x{key}", words):
        for arguments in ((secret, "--signer", "ana"), ("Ana", "--signer", secret), ("Ana", "--contact", secret)):
            console.refuses(
                "guardian",
                "card",
                *arguments,
                *("--signer", "ana")[: 2 * (arguments[1] == "--contact")],
                because="That looks like a private key",
                code=2,
            )
    assert words not in "".join(console.said)


def test_a_card_that_is_there_is_not_overwritten(console: Console) -> None:
    console.run("guardian", "card", "Ana", "--signer", "ana", "-y", passwords=1)
    because = "card-ana.json exists already"
    console.refuses("guardian", "card", "Ana", "--signer", "ana", "-y", because=because, code=2)


@pytest.mark.skipif(not CAST.exists(), reason="needs Foundry's cast beside python: make setup")
def test_a_card_can_be_signed_by_another_program(console: Console) -> None:
    base = ("guardian", "card", "Ana", "--address", address("ana"), "--contact", "at home", "--typed-data", "t.json")
    said = console.run(*base)
    assert not (console.home / "card-ana.json").exists()
    keystore = console.home / ".ape" / "accounts" / "ana.json"
    command = [str(CAST), "wallet", "sign", "--data", "--from-file", "t.json", "--keystore", str(keystore)]
    done = subprocess.run(
        [*command, "--password", PASSWORD], check=True, capture_output=True, text=True, cwd=console.home
    )
    back = next(command for command in commands(said) if command.startswith("recovery"))
    copied(console, back.replace("0x...", done.stdout.strip()))
    assert read(console, "card-ana.json").is_signed_by_key
    assert read(console, "card-ana.json").contact == "at home"


def test_a_signature_made_elsewhere_counts_only_for_what_was_written(console: Console) -> None:
    base = ("guardian", "card", "Ana", "--address", address("ana"), "--typed-data", "t.json")
    console.run(*base)
    typed = json.loads((console.home / "t.json").read_text())
    exact = Card("Ana", person_signer("ana"), "", "", int(typed["message"]["time"]))
    right = "0x" + sign("ana", exact.message).hex()
    wrong = "0x" + sign("ben", exact.message).hex()
    console.refuses(*base, "--signature", wrong, because="This is not a signature of")
    console.refuses(*base, "--contact", "x", "--signature", right, because="says something else", code=2)
    console.refuses(*base, because="t.json exists already", code=2)
    (console.home / "u.json").write_text("{}")
    other = (*base[:-1], "u.json", "--signature", right)
    console.refuses(*other, because="u.json is not what --typed-data has written", code=2)
    console.refuses(*base, "--on-chain", because="give --network")
    console.run(*base, "--signature", right)
    assert read(console, "card-ana.json").signature.hex() == right[2:]


def person_signer(name: str):  # type: ignore[no-untyped-def]
    return card(name.title()).signer


# ----------------------------------------------------------------------------------------------- paper


def drawn(console: Console, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of the sheets that are drawn; none of them may ever be printed."""
    from recovery import sheets

    words: list[str] = []
    really = sheets.paper_guardian_pdf

    def note(name: str, owner: str, given: str, *rest: str, **more: object) -> bytes:
        words.append(given)
        return really(name, owner, given, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("recovery.sheets.paper_guardian_pdf", note, raising=False)
    return words


def silent(console: Console, words: list[str]) -> None:
    """No sheet's words stand in what was printed, nor in any file but the PDF."""
    said = " ".join("\n".join(console.said).split())
    for phrase in words:
        assert phrase not in said
        for path, content in console.files().items():
            assert phrase.encode() not in content or path.endswith(".pdf")


def test_a_paper_guardian_is_a_sheet_and_a_card_and_signs_with_its_words(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = drawn(console, monkeypatch)
    Folder.create(console.home / "mine", AccountNote("Olga"))
    said = console.run("guardian", "paper", "Envelope", *FOLDER, "--holder", "Notary Silva", "--contact", "the bank")
    sheet = console.home / "mine" / "paper" / "envelope.pdf"
    assert sheet.read_bytes().startswith(b"%PDF") and stat.S_IMODE(sheet.stat().st_mode) == 0o600
    (filed,) = Folder.open(console.home / "mine").cards()
    assert filed.is_signed_by_key and (filed.name, filed.contact) == ("Envelope", "the bank")
    assert Folder.open(console.home / "mine").note.holders == (("Envelope", "Notary Silva"),)
    assert paper.key_of(words[0]).address == str(filed.signer)
    assert "delete the file" in said.words
    check = commands(said)[0]
    assert check == "recovery guardian paper Envelope --folder mine --check"
    assert "The sheet is right" in console.run(*check.split()[1:], passwords=[words[0].upper()]).words
    other = paper.new_words()
    console.refuses(*check.split()[1:], because="of another key", passwords=[other])
    console.run("guardian", "card", "Same", "--signer", "paper", "-y", passwords=[f"  {words[0]} "])
    assert read(console, "card-same.json").signer == filed.signer
    silent(console, [*words, other])


def test_a_sheet_can_be_made_without_a_folder(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    words = drawn(console, monkeypatch)
    said = console.run("guardian", "paper", "Vault", "-o", "out/vault.pdf", "--paper", "letter")
    assert read(console, "out/card-vault.json").is_signed_by_key
    copied(console, commands(said)[0] + "", passwords=0, code=1)  # nobody types anything
    console.run(*commands(said)[0].split()[1:], passwords=[words[0]])
    because = "out/vault.pdf exists already"
    console.refuses("guardian", "paper", "Vault", "-o", "out/vault.pdf", because=because, code=2)
    silent(console, words)


def test_a_name_that_is_taken_is_refused_before_there_is_a_sheet(console: Console) -> None:
    folder = Folder.create(console.home / "mine", AccountNote("Olga"))
    folder.add_card(card("Ana"))
    because = "There is a card of Ana already"
    console.refuses("guardian", "paper", "Ana", *FOLDER, because=because, code=2)
    console.refuses("guardian", "paper", "Ben", because="Give --folder with the owner's folder, or -o", code=2)
    console.refuses("guardian", "paper", "Ben", *FOLDER, "--check", because="There is no card of Ben", code=2)
    console.refuses("guardian", "paper", "Ben", "--folder", "no", because="no is not an owner's folder", code=2)


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (lambda w: w[:-1], "A paper key has 12 words, and these are 11"),
        (lambda w: [*w, w[0]], "A paper key has 12 words, and these are 13"),
        (lambda w: ["abandom", *w[1:]], "Word 1 is not on the list of words"),
        (lambda w: [*w[:10], "xx", "yy"], "Words 11, 12 are not on the list of words"),
        (lambda w: [w[1], w[0], *w[2:]], "do not belong together"),
    ],
)
def test_words_with_a_slip_are_refused_and_not_repeated(console: Console, change, because: str) -> None:  # type: ignore[no-untyped-def]
    good = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    typed = " ".join(change(good.split(" ")))
    before = console.files()
    said = console.run("guardian", "card", "Ana", "--signer", "paper", "-y", passwords=[typed], code=2)
    assert because in said.words and console.files() == before
    for word in ("abandom", "sausage", "xx"):
        assert word not in said.words


def test_a_paper_key_needs_somebody_to_type_it(console: Console) -> None:
    because = "There is no terminal on which to ask for the line with the words of the paper key"
    console.refuses("guardian", "card", "Ana", "--signer", "paper", "-y", because=because)


def test_words_give_the_key_that_every_wallet_makes_of_them() -> None:
    # The first account of the mnemonic that Foundry and Hardhat use for tests.
    junk = "test test test test test test test test test test test junk"
    assert paper.key_of(junk).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    numbered = " ".join(f"{n}. {word.upper()}" for n, word in enumerate(junk.split(), 1))
    assert paper.key_of(numbered).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert paper.new_words() != paper.new_words() and len(paper.new_words().split()) == 12


# ------------------------------------------------------------------------------------- with a contract


def test_a_contract_approves_its_card_by_a_transaction(
    live: Live, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may approve a digest in their own name, so a plain key stands for the contract here."""
    monkeypatch.delenv("RECOVERY_NETWORK")
    base = ("guardian", "card", "Safe", "--address", address("ben"), "--typed-data", "t.json", "--network", live.url)
    console.run(*base)
    console.refuses(*base, "--on-chain", because="has not approved this card on this chain yet")
    typed = json.loads((console.home / "t.json").read_text())
    exact = Card("Safe", person_signer("ben"), "", "", int(typed["message"]["time"]))
    live.client.send(live.client.approve_digest(exact.message.digest), person("ben"))
    console.run(*base, "--on-chain")
    made = read(console, "card-safe.json")
    assert made.signature == b"" and not made.is_signed_by_key
    Folder.create(console.home / "mine", AccountNote("Olga"))
    console.refuses("guardian", "receive", "card-safe.json", *FOLDER, because="give --network: it has to be asked")
    console.run("guardian", "receive", "card-safe.json", *FOLDER, "--network", live.url)
    put(console, "other.json", Card.loads(forged(made.dumps(), name="Sefa")))
    because = "is not signed by"
    console.refuses("guardian", "receive", "other.json", *FOLDER, "--network", live.url, because=because)


def test_a_paper_guardian_approves_and_pays_as_any_other_key(
    live: Live, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOVERY_NETWORK", live.url)
    words = paper.new_words()
    sheet = paper.key_of(words).address
    policy = (console.home / "policy.yaml").read_text().replace(address("ana"), sheet)
    (console.home / "policy.yaml").write_text(policy)
    console.run("policy", "new", "policy.yaml")
    plan = PolicyPlan.loads((console.home / "policy.json").read_text())
    wallet = established(live, console, plan, "owner").wallet
    live.fund(sheet)
    freeze = ("request", "--action", "freeze", *kit_of("ana"), "-o", "f.json")
    console.run(*freeze)
    approve = ("approve", "f.json", *kit_of("ana"), "-y", "-o", "a.json", "--signer")
    console.refuses(*approve, "paper", because="That is the key of", code=2, passwords=[paper.new_words()])
    console.run(*approve, "paper", passwords=[words])
    console.run("freeze", "f.json", "a.json", "--account", "paper", "-y", passwords=[words])
    assert live.client.state(wallet).frozen
    silent(console, [words])
