"""Names and profiles of `ape-config.yaml` at work: what stands in for options, and what stands before it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import NEW, Console, Setting, kit_of
from tests.live import ETHER, PASSWORD, Live, keystore
from tests.proxy import SECRET, node
from tests.world import person

SHOP = person("shop").address


def configure(console: Console, text: str, folder: str = ".") -> Path:
    path = console.home / folder / "ape-config.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def bare(live: Live, setting: Setting, monkeypatch: pytest.MonkeyPatch) -> Setting:
    """Nothing comes from the environment."""
    monkeypatch.delenv("RECOVERY_NETWORK")
    monkeypatch.delenv("RECOVERY_PROFILE", raising=False)
    return setting


def profile(live: Live, setting: Setting, **more: object) -> str:
    fields = {"network": live.url, "account": "payer", "signers": ["owner"], **more}
    lines = "".join(f"      {name}: {json.dumps(value)}\n" for name, value in fields.items() if value is not None)
    book = f"recovery:\n  address_book:\n    savings: '{setting.wallet}'\n    shop: '{SHOP}'\n"
    return f"{book}  profiles:\n    default:\n{lines}"


def test_a_profile_stands_in_for_all_that_is_typed_again_and_again(live: Live, console: Console, bare: Setting) -> None:
    configure(console, profile(live, bare, kit="kits/kit-ana.json"))
    console.run("wallet", "send", "savings", "--to", "shop", "--value", "0.25 ether", "-y", passwords=2)
    assert live.client.balance(SHOP) == ETHER // 4
    said = console.run("status", "savings").words
    assert bare.wallet in said and "Ana is one of them" in said
    assert "--network URL" not in said
    console.run("request", "--path", "friends", "--new-owner", "shop", "-o", "request.json")
    assert SHOP in console.said[-2]
    console.run("heartbeat", "savings", "-y", passwords=2)


def test_names_are_looked_up_wherever_an_address_is_asked_for(live: Live, console: Console, bare: Setting) -> None:
    configure(console, profile(live, bare))
    for command in (("status",), ("history",), ("wallet", "show")):
        assert bare.wallet in console.run(*command, "savings").words
    console.refuses("finalize", "savings", because="No recovery is under way")
    because = "'savngs' is neither an address (0x and 40 hexadecimal digits) nor a name in the address book"
    console.refuses("status", "savngs", because=because, code=2)


def test_options_stand_before_the_environment_and_that_before_the_profile(
    live: Live, console: Console, bare: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "http://127.0.0.1:9/"
    configure(console, profile(live, bare, network=gone, account="ana", signers=["ben"]))
    console.refuses("status", "savings", because="does not answer")
    monkeypatch.setenv("RECOVERY_NETWORK", live.url)
    console.run("status", "savings")
    monkeypatch.setenv("RECOVERY_NETWORK", gone)
    console.run("status", "savings", "--network", live.url)
    owner = ("heartbeat", "savings", "--network", live.url)
    console.refuses(*owner, because="is not an owner of this wallet")
    with_options = (*owner, "--signer", "owner", "--account", "payer", "-y")
    before = live.client.balance(person("ana").address)
    console.run(*with_options, passwords=2)
    assert live.client.balance(person("ana").address) == before


def test_a_profile_is_chosen_by_option_or_environment(
    live: Live, console: Console, bare: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = profile(live, bare, network="http://127.0.0.1:9/")
    configure(console, text + f"    good:\n      network: {json.dumps(live.url)}\n")
    console.refuses("status", "savings", because="does not answer")
    console.run("--profile", "good", "status", "savings")
    monkeypatch.setenv("RECOVERY_PROFILE", "good")
    console.run("status", "savings")
    console.refuses("--profile", "default", "status", "savings", because="does not answer")
    console.refuses("--profile", "goood", "status", "savings", because="Did you mean 'good'?", code=2)
    assert "There: default, good." in console.said[-1]


def test_a_profile_without_a_file_is_said(live: Live, console: Console, bare: Setting) -> None:
    console.refuses("--profile", "x", "status", bare.wallet, because="is there a file ape-config.yaml", code=2)


def test_what_is_in_a_profile_is_relative_to_its_file(
    live: Live, console: Console, bare: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    keystore(console.home / "keys", "payer")
    configure(console, profile(live, bare, account="./keys/payer.json", kit="kits/kit-dora.json"))
    (console.home / "deep" / "inside").mkdir(parents=True)
    monkeypatch.chdir(console.home / "deep" / "inside")
    assert "That is Dora" in console.run("status", "savings").words
    console.run("heartbeat", "savings", "-y", passwords=2)


def test_caps_and_confirmations_come_from_the_profile(live: Live, console: Console, bare: Setting) -> None:
    configure(console, profile(live, bare, max_fee="1 wei"))
    console.refuses("heartbeat", "savings", "-y", because="The chain asks for", passwords=2)
    console.run("heartbeat", "savings", "-y", "--max-fee", "100 gwei", passwords=2)
    configure(console, profile(live, bare, confirmations=3))

    def mining(question: dict[str, object], really: object) -> object:
        if question["method"] == "eth_getTransactionReceipt":
            live.ask("evm_mine")
        return really()  # type: ignore[operator]

    with node(live.url, mining) as slow:
        done = console.run("heartbeat", "savings", "-y", "--network", slow.url, passwords=2)
    assert " deep ..." in done.err


def test_the_explorer_of_a_profile_is_linked(live: Live, console: Console, bare: Setting) -> None:
    configure(console, profile(live, bare, explorer="https://explorer.example/"))
    assert f"https://explorer.example/address/{bare.wallet}" in console.run("status", "savings").out
    sent = console.run("heartbeat", "savings", "-y", passwords=2)
    assert "https://explorer.example/tx/0x" in sent.err


def test_all_chains_of_a_profile_are_looked_at(live: Live, console: Console, bare: Setting) -> None:
    with node(live.url) as second:
        configure(console, profile(live, bare, networks=[live.url, second.url]))
        said = console.run("status", "savings")
        assert said.out.count("▶ Nothing to do.") == 2 and second.methods
        assert SECRET not in said.out + said.err
        asked = len(second.methods)
        assert console.run("status", "savings", "--also", live.url).out.count("▶ Nothing to do.") == 2
        assert len(second.methods) == asked


def test_chains_alone_are_enough_for_status(live: Live, console: Console, bare: Setting) -> None:
    configure(console, profile(live, bare, network=None, networks=[live.url]))
    done = console.run("status", "savings")
    assert done.out.count("▶ Nothing to do.") == 1 and done.err == ""
    console.refuses("wallet", "show", "savings", because="Which chain? Give --network", code=2)
    configure(console, profile(live, bare, network=None))
    console.refuses("status", "savings", because="Which chain? Give --network", code=2)


def test_a_kit_or_policy_that_is_given_stands_before_both_in_the_profile(
    live: Live, console: Console, bare: Setting
) -> None:
    configure(console, profile(live, bare, policy="policy.json"))
    assert "Dora replaces the owners" in console.run("status", "savings").words
    assert "Ben is one of them" in console.run("status", "savings", *kit_of("ben")).words


def test_variables_of_the_environment_keep_keys_out_of_the_file(
    live: Live, console: Console, bare: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with node(live.url) as provider:
        monkeypatch.setenv("NODE_KEY", SECRET)
        configure(console, profile(live, bare, network=provider.url.replace(SECRET, "${NODE_KEY}")))
        console.run("status", "savings")
    gone = console.run("status", "savings", code=1)
    assert SECRET not in gone.out + gone.err


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("recovery:\n  profiles:\n    default:\n      netwrok: x\n", "Did you mean 'network'?"),
        ("recovery:\n  address_book:\n    a: '0x12'\n", "line 3"),
        (
            f"recovery:\n  profiles:\n    default:\n      account: '{person('ana').key.hex()}'\n",
            "looks like a private key",
        ),
        (f"recovery:\n  profiles:\n    default:\n      password: '{PASSWORD}'\n", "line 4"),
        ("recovery: [", "is not YAML"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_with_its_line(
    live: Live, console: Console, bare: Setting, text: str, because: str
) -> None:
    configure(console, text)
    for command in (("status", bare.wallet), ("heartbeat", "savings"), ("status", bare.wallet, "--network", live.url)):
        console.refuses(*command, because=because, code=2)
        assert "ape-config.yaml" in console.said[-1] and PASSWORD not in console.said[-1]


def test_other_sections_of_the_file_are_not_looked_at(live: Live, console: Console, bare: Setting) -> None:
    configure(console, "name: my-project\nplugins:\n  - name: foundry\n")
    console.refuses("status", bare.wallet, because="Which chain? Give --network", code=2)
    console.run("status", bare.wallet, "--network", live.url)
    assert NEW not in "".join(console.said[-2:])
