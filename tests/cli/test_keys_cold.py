"""`recovery keys prepare`, `sign` and `send`: a key that is never where a network is."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from eth_account import Account

from recovery.keys import cold
from recovery.messages import Call, batch
from tests.cli.conftest import OWNER, PAYER, Console, Setting, asked, kit_of
from tests.live import ETHER, Live
from tests.world import owners_of, person

ADDRESS = person("payer").address
SHOP = person("shop").address
KEY = ("--signer", "payer", "-y")


@pytest.fixture
def unsigned(live: Live, console: Console, setting: Setting) -> str:
    """What a command has written to be signed elsewhere."""
    beat = ("heartbeat", setting.wallet, *OWNER, "--unsigned", "beat.json", "-y", "--account", "payer")
    console.run(*beat, passwords=1)
    return "beat.json"


@pytest.fixture
def prepared(live: Live, console: Console, unsigned: str) -> str:
    """The same with all that only the chain knows."""
    console.run("keys", "prepare", unsigned, "-o", "to-sign.json")
    return "to-sign.json"


def offline(console: Console, *arguments: str, code: int = 0, passwords: int | list[str] = 1) -> Any:
    """Runs a command where no network is, and none is even named."""
    network = os.environ.pop("RECOVERY_NETWORK", None)
    try:
        return console.run(*arguments, code=code, passwords=passwords)
    finally:
        if network:
            os.environ["RECOVERY_NETWORK"] = network


@pytest.fixture
def signed(console: Console, prepared: str) -> str:
    offline(console, "keys", "sign", prepared, *KEY, "-o", "signed.json")
    return "signed.json"


def changed(console: Console, name: str, **fields: Any) -> str:
    """A copy of a prepared transaction with other fields, and a checksum that fits."""
    made = cold.load_unsigned((console.home / name).read_text())
    assert isinstance(made, cold.Sendable)
    content = made.to_json() | fields
    (console.home / "changed.json").write_text(cold.dump_unsigned(cold.Sendable.from_json(content)))
    return "changed.json"


def nonce(live: Live, block: str = "latest") -> int:
    return int(live.ask("eth_getTransactionCount", ADDRESS, block), 16)


# ------------------------------------------------------------------------------------------- the circle


def test_out_as_qr_codes_signed_without_network_and_back_as_qr_codes(
    live: Live, console: Console, setting: Setting, unsigned: str
) -> None:
    before = nonce(live)
    done = console.run("keys", "prepare", unsigned)
    assert "heartbeat" in done.words and f"{ADDRESS}, nonce {before}" in done.words
    console.run("qr", "beat-to-sign.json", "--png", "out")
    pictures = sorted(path.name for path in console.home.glob("out*.png"))
    offline(console, "scan", *pictures, "-o", "there.json", passwords=0)
    done = offline(console, "keys", "sign", "there.json", *KEY)
    assert "Function execute" in done.words or "heartbeat" in done.words
    assert "Fee at most 0.0" in done.words and "The file says that it would show that the owner is alive" in done.words
    assert nonce(live, "pending") == before
    offline(console, "qr", "there-signed.json", "--png", "back", passwords=0)
    pictures = sorted(path.name for path in console.home.glob("back*.png"))
    console.run("scan", *pictures, "-o", "here.json")
    done = console.run("keys", "send", "here.json", "--for", "beat-to-sign.json", "-y")
    assert "Mined in block" in done.words and "An earlier run" not in done.words
    assert nonce(live) == before + 1 and live.client.state(setting.wallet).last_active > 0
    assert console.run("pending").words == "Nothing is pending."


def test_pictures_and_text_are_signed_as_they_are(console: Console, prepared: str) -> None:
    (console.home / "mail.txt").write_text(console.run("qr", prepared, "--text").out)
    offline(console, "keys", "sign", "mail.txt", *KEY, "-o", "signed.json")
    made = cold.load_signed((console.home / "signed.json").read_text())
    assert isinstance(made, cold.SignedTransaction)
    assert made.meant == cold.load_unsigned((console.home / prepared).read_text())


def test_a_file_without_nonce_is_signed_with_what_is_typed(
    live: Live, console: Console, setting: Setting, unsigned: str
) -> None:
    sign = ("keys", "sign", unsigned, *KEY)
    refused = offline(console, *sign, code=2)
    assert "Give --nonce, --max-fee" in refused.words and "--gas" not in refused.words.partition("; or")[0]
    offline(console, *sign, "--nonce", str(nonce(live)), "--max-fee", "30 gwei", "--tip", "2 gwei")
    made = cold.load_signed((console.home / "beat-signed.json").read_text())
    assert isinstance(made, cold.SignedTransaction)
    assert made.meant.price == (("maxFeePerGas", 30 * 10**9), ("maxPriorityFeePerGas", 2 * 10**9))
    console.run("keys", "send", "beat-signed.json", "--for", unsigned, "-y")
    assert live.client.state(setting.wallet).last_active > 0


def test_the_tip_is_never_more_than_the_whole(live: Live, console: Console, unsigned: str) -> None:
    offline(console, "keys", "sign", unsigned, *KEY, "--nonce", "0", "--max-fee", "0.5 gwei")
    made = cold.load_signed((console.home / "beat-signed.json").read_text())
    assert isinstance(made, cold.SignedTransaction) and {fee for _, fee in made.meant.price} == {5 * 10**8}


# ---------------------------------------------------------------------------------------------- prepare


def test_what_cannot_be_prepared_is_refused(live: Live, console: Console, unsigned: str) -> None:
    content = json.loads((console.home / unsigned).read_text())

    def file(**fields: Any) -> str:
        (console.home / "other.json").write_text(json.dumps({**content, **fields}))
        return "other.json"

    prepare = ("keys", "prepare")
    console.refuses(*prepare, file(chainId=1), because="It is for Ethereum mainnet (chain 1), and this is local")
    console.refuses(*prepare, file(), "--from", SHOP, because=f"{SHOP} has 0 ether")
    console.refuses(*prepare, file(data="0x1"), because="cannot be right: a value should be hexadecimal", code=2)
    console.refuses(*prepare, file(value=5), because="a sum should be written in decimal digits", code=2)
    console.refuses(*prepare, file(value="1e3"), because="a sum should be written in decimal digits", code=2)
    console.refuses(*prepare, file(to="0x12"), because="other.json cannot be right", code=2)
    console.refuses(*prepare, file(gas="many"), because="other.json cannot be right", code=2)
    console.refuses(*prepare, file(**{"from": "me"}), because="other.json cannot be right", code=2)
    console.refuses(*prepare, file(summary="a\x1b[2Jb"), because="other.json cannot be right", code=2)
    console.refuses(*prepare, file(maxFeePerGas="1"), because="more than your 0.000000001 gwei")
    console.refuses(*prepare, "policy.yaml", because="it is damaged or no JSON", code=2)
    console.refuses(*prepare, ".ape/accounts/ana.json", because="is nothing that can be signed here", code=2)
    console.refuses(*prepare, unsigned, "-o", "policy.yaml", because="policy.yaml exists already", code=2)
    del content["from"]
    console.refuses(*prepare, file(), because="Who is to sign it? Give --from", code=2)


def test_what_would_fail_is_not_prepared(live: Live, console: Console, setting: Setting, unsigned: str) -> None:
    console.run("heartbeat", setting.wallet, *OWNER, *PAYER, passwords=2)  # takes the batch's nonce
    console.refuses("keys", "prepare", unsigned, because="The wallet's owners have not signed this")


# ------------------------------------------------------------------------------------------------- sign


def test_only_whoever_is_named_signs(console: Console, prepared: str, unsigned: str) -> None:
    because = f"That is the key of {person('ana').address}; {ADDRESS} is to sign."
    for file, more in ((prepared, ()), (unsigned, ("--nonce", "1", "--max-fee", "1 gwei"))):
        refused = offline(console, "keys", "sign", file, "--signer", "ana", "-y", *more, code=2)
        assert because in refused.words and not list(console.home.glob("*signed.json"))
    path = console.home / ".ape" / "accounts" / "ana.json"
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != "address"}))
    assert because in offline(console, "keys", "sign", prepared, "--signer", "ana", "-y", code=2).words


def test_nothing_is_signed_that_is_not_agreed_to(console: Console, prepared: str) -> None:
    console.refuses("keys", "sign", prepared, "--signer", "payer", because="You said no", passwords=1)
    console.refuses("keys", "sign", prepared, *KEY, because="The password of payer is wrong", code=2, passwords=["x"])
    console.refuses("keys", "sign", prepared, *KEY, "--nonce", "1", because="has nonce, gas and fees already", code=2)
    console.refuses("keys", "sign", prepared, *KEY, "-o", prepared, because="exists already", code=2, passwords=1)
    altered = (console.home / prepared).read_text().replace('"nonce": ', '"nonce": 1')
    (console.home / "altered.json").write_text(altered)
    console.refuses("keys", "sign", "altered.json", *KEY, because="its checksum is wrong", code=2, passwords=1)


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"maxPriorityFeePerGas": str(10**18)}, "the tip cannot be more"),
        ({"gas": 20_999}, "the gas limit, the nonce or the chain's id cannot be right"),
        ({"chainId": 0}, "the gas limit, the nonce or the chain's id cannot be right"),
        ({"nonce": 2**64}, "the gas limit, the nonce or the chain's id cannot be right"),
        ({"nonce": -1}, "a number should be whole"),
    ],
)
def test_a_transaction_that_no_chain_would_take_is_not_signed(
    console: Console, prepared: str, fields: dict[str, Any], because: str
) -> None:
    made = cold.load_unsigned((console.home / prepared).read_text())
    assert isinstance(made, cold.Sendable)
    from recovery import files

    text = files.dumps(cold.UNSIGNED, {"transaction": made.to_json() | fields})
    (console.home / "bad.json").write_text(text)
    console.refuses("keys", "sign", "bad.json", *KEY, because=because, code=2, passwords=1)


def test_mainnets_ask_and_unknown_calls_are_warned_of(console: Console, prepared: str) -> None:
    file = changed(console, prepared, chainId=1, to=SHOP, data="0x12345678", value="5", summary="be nice")
    console.refuses("keys", "sign", file, *KEY, because="have not been audited", passwords=1)
    done = offline(console, "keys", "sign", file, *KEY, "--mainnet-unaudited", "-o", "s.json")
    assert "what it does cannot be seen here" in done.words and "Data 0x12345678" in done.words
    assert "Chain Ethereum mainnet" in done.words and f"To {SHOP}" in done.words and "Value 5 wei" in done.words


def test_a_device_that_signs_another_transaction_is_not_believed(
    console: Console, prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eth_account.signers.local import LocalAccount

    really = LocalAccount.sign_transaction
    monkeypatch.setattr(LocalAccount, "sign_transaction", lambda self, given: really(self, {**given, "to": SHOP}))
    because = "What was just signed is another transaction. Nothing was written"
    console.refuses("keys", "sign", prepared, *KEY, because=because, passwords=1)


def test_requests_and_secrets_are_signed_with_other_commands_or_not_at_all(
    live: Live, console: Console, setting: Setting
) -> None:
    asked(console, "r.json", "--action", "freeze")
    console.refuses("keys", "sign", "r.json", *KEY, because="recovery approve r.json --kit KIT", code=2, passwords=1)
    because = "what is to be signed offline is needed here"
    console.refuses("keys", "sign", "policy.json", *KEY, because=because, code=2, passwords=1)


# ------------------------------------------------------------------------------------ what is no transaction


def test_a_message_is_signed_offline_and_taken_back(live: Live, console: Console, setting: Setting) -> None:
    request = asked(console, "r.json", "--action", "freeze")
    approve = ("approve", "r.json", *kit_of("ana"), "--typed-data", "t.json")
    console.run(*approve)
    console.run("keys", "prepare", "t.json", "--from", person("ana").address)
    for file in ("t.json", "t-to-sign.json"):
        done = offline(console, "keys", "sign", file, "--signer", "ana", "-y", "-o", f"signed-{file}")
        assert "Message Freeze of RecoveryModule" in done.words and f"account {setting.wallet}" in done.words
        made = cold.load_signed((console.home / f"signed-{file}").read_text())
        assert isinstance(made, cold.Signature) and made.digest == request.digest
        assert f"--signature 0x{made.signature.hex()}" in done.words
    because = f"--signature 0x{made.signature.hex()}"
    console.refuses("keys", "send", "signed-t.json", because=because, code=2)
    wrong = ("keys", "sign", "t-to-sign.json", "--signer", "ben", "-y")
    console.refuses(*wrong, because=f"{person('ana').address} is to sign", code=2, passwords=1)
    console.refuses(*wrong, "--gas", "30000", because="this is a message", code=2, passwords=1)
    console.run("approve", "r.json", *kit_of("ana"), "--signature", f"0x{made.signature.hex()}", "-y", "-o", "a.json")


def test_a_batch_is_shown_call_by_call(console: Console) -> None:
    calls = [Call(SHOP, ETHER), Call(SHOP, 0, b"\x12\x34\x56\x78")]
    document = batch(31337, ADDRESS, calls, owners_of("owner"), 3, 1_900_000_000).json
    (console.home / "b.json").write_text(json.dumps(document))
    done = offline(console, "keys", "sign", "b.json", "--signer", "owner", "-y")
    assert "Message Batch of RecoveryWallet" in done.words and "Value 1000000000000000000 wei" in done.words
    assert "Data 0x12345678" in done.words and "2030" in done.words and "no message of ape-recovery" not in done.words


PERMIT = {
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
        "Permit": [{"name": "spender", "type": "address"}, {"name": "notes", "type": "Note[]"}],
        "Note": [{"name": "text", "type": "string"}],
    },
    "primaryType": "Permit",
    "domain": {"name": "RecoveryWallet", "chainId": 31337},
    "message": {"spender": SHOP, "notes": [{"text": "all\x1b[2Jmine"}, {"text": "b"}]},
}


def test_another_message_is_shown_whole_and_warned_of(console: Console) -> None:
    (console.home / "p.json").write_text(json.dumps(PERMIT))
    done = offline(console, "keys", "sign", "p.json", "--signer", "owner", "-y")
    assert "This is no message of ape-recovery" in done.words and f"spender {SHOP}" in done.words
    assert "notes[1].text b" in done.words and "\x1b" not in done.out
    made = cold.load_signed((console.home / "p-signed.json").read_text())
    assert isinstance(made, cold.Signature) and made.signer == person("owner").address
    assert cold.Typed(None, PERMIT).signed_by(made.signature) == made.signer


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"message": {"spender": SHOP}}, "does not fit its type Permit"),
        ({"message": {"spender": SHOP, "notes": [], "more": 1}}, "does not fit its type Permit"),
        ({"message": {"spender": SHOP, "notes": [{"text": "a", "hidden": "b"}]}}, "does not fit its type Note"),
        ({"domain": {"name": "x", "chainId": 1, "salt": "0x00"}}, "does not fit its type EIP712Domain"),
        ({"message": {"spender": "nobody", "notes": []}}, "no EIP-712 document that can be signed"),
        ({"types": {}}, "no EIP-712 document that can be signed"),
        ({"extra": 1}, "has types, primaryType, domain and message, and nothing else"),
    ],
)
def test_a_message_of_which_not_all_would_be_signed_is_refused(
    console: Console, change: dict[str, Any], because: str
) -> None:
    (console.home / "p.json").write_text(json.dumps({**PERMIT, **change}))
    console.refuses("keys", "sign", "p.json", *KEY, because=because, code=2, passwords=1)


# ------------------------------------------------------------------------------------------------- send


def test_a_transaction_is_sent_once(live: Live, console: Console, signed: str) -> None:
    console.run("keys", "send", signed, "-y")
    count = nonce(live)
    console.refuses("keys", "send", signed, "-y", because="It was sent already, and is mined: 0x")
    assert nonce(live) == count


def test_what_is_not_agreed_to_is_not_sent(live: Live, console: Console, signed: str) -> None:
    before = nonce(live)
    console.refuses("keys", "send", signed, because="You said no")
    assert nonce(live, "pending") == before


def test_what_was_signed_is_what_was_asked_for(console: Console, prepared: str, signed: str, unsigned: str) -> None:
    because = "What was signed is not what changed.json asks for. Nothing was sent."
    for fields in ({"to": SHOP}, {"value": "1"}, {"data": "0x"}, {"nonce": 99}, {"gas": 10**6}):
        file = changed(console, prepared, **fields)
        console.refuses("keys", "send", signed, "--for", file, "-y", because=because)
    content = json.loads((console.home / unsigned).read_text())
    (console.home / "changed.json").write_text(json.dumps({**content, "data": "0x1234"}))
    console.refuses("keys", "send", signed, "--for", "changed.json", "-y", because=because)


def test_its_turn_has_to_have_come_and_not_gone(live: Live, console: Console, prepared: str, setting: Setting) -> None:
    later = changed(console, prepared, nonce=nonce(live) + 2)
    offline(console, "keys", "sign", later, *KEY, "-o", "later.json")
    because = f"number {nonce(live)} has not been sent. Nothing was sent"
    console.refuses("keys", "send", "later.json", "-y", because=because)
    offline(console, "keys", "sign", prepared, *KEY, "-o", "now.json")
    console.run("wallet", "send", setting.wallet, "--to", SHOP, "--value", "1", *OWNER, *PAYER, passwords=2)
    because = "has sent another transaction in its place"
    console.refuses("keys", "send", "now.json", "-y", because=because)


def test_other_chains_empty_pockets_and_failures_are_seen_before(live: Live, console: Console, prepared: str) -> None:
    def sign(**fields: Any) -> str:
        (console.home / "s.json").unlink(missing_ok=True)
        file = changed(console, prepared, **fields)
        offline(console, "keys", "sign", file, *KEY, "--mainnet-unaudited", "-o", "s.json")
        return "s.json"

    send = ("keys", "send", "-y")
    console.refuses(*send, sign(chainId=11155111), because="It is for Sepolia (chain 11155111), and this is local")
    console.refuses(*send, sign(value=str(100 * ETHER)), because="but up to")
    console.refuses(*send, sign(gas=22_000), because="signed with too little gas")
    console.refuses(*send, sign(data="0x12345678"), because="The contract refused it")


def test_a_file_that_lies_about_who_signed_is_not_believed(console: Console, signed: str) -> None:
    made = cold.load_signed((console.home / signed).read_text())
    assert isinstance(made, cold.SignedTransaction)
    from recovery import files

    for raw, because in (
        (made.raw[:-1], "it is no signed transaction"),
        (b"\x01" + made.raw[1:], "it is no signed transaction"),
        (b"", "it is no signed transaction"),
        (
            bytes(
                Account.from_key(person("payer").key)
                .sign_transaction({"nonce": 0, "gas": 21000, "gasPrice": 1, "to": SHOP, "value": 0, "data": b""})
                .raw_transaction
            ),
            "good on every chain",
        ),
    ):
        text = files.dumps(cold.SIGNED, {"transaction": files.to_hex(raw), "summary": "x"})
        (console.home / "lie.json").write_text(text)
        console.refuses("keys", "send", "lie.json", "-y", because=because, code=2)


def test_a_run_that_was_broken_off_is_taken_up(
    live: Live, console: Console, signed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program dies after the transaction was written down, and before it was sent."""
    from recovery.client import RecoveryClient

    really = RecoveryClient.follow

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RecoveryClient, "follow", dies)
    from click.testing import CliRunner

    from recovery.cli import cli

    assert CliRunner().invoke(cli, ["keys", "send", signed, "-y"]).exit_code == 1
    monkeypatch.setattr(RecoveryClient, "follow", really)
    before = nonce(live)
    assert "show that the owner is alive" in console.run("pending").words
    console.run("keys", "send", signed, "-y")
    assert nonce(live) == before + 1 and console.run("pending").words == "Nothing is pending."
