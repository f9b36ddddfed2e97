"""Who pays, how much, and what is only shown or written down: --dry-run, --unsigned, --max-fee, --confirmations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import click
import pytest

from recovery.cli.paying import amount, batch_gas, intents, refused_by
from recovery.contracts import canonical_deployment
from recovery.errors import Refused
from recovery.explain import refusal
from recovery.intents import IntentStore
from recovery.messages import Call
from recovery.policy import DAY, HOUR
from tests.cli.conftest import NEW, OWNER, PAYER, Console, Setting, asked, signed
from tests.live import ETHER, Live, keystore
from tests.proxy import node
from tests.world import owners_of, person, policy_of, rotate, sign, signer

SHOP = person("shop").address
ADDRESS = person("payer").address
SILENT = {"eth_sendRawTransaction", "eth_sendTransaction", "eth_getTransactionCount"}


@pytest.fixture
def start(live: Live, console: Console, setting: Setting) -> tuple[str, ...]:
    """A command that needs no owner: anybody may pay for it."""
    asked(console, "request.json", "--path", "friends", "--new-owner", NEW)
    return ("start", "request.json", *signed(console, "request.json", "ana", "ben"))


def pay(setting: Setting, value: str = "0.25 ether") -> tuple[str, ...]:
    return ("wallet", "send", setting.wallet, "--to", SHOP, "--value", value, *OWNER)


def nonce(live: Live) -> int:
    return live.web3.eth.get_transaction_count(ADDRESS)


@pytest.fixture
def mining(live: Live) -> Iterator[Callable[[dict[str, Any], Callable[[], Any]], Any]]:
    """A node that mines a block whenever somebody asks for a receipt, and never else."""

    def answer(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        if question["method"] == "eth_getTransactionReceipt":
            live.ask("evm_mine")
        return really()

    yield answer


# -------------------------------------------------------------------------------------------- --dry-run


def test_a_dry_run_says_everything_and_signs_and_sends_nothing(
    live: Live, console: Console, start: tuple[str, ...]
) -> None:
    before = console.files()
    with node(live.url) as watched:
        said = console.run(*start, "--dry-run", "--account", "payer", "--network", watched.url).words
        assert not SILENT & set(watched.methods)
    assert "This would start the recovery of" in said and "path 'friends'" in said
    assert f"To {canonical_deployment().module}" in said and "Function start" in said and NEW in said
    assert f"Payer {ADDRESS} has 10 ether" in said and " gwei" in said
    assert "Cost about 0.0" in said and ", at most 0.0" in said
    assert "Simulated: it would succeed. Nothing was signed or sent (--dry-run)." in said
    assert console.files() == before


def test_a_dry_run_needs_nobody_who_pays_and_no_owner_who_signs(
    live: Live, console: Console, setting: Setting, start: tuple[str, ...]
) -> None:
    said = console.run(*start, "--dry-run").words
    assert "Payer whoever sends it" in said and "it would succeed" in said
    said = console.run(*pay(setting)[:-2], "--dry-run").words
    assert f"Signs the owners of {setting.wallet}" in said and "Payer whoever relays it" in said
    assert "Value 250000000000000000 wei" in said and "it would succeed" in said


def test_a_dry_run_for_a_payer_without_money_does_not_say_that_it_would_succeed(
    live: Live, console: Console, start: tuple[str, ...]
) -> None:
    console.refuses(*start, "--dry-run", "--account", "new", because=f"{NEW} has 0 ether, but up to")
    assert "it would succeed" not in console.said[-2]


def test_a_dry_run_of_what_would_fail_fails(live: Live, console: Console, setting: Setting) -> None:
    console.refuses("finalize", setting.wallet, "--dry-run", because="No recovery is under way")
    data = Call(setting.wallet, 0, b"\x12\x34\x56\x78")
    refused = (
        "wallet",
        "send",
        setting.wallet,
        "--to",
        canonical_deployment().module,
        "--data",
        "0x" + data.data.hex(),
    )
    console.refuses(*refused, "--dry-run", because="The contract refused it")


def test_a_dry_run_needs_no_acknowledgement_on_mainnet(
    live: Live, console: Console, setting: Setting, start: tuple[str, ...]
) -> None:
    live.ask("anvil_setChainId", 1)
    try:
        beat = ("heartbeat", setting.wallet, *OWNER)
        assert "it would succeed" in console.run(*beat, "--dry-run").words
        create = ("wallet", "create", "--policy", "policy.json", "--owner", NEW, "--kits", "others")
        assert "it would succeed" in console.run(*create, "--dry-run").words
        console.refuses(*beat, *PAYER, because="have not been audited")
        console.refuses(*beat, "--unsigned", "out.json", "-y", because="have not been audited")
    finally:
        live.ask("anvil_setChainId", 31337)


def test_the_acknowledgement_is_typed_once(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.cli.session.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    live.ask("anvil_setChainId", 1)
    try:
        beat = ("heartbeat", setting.wallet, *OWNER, *PAYER)
        done = console.run(*beat, passwords=2, answer="unaudited\n")
        assert done.err.count('Type "unaudited" to go on') == 1 and "you may lose what you put in" in done.words
        assert "Nothing was signed or sent" in console.run(*beat, passwords=2, answer="yes\n", code=1).err
    finally:
        live.ask("anvil_setChainId", 31337)


# ------------------------------------------------------------------------------------------- --unsigned


def test_what_is_written_down_can_be_signed_by_anybody(live: Live, console: Console, start: tuple[str, ...]) -> None:
    before = nonce(live)
    said = console.run(*start, "--unsigned", "start.json", "--account", "payer", "--max-fee", "30 gwei").words
    assert "Nothing was sent." in said and "cast send $(jq -r '.to, .data' start.json) --rpc-url URL" in said
    assert nonce(live) == before
    written = json.loads((console.home / "start.json").read_text())
    assert (written["chainId"], written["value"], written["from"]) == (31337, "0", ADDRESS)
    assert written["maxFeePerGas"] == str(30 * 10**9)
    assert written["to"] == canonical_deployment().module and "start the recovery" in written["summary"]
    # Somebody else signs and sends exactly that.
    content = {"from": live.web3.eth.accounts[1], "to": written["to"], "data": written["data"], "gas": written["gas"]}
    receipt = live.web3.eth.wait_for_transaction_receipt(live.web3.eth.send_transaction(content))
    assert receipt["status"] == 1
    console.refuses(*start, *PAYER, because="has been started already")


def test_a_batch_that_is_written_down_is_signed_by_the_owners_and_paid_by_anybody(
    live: Live, console: Console, setting: Setting
) -> None:
    console.run(*pay(setting), "--unsigned", "pay.json", "-y", passwords=1)
    written = json.loads((console.home / "pay.json").read_text())
    assert "from" not in written and "maxFeePerGas" not in written and written["to"] == setting.wallet
    assert live.client.balance(SHOP) == 0
    content = {"from": live.web3.eth.accounts[1], "to": written["to"], "data": written["data"], "gas": written["gas"]}
    live.web3.eth.wait_for_transaction_receipt(live.web3.eth.send_transaction(content))
    assert live.client.balance(SHOP) == ETHER // 4


def test_nothing_is_overwritten_and_nothing_is_signed_for_nothing(
    live: Live, console: Console, setting: Setting, start: tuple[str, ...]
) -> None:
    (console.home / "mine.json").write_text("mine")
    console.refuses(*start, "--unsigned", "mine.json", because="mine.json exists already. Name another", code=2)
    console.refuses(*start, "--unsigned", "x.json", "--dry-run", because="--dry-run or --unsigned, not both", code=2)
    console.refuses(*start, "--unsigned", "/proc/x.json", because="/proc", code=2)
    console.refuses("finalize", setting.wallet, "--unsigned", "x.json", because="No recovery is under way")


# -------------------------------------------------------------------------------------------- --max-fee


def test_no_more_is_paid_than_the_cap(live: Live, console: Console, start: tuple[str, ...]) -> None:
    base = live.web3.eth.get_block("latest")["baseFeePerGas"]
    console.refuses(*start, *PAYER, "--max-fee", str(base // 2), because="more than your", code=1)
    cap = 2 * base
    console.run(*start, *PAYER, "--max-fee", str(cap), passwords=1)
    block = live.web3.eth.get_block("latest", full_transactions=True)
    assert block["transactions"][0]["maxFeePerGas"] == cap


@pytest.mark.parametrize(
    ("fee", "because"),
    [
        ("0", "should be more than nothing"),
        ("0 gwei", "should be more than nothing"),
        ("cheap", "is not a sum"),
        ("-1", "is not a sum"),
        ("1.5", "of what?"),
        ("0.1 wei", "is not a sum"),
    ],
)
def test_a_cap_that_is_none_is_refused(console: Console, fee: str, because: str) -> None:
    console.refuses("start", "request.json", "--max-fee", fee, because=because, code=2)


# -------------------------------------------------------------------------------------- --confirmations


def test_it_waits_for_as_many_blocks_as_it_is_told(
    live: Live, console: Console, start: tuple[str, ...], mining: Any
) -> None:
    height = live.web3.eth.block_number
    with node(live.url, mining) as slow:
        said = console.run(*start, *PAYER, "--confirmations", "4", "--network", slow.url, passwords=1)
    assert "Mined, 2 blocks deep ..." in said.err or "Mined, 1 block deep ..." in said.err
    assert live.web3.eth.block_number >= height + 4
    assert "Started, in block" in said.out


@pytest.mark.parametrize("number", ["0", "-1", "1001", "many"])
def test_a_number_of_blocks_that_makes_no_sense_is_refused(console: Console, number: str) -> None:
    console.refuses("start", "r.json", "--confirmations", number, because="Invalid value for '--confirmations'", code=2)


# ------------------------------------------------------------------------------------------------ costs


def test_what_it_costs_is_said_before_it_is_asked_for_and_after_it_was_paid(
    live: Live, console: Console, start: tuple[str, ...]
) -> None:
    before = live.client.balance(ADDRESS)
    said = console.run(*start, "--account", "payer", passwords=1, answer="y\n")
    assert "It costs about 0.0" in said.out and f"ether, which {ADDRESS} pays." in " ".join(said.out.split())
    paid = before - live.client.balance(ADDRESS)
    assert f"Mined in block {live.web3.eth.block_number} for {amount(live.client, paid)}." in said.err


def test_whoever_says_no_has_signed_nothing(live: Live, console: Console, start: tuple[str, ...]) -> None:
    before = console.files(), nonce(live)
    said = console.run(*start, "--account", "payer", passwords=1, answer="n\n", code=1)
    assert "You said no. Nothing was signed or sent." in said.err
    assert (console.files(), nonce(live)) == before


def test_where_there_is_nobody_to_ask_nothing_is_sent(
    live: Live, console: Console, start: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: Any, **__: Any) -> None:
        raise click.Abort

    monkeypatch.setattr("click.confirm", nobody)
    because = "nobody to ask for confirmation. Nothing was sent. In a script, give --yes."
    console.refuses(*start, "--account", "payer", because=because, passwords=1)


def test_a_payer_without_money_is_told_before_anybody_is_asked(
    live: Live, console: Console, setting: Setting, start: tuple[str, ...]
) -> None:
    console.refuses(*start, "--account", "new", because=f"{NEW} has 0 ether, but up to 0.000")
    assert "[y/N]" not in console.said[-1]
    live.fund(NEW, 10**10)  # something, but too little
    console.refuses(*start, "--account", "new", because=f"{NEW} has 0.00000001 ether, but up to 0.000")


@pytest.mark.parametrize(
    ("wei", "text"),
    [
        (0, "0 ether"),
        (1, "0.000000000000000001 ether"),
        (74_655_512_345_678, "0.00007466 ether"),
        (123_456 * 10**9, "0.0001235 ether"),
        (ETHER, "1 ether"),
        (999_999 * 10**15, "1000 ether"),
        (12_345_678 * 10**15, "12346 ether"),
    ],
)
def test_sums_have_four_digits_that_say_something(live: Live, wei: int, text: str) -> None:
    assert amount(live.client, wei) == text


# ------------------------------------------------------------------------------------- gas of a batch


def test_what_a_batch_takes_is_known_before_it_is_signed(live: Live, console: Console, setting: Setting) -> None:
    """Within a quarter of what the receipt says, for the first batch of a wallet and for a later one."""
    client, wallet, owners = live.client, setting.wallet, owners_of("owner")
    small = policy_of(rotate("ana", "ben"))
    kinds = [
        [Call(SHOP, 1)],
        [Call(ADDRESS, 1)],
        [client.heartbeat_call()],
        [client.schedule_change_call(small)],
        [client.rotate_owners_call(owners_of("new"))],
        [client.heartbeat_call(), Call(ADDRESS, 1), Call(person("ana").address, 1)],
    ]

    def gas(calls: list[Call]) -> int:
        deadline = client.deadline(HOUR)
        proof = owners.proof({signer("owner"): sign("owner", client.batch(wallet, owners, calls, deadline))})
        return client.send(client.execute(wallet, calls, deadline, proof, "try"), person("relayer")).gas_used

    for used_before in (False, True):
        if used_before:
            gas([Call(person("ben").address, 1)])
        for calls in kinds:
            with live.undone():
                expected = batch_gas(client, wallet, calls)
                assert gas(calls) == pytest.approx(expected, rel=0.25), calls


# -------------------------------------------------------------------------------- what was sent all the same


def test_what_goes_wrong_after_it_was_mined_does_not_hide_that(live: Live, console: Console, start: Any) -> None:
    mined = False

    def dies(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        nonlocal mined
        mined = mined or question["method"] == "eth_getTransactionReceipt"
        return None if mined and question["method"] == "eth_call" else really()

    with node(live.url, dies) as dying:
        said = console.run(*start, *PAYER, "--network", dying.url, passwords=1, code=1).err
    assert "was mined. What went wrong came after it: The node does not answer." in said
    assert not list(console.home.rglob("intents/*.json"))


def test_a_node_that_dies_after_it_was_sent_does_not_hide_that(live: Live, console: Console, setting: Setting) -> None:
    before = nonce(live)

    def dies(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        return None if question["method"] == "eth_getTransactionReceipt" else really()

    with node(live.url, dies) as dying:
        said = console.run(*pay(setting), *PAYER, "--network", dying.url, passwords=2, code=1).err
    assert "The node does not answer." in said and "may have been sent. Run the same command again" in said
    assert "nothing was sent twice" in console.run(*pay(setting), *PAYER, passwords=2).words
    assert nonce(live) == before + 1 and live.client.balance(SHOP) == ETHER // 4


def test_what_was_mined_and_has_failed_is_said_so(live: Live, console: Console, start: tuple[str, ...]) -> None:
    """Somebody else starts it in the same moment."""
    other = json.loads(_unsigned(console, start))

    def overtakes(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        if question["method"] == "eth_sendRawTransaction":
            content = {key: other[key] for key in ("to", "data", "gas")} | {"from": live.web3.eth.accounts[1]}
            live.web3.eth.wait_for_transaction_receipt(live.web3.eth.send_transaction(content))
        return really()

    with node(live.url, overtakes) as slow:
        said = console.run(*start, *PAYER, "--network", slow.url, passwords=1, code=1).err
    assert "A recovery on path 0 is under way" in said
    assert "was mined and has failed: nothing but its fee was spent." in said
    assert "Nothing was sent" not in said and not list(console.home.rglob("intents/*.json"))


def _unsigned(console: Console, command: tuple[str, ...]) -> str:
    console.run(*command, "--unsigned", "other.json")
    return (console.home / "other.json").read_text()


def test_a_refusal_names_the_approval_and_what_was_sent(live: Live) -> None:
    names = ["ana.json", "ben.json"]
    named = refused_by(refusal("ApprovalInvalid", 1), names)
    assert named.message.startswith("ben.json has not signed this") and named.message.endswith("Nothing was sent.")
    sent = refusal("ApprovalInvalid", 1, message="No. Transaction 0xab was mined and has failed: only its fee is gone.")
    assert refused_by(sent, names).message.endswith("Transaction 0xab was mined and has failed: only its fee is gone.")
    other = Refused("no")
    assert refused_by(other, names) is other


# ----------------------------------------------------------------------------------- what earlier runs have done


@contextmanager
def dying_before_it_forgets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What was sent is mined, and stays written down."""
    with monkeypatch.context() as context:
        context.setattr(IntentStore, "remove", lambda *_: None)
        yield


