"""Keys in hardware modules as accounts of Ape, in a process of its own as Ape has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import rlp
from eth_keys import keys
from eth_utils import keccak, to_canonical_address

from recovery import hsm
from tests.recovery.test_hsm import PIN, needs_softhsm, token, uri
from tests.world import person

__all__ = ["token"]

SCRIPT = """
import sys, json
from ape import accounts, networks
from eth_account import Account
from eth_account.messages import encode_defunct
import click
click.prompt = lambda *a, **k: sys.argv[1]
account = accounts.load("vault-owner")
with networks.ethereum.local.use_provider("test"):
    signature = account.sign_message("hello")
    raw = bytes(signature.encode_rsv())
    assert Account.recover_message(encode_defunct(text="hello"), signature=raw) == account.address
    funder = accounts.test_accounts[0]
    funder.transfer(account, "1 ether")
    receipt = account.transfer(sys.argv[2], "0.1 ether")
    assert not receipt.failed
    allowed = account.sign_authorization(sys.argv[2], chain_id=1, nonce=7)
r, s = bytes(allowed.r).hex(), bytes(allowed.s).hex()
print(json.dumps({"address": account.address, "r": r, "s": s, "v": allowed.v}))
"""


def run(folder: Path, pin: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "APE_DATA_FOLDER": str(folder), "HOME": str(folder)}
    command = [sys.executable, "-c", SCRIPT, pin, person("shop").address]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)


@needs_softhsm
def test_ape_signs_and_sends_with_a_key_in_a_module(token: str, tmp_path: Path) -> None:
    address = hsm.make(uri(token, "for ape"), PIN)
    (tmp_path / "recovery").mkdir()
    file = tmp_path / "recovery" / "vault-owner.json"
    file.write_text(json.dumps({"address": address, "uri": token.format("for%20ape")}))
    done = run(tmp_path, PIN)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.strip().split("\n")[-1])
    assert found["address"] == address
    # EIP-7702: keccak256(0x05 ‖ rlp([chain id, address, nonce]))
    allowed = keccak(b"\x05" + rlp.encode([1, to_canonical_address(person("shop").address), 7]))
    signature = keys.Signature(vrs=(found["v"], int(found["r"], 16), int(found["s"], 16)))
    assert signature.recover_public_key_from_msg_hash(allowed).to_checksum_address() == address
    wrong = run(tmp_path, "000000")
    assert wrong.returncode != 0 and "The PIN of token 'vault' is wrong" in wrong.stderr
    file.write_text(json.dumps({"address": person("ana").address, "uri": token.format("for%20ape")}))
    other = run(tmp_path, PIN)
    assert other.returncode != 0 and "the module holds" in other.stderr
