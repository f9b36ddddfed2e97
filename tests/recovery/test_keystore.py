"""Keystores that every wallet can read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from eth_account import Account
from eth_keyfile import keyfile

from recovery.keystore import encrypt
from tests.world import person

CAST = Path(sys.executable).with_name("cast")


def quick(monkeypatch: pytest.MonkeyPatch, iv: bytes) -> dict[str, object]:
    class Chosen:
        @staticmethod
        def get_random_bytes(size: int) -> bytes:
            return iv[:size]

    monkeypatch.setattr(keyfile, "Random", Chosen)
    return encrypt(person("ana").key, "a password", kdf="pbkdf2", iterations=2)


@pytest.mark.parametrize("zeros", [0, 1, 2, 16])
def test_the_initial_value_has_sixteen_bytes_whatever_it_begins_with(
    zeros: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = quick(monkeypatch, bytes(zeros) + bytes(range(1, 17 - zeros)))
    assert len(made["crypto"]["cipherparams"]["iv"]) == 32  # type: ignore[index]
    assert Account.decrypt(made, "a password") == person("ana").key
    if CAST.exists():
        (tmp_path / "key.json").write_text(json.dumps(made))
        command = [CAST, "wallet", "address", "--keystore", tmp_path / "key.json", "--password", "a password"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.stdout.strip() == person("ana").address, done.stderr


def test_the_usual_one_is_slow_to_guess() -> None:
    made = encrypt(person("ana").key, "a password")
    assert made["crypto"]["kdf"] == "scrypt" and made["crypto"]["kdfparams"]["n"] >= 2**18
