"""Sealed shares: ours open with the plain `age` tool, those of `age` open here, and nothing else does."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest

from recovery.backup.sealed import identities_of, is_sealed, seal, unseal
from recovery.errors import InvalidFile, InvalidInput, Refused

AGE = shutil.which("age")
needs_age = pytest.mark.skipif(AGE is None, reason="needs age (Debian's package of that name): apt-get install age")
TEXT = '{"type": "recovery-share", "holder": "Zoë"}\n'


def pair() -> tuple[str, str]:
    """A secret key of age and its recipient."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def test_what_is_sealed_opens_for_each_recipient_and_for_nobody_else() -> None:
    (one, to_one), (two, to_two), (stranger, _) = pair(), pair(), pair()
    sealed = seal(TEXT, [to_one, to_two])
    assert sealed.startswith(b"-----BEGIN AGE ENCRYPTED FILE-----\n") and sealed.endswith(
        b"-----END AGE ENCRYPTED FILE-----\n"
    )
    assert is_sealed(sealed) and not is_sealed(TEXT.encode())
    assert b"holder" not in sealed
    assert unseal(sealed, [one]) == unseal(sealed, [two]) == unseal(sealed, [stranger, two]) == TEXT
    with pytest.raises(Refused, match="sealed for another key"):
        unseal(sealed, [stranger])


@needs_age
def test_the_plain_tool_opens_what_we_seal(tmp_path: Path) -> None:
    secret, recipient = pair()
    (tmp_path / "key.txt").write_text(f"# created\n{secret}\n")
    (tmp_path / "share.age").write_bytes(seal(TEXT, [recipient]))
    done = subprocess.run([str(AGE), "-d", "-i", "key.txt", "share.age"], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout.decode() == TEXT


@needs_age
@pytest.mark.parametrize("options", [(), ("-a",)], ids=["binary", "armoured"])
def test_what_the_plain_tool_seals_opens_here(options: tuple[str, ...]) -> None:
    secret, recipient = pair()
    done = subprocess.run([str(AGE), "-r", recipient, *options], input=TEXT.encode(), capture_output=True, check=True)
    assert is_sealed(done.stdout)
    assert unseal(done.stdout, [secret]) == TEXT


def test_armour_that_came_by_mail_opens() -> None:
    secret, recipient = pair()
    mailed = b"\r\n" + seal(TEXT, [recipient]).replace(b"\n", b"\r\n") + b"\r\n\r\n"
    assert unseal(mailed, [secret]) == TEXT


def test_any_byte_that_is_altered_or_missing_is_noticed() -> None:
    secret, recipient = pair()
    sealed = pyrage.encrypt(TEXT.encode(), [pyrage.x25519.Recipient.from_str(recipient)])
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises((InvalidFile, Refused)):
            unseal(changed, [secret])
    armoured = seal(TEXT, [recipient])
    for cut in range(0, len(armoured) - 1, 3):
        with pytest.raises((InvalidFile, Refused)):
            unseal(armoured[:cut], [secret])


def test_what_is_no_sealed_text_is_said_to_be_none() -> None:
    secret, recipient = pair()
    with pytest.raises(InvalidFile, match="it is no file of age"):
        unseal(TEXT.encode(), [secret])
    with pytest.raises(InvalidFile, match="no share file"):
        unseal(pyrage.encrypt(b"\xff\xfe", [pyrage.x25519.Recipient.from_str(recipient)]), [secret])
    with pytest.raises(InvalidFile, match="far too large"):
        unseal(b"age-encryption.org/v1\n" + bytes(2**20), [secret])
    with pytest.raises(InvalidInput, match="Which age identity"):
        unseal(seal(TEXT, [recipient]), [])
    with pytest.raises(InvalidInput, match="no identity of age"):
        unseal(seal(TEXT, [recipient]), ["AGE-SECRET-KEY-1NONE"])


def test_a_recipient_with_a_slip_or_a_secret_one_is_refused_and_the_secret_not_repeated() -> None:
    secret, recipient = pair()
    with pytest.raises(InvalidInput, match="For whom"):
        seal(TEXT, [])
    for text in (recipient[:-1], recipient[:-1] + ("q" if recipient[-1] != "q" else "p"), "", "ssh-ed25519 AAAA"):
        with pytest.raises(InvalidInput, match="is no age recipient"):
            seal(TEXT, [recipient, text])
    with pytest.raises(InvalidInput, match="This is a secret key of age") as caught:
        seal(TEXT, [secret.lower()])
    assert secret[16:30].lower() not in caught.value.message.lower()


def test_identities_are_found_among_comments() -> None:
    (one, to_one), (two, _) = pair(), pair()
    assert identities_of(f"# created: today\r\n# public key: {to_one}\r\n{one}\r\n\n  {two.lower()}\n") == [one, two]


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "no line that begins with AGE-SECRET-KEY-1"),
        ("geheim", "no line that begins with AGE-SECRET-KEY-1"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\ngeheim", "a file of SSH"),
        ("-----BEGIN AGE ENCRYPTED FILE-----\ngeheim", "itself sealed with a passphrase"),
        ("age-encryption.org/v1\ngeheim", "itself sealed with a passphrase"),
    ],
)
def test_a_file_without_an_identity_is_refused_and_not_repeated(text: str, because: str) -> None:
    with pytest.raises(InvalidInput, match=because) as caught:
        identities_of(text, "key.txt")
    assert "geheim" not in caught.value.message and "key.txt" in caught.value.message