def test_a_batch_that_was_mined_unheard_is_told_of_and_not_forgotten_when_the_next_is_refused(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dying_before_it_forgets(monkeypatch):
        console.run(*pay(setting), *PAYER, passwords=2)
    refused = console.run(*pay(setting, "5 ether"), *PAYER, passwords=2, code=1)
    assert "An earlier run was broken off after it had sent a transaction to send 0.25 ether" in refused.words
    assert "It was mined, in block" in refused.words
    assert len(list(console.home.rglob("intents/*.json"))) == 1
    again = console.run(*pay(setting), *PAYER, passwords=2).words
    assert "nothing was sent twice. To do it once more, run the same command again." in again
    assert live.client.balance(SHOP) == ETHER // 4
    console.run(*pay(setting), *PAYER, passwords=2)
    assert live.client.balance(SHOP) == ETHER // 2


def test_a_wallet_that_an_earlier_run_created_unheard_is_told_of(
    live: Live, console: Console, policy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ("wallet", "create", "--policy", "policy.json", "--owner", person("owner").address)
    with dying_before_it_forgets(monkeypatch):
        console.run(*create, *PAYER, passwords=1)
    said = console.run(*create, *PAYER).words
    assert "It exists already" in said and "had sent a transaction to create the wallet" in said
    assert not list(console.home.rglob("intents/*.json"))
    assert "An earlier run" not in console.run(*create, *PAYER).words


def test_a_recovery_that_an_earlier_run_finalized_unheard_is_done(
    live: Live, console: Console, setting: Setting, start: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    console.run(*start, *PAYER, passwords=1)
    live.travel(3 * DAY)
    finalize = ("finalize", setting.wallet, "--request", "request.json")
    with dying_before_it_forgets(monkeypatch):
        console.run(*finalize, *PAYER, passwords=1)
    before = nonce(live)
    again = console.run(*finalize, *PAYER).words
    assert "nothing was sent twice" in again and "Done. The account has its new owners" in again
    assert nonce(live) == before and not list(console.home.rglob("intents/*.json"))
    console.refuses(*finalize, *PAYER, because="No recovery is under way")


def test_a_sign_of_life_of_yesterday_does_not_count_for_today(
    live: Live, console: Console, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat = ("heartbeat", setting.wallet, *OWNER, *PAYER)
    with dying_before_it_forgets(monkeypatch):
        console.run(*beat, passwords=2)
    live.travel(DAY - live.client.time() % DAY + HOUR)
    said = console.run(*beat, passwords=2).words
    assert "An earlier run had signed this" in said
    state = live.client.state(setting.wallet, 0)
    assert state.last_active > state.time and live.client.batch_nonce(setting.wallet) == 2


def test_what_is_still_on_its_way_is_only_mentioned(
    live: Live, console: Console, setting: Setting, start: tuple[str, ...]
) -> None:
    def silent(question: dict[str, Any], really: Callable[[], Any]) -> Any:
        return None if question["method"] == "eth_getTransactionReceipt" else really()

    live.ask("evm_setAutomine", False)
    try:
        with node(live.url, silent) as dying:
            console.run(*start, *PAYER, "--network", dying.url, passwords=1, code=1)
        refused = console.run("finalize", setting.wallet, *PAYER, code=1).words
        assert "An earlier run was broken off while it was sending something. See: recovery pending" in refused
        assert len(list(console.home.rglob("intents/*.json"))) == 1
    finally:
        live.ask("anvil_dropAllTransactions")
        live.ask("evm_setAutomine", True)


# ------------------------------------------------------------------------------------------ keys on the command line


@pytest.mark.parametrize("secret", [person("ana").key.hex(), "0x" + person("ana").key.hex().removeprefix("0x")])
def test_a_private_key_is_refused_wherever_it_is_given_and_not_repeated(
    console: Console, live: Live, setting: Setting, secret: str
) -> None:
    because = "looks like a private key or its words, and was not used"
    console.refuses("heartbeat", setting.wallet, "--signer", secret, *PAYER, because=because, code=2)
    console.refuses("heartbeat", setting.wallet, *OWNER, "--account", secret, because=because, code=2)
    console.refuses("heartbeat", secret, because=because, code=2)
    console.refuses("wallet", "create", "--policy", "policy.json", "--owner", secret, because=because, code=2)
    assert secret[5:40] not in "".join(console.said)


def test_the_words_of_a_key_are_refused_and_not_repeated(console: Console, live: Live, setting: Setting) -> None:
    words = "test test test test test test test test test test test junk"
    beat = ("heartbeat", setting.wallet, "--signer", words, *PAYER)
    console.refuses(*beat, because="looks like a private key or its words", code=2)
    assert "junk" not in "".join(console.said)


@pytest.mark.parametrize("name", ["~nobody-of-that-name/key", "x" * 300, "../" + "y" * 300 + "/z", ""])
def test_a_name_that_no_key_can_have_is_said(console: Console, live: Live, setting: Setting, name: str) -> None:
    console.refuses("heartbeat", setting.wallet, *OWNER, "--account", name or ".", because="no keystore file", code=2)


def test_a_dry_run_refuses_who_is_no_owner_and_who_cannot_pay(live: Live, console: Console, setting: Setting) -> None:
    keystore(console.home / ".ape" / "accounts", "poor")
    send = ("wallet", "send", setting.wallet, "--to", SHOP, "--value", "1", "--dry-run")
    console.refuses(*send, "--signer", "ana", because="is not an owner of this wallet")
    console.refuses(*send, "--signer", "owner", "--account", "poor", because="has 0 ether, but up to")
    assert f"Payer {ADDRESS} has" in console.run(*send, "--signer", "owner", "--account", "payer").words


def test_a_second_batch_is_refused_before_anybody_signs_while_the_first_is_on_its_way(
    live: Live, console: Console, setting: Setting
) -> None:
    live.ask("evm_setAutomine", False)
    calls, client = [Call(SHOP, 1)], live.client
    owners, deadline = setting.owners, live.client.deadline()
    proof = owners.proof({signer("owner"): sign("owner", client.batch(setting.wallet, owners, calls, deadline))})
    first = client.execute(setting.wallet, calls, deadline, proof, "send 1 wei")

    class Stopped(BaseException):
        pass

    def stop(progress: object) -> None:
        if getattr(progress, "stage", "") == "sent":
            raise Stopped

    with pytest.raises(Stopped):
        client.send(first, person("payer"), store=intents(), progress=stop)
    try:
        console.refuses(
            *pay(setting), *PAYER, because="A transaction of an earlier run is still on its way, to send 1 wei"
        )
    finally:
        live.ask("evm_setAutomine", True)
        live.ask("evm_mine")
    console.run(*pay(setting), *PAYER, passwords=2)
    assert client.balance(SHOP) >= ETHER // 4
