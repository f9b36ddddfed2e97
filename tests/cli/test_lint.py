"""`recovery policy lint`: several files, as words and for programs, and what the chain knows of Safes."""

from __future__ import annotations

import json

import pytest

from recovery.plan import PolicyPlan
from tests.cli.conftest import NAMES, POLICY, Console, Setting
from tests.live import Live
from tests.world import person


def written(console: Console, name: str, *changes: tuple[str, str]) -> str:
    """Another policy in YAML."""
    text = POLICY.format(**{each: person(each).address for each in NAMES})
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (console.home / name).write_text(text)
    return name


def hasty(console: Console) -> str:
    """A policy with one error."""
    return written(console, "hasty.yaml", ("change_delay: 7", "change_delay: 2"))


def codes(console: Console, *arguments: str) -> list[str]:
    data = json.loads(console.run("policy", "lint", *arguments, "--json").out)
    return [finding["code"] for finding in data["policies"][0]["findings"]]


def test_findings_are_said_in_words_with_what_to_do(console: Console) -> None:
    said = console.run("policy", "lint", "policy.yaml")
    assert said.words.startswith("policy.yaml: Any 2 of Ana, Ben and Carl get you back after 3 days; you can lose any")
    assert "Warning (freeze-too-short): The freeze of path 'freeze' lasts 7 days." in said.words
    assert "Fix: Let it last 10 days or more." in said.words
    assert all(len(line) <= 80 for line in said.out.split("\n"))
    assert said.out.index("Warning (") < said.out.index("Note (")


def test_an_error_is_a_failure_and_a_warning_is_not(console: Console) -> None:
    hasty(console)
    console.refuses("policy", "lint", "hasty.yaml", because="Error (change-too-fast): A thief with your keys")
    console.refuses("policy", "lint", "policy.yaml", "hasty.yaml", because="Error: 1 error in the policy: change-too")


def test_a_policy_file_is_judged_like_the_yaml_that_it_is_made_of(console: Console, policy: PolicyPlan) -> None:
    assert codes(console, "policy.json") == codes(console, "policy.yaml")
    path = console.home / "policy.json"
    path.write_text(path.read_text().replace('"threshold": 2', '"threshold": 1'))
    console.refuses("policy", "lint", "policy.json", because="altered or cut off", code=2)


def test_programs_read_the_same(console: Console) -> None:
    data = json.loads(console.run("policy", "lint", "policy.yaml", "--json").out)
    (judged,) = data["policies"]
    assert (judged["file"], judged["margin"], data["comparison"]) == ("policy.yaml", 1, [])
    assert judged["sentence"].startswith("Any 2 of Ana, Ben and Carl get you back")
    finding = next(each for each in judged["findings"] if each["code"] == "freeze-too-short")
    assert set(finding) == {"code", "severity", "path", "text", "fix"}
    assert (finding["severity"], finding["path"]) == ("warning", "freeze")


def test_a_program_learns_of_an_error_by_the_exit_code_and_reads_one_document(console: Console) -> None:
    hasty(console)
    result = console.run("policy", "lint", "hasty.yaml", "--json", code=1)
    assert json.loads(result.out)["policies"][0]["findings"][0]["severity"] == "error"
    assert "Error: 1 error in the policy" in result.err


def test_several_policies_are_compared(console: Console) -> None:
    written(console, "other.yaml", ("Dora: " + person("dora").address, "Dora: " + person("new").address))
    said = console.run("policy", "lint", "policy.yaml", "other.yaml").words
    assert "Between these policies:" in said and "Warning (guardian-address-differs): Dora has different" in said
    data = json.loads(console.run("policy", "lint", "policy.yaml", "other.yaml", "--json").out)
    assert [each["code"] for each in data["comparison"]] == ["guardian-address-differs"]
    assert [each["file"] for each in data["policies"]] == ["policy.yaml", "other.yaml"]
    once = json.loads(console.run("policy", "lint", "policy.yaml", "policy.yaml", "--json").out)
    assert len(once["policies"]) == 1 and once["comparison"] == []


def test_a_file_that_is_no_policy_is_refused(console: Console, setting: Setting) -> None:
    console.refuses("policy", "lint", because="Missing argument", code=2)
    console.refuses("policy", "lint", "nothing.yaml", because="No such file", code=2)
    console.refuses("policy", "lint", "kits/kit-ana.json", because="an owner's policy file is needed", code=2)
    written(console, "wrong.yaml", ("threshold: 2", "threshold: 4"))
    console.refuses("policy", "lint", "wrong.yaml", because="it could never be used", code=2)


def test_a_network_that_is_set_is_not_needed(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOVERY_NETWORK", "http://127.0.0.1:1")
    console.run("policy", "lint", "policy.yaml")
    console.refuses("policy", "lint", "policy.yaml", "--network", "http://127.0.0.1:1", because="does not answer")
    monkeypatch.delenv("RECOVERY_NETWORK")
    wallet = ("--wallet", person("new").address)
    console.refuses("policy", "lint", "policy.yaml", *wallet, because="Which chain?", code=2)


# --------------------------------------------------------------------------------------- on the chain


def safe(live: Live, address: str, *owners: str) -> None:
    """Puts a contract there that answers every call with a list of addresses, as a Safe answers `getOwners()`."""
    words = [32, len(owners), *(int(owner, 16) for owner in owners)]
    data = b"".join(word.to_bytes(32, "big") for word in words)
    answer(live, address, data)


def answer(live: Live, address: str, data: bytes) -> None:
    size = len(data).to_bytes(2, "big").hex()
    # PUSH2 size, PUSH1 14, PUSH1 0, CODECOPY, PUSH2 size, PUSH1 0, RETURN, and the data from byte 14 on.
    live.ask("anvil_setCode", address, f"0x61{size}600e60003961{size}6000f3{data.hex()}")


def test_who_stands_behind_a_safe_is_looked_up(live: Live, console: Console) -> None:
    network = ("--network", live.url)
    before = codes(console, "policy.yaml", *network)
    assert "same-person" not in before and "shared-safe" not in before
    safe(live, person("carl").address, person("ana").address, person("new").address)
    assert "shared-safe" in codes(console, "policy.yaml", *network)
    assert codes(console, "policy.yaml") == before
    safe(live, person("carl").address, person("ana").address)
    console.refuses("policy", "lint", "policy.yaml", *network, because="Ana and Carl on path 'friends' are all Ana")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        (2**255).to_bytes(32, "big"),
        b"\xff" * 96,
        b"".join(n.to_bytes(32, "big") for n in (32, 2**200)),
        b"".join(n.to_bytes(32, "big") for n in (32, 1, 0)),
        b"".join(n.to_bytes(32, "big") for n in (32, 0)),
    ],
)
def test_a_guardian_that_is_some_other_contract_is_just_a_guardian(live: Live, console: Console, data: bytes) -> None:
    before = codes(console, "policy.yaml")
    answer(live, person("carl").address, data)
    assert codes(console, "policy.yaml", "--network", live.url) == before
    live.ask("anvil_setCode", person("carl").address, "0xfe")
    assert codes(console, "policy.yaml", "--network", live.url) == before


def test_the_owners_of_a_wallet_count_if_it_is_named(live: Live, console: Console, setting: Setting) -> None:
    assert "single-key" not in codes(console, "policy.json")
    assert "single-key" in codes(console, "policy.json", "--wallet", setting.wallet)
    stranger = ("--wallet", person("new").address)
    console.refuses("policy", "lint", "policy.json", *stranger, because=person("new").address)
