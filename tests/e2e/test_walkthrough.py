"""The whole of it as people live through it: separate homes, nothing shared but files that they hand to each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recovery.policy import DAY
from tests.live import PASSWORD, Live, Terminal
from tests.world import person

POLICY = """\
change_delay: 7 days
guardians:
  Ana: {ana}
  Ben: {ben}
  Carl: {carl}
  Dora: {dora}
paths:
  - name: friends
    right: rotate
    guardians: [Ana, Ben, Carl]
    threshold: 2
    delay: 3 days
    window: 30 days
    owner_cancels: yes
  - name: heir
    right: rotate
    guardians: [Dora]
    threshold: 1
    inactivity: 1 year
    delay: 30 days
    window: 90 days
    owner_cancels: yes
"""


class People:
    def __init__(self, folder: Path, live: Live) -> None:
        self.live = live
        self.owner, self.ana, self.ben, self.carl, self.dora, self.relayer = (
            Terminal(folder / name, live.url) for name in ("owner", "ana", "ben", "carl", "dora", "relayer")
        )
        for name in ("ana", "ben", "carl", "dora", "relayer"):
            getattr(self, name).key(name)
        self.owner.key("owner")
        self.owner.key("payer")
        addresses = {name: person(name).address for name in ("ana", "ben", "carl", "dora")}
        (self.owner.home / "policy.yaml").write_text(POLICY.format(**addresses))
        self.owner.run("policy", "new", "policy.yaml")
        created = self.owner.run(
            *("wallet", "create", "--policy", "policy.json", "--owner", person("owner").address),
            *("--account", "payer", "-y"),
            passwords=1,
        )
        self.wallet = created.out.split("Wallet")[1].split()[0]
        for name in ("ana", "ben", "carl", "dora"):
            self.owner.give(getattr(self, name), f"kits/kit-{name}.json")
        live.fund(self.wallet, 10**18)

    def everybody(self) -> list[Terminal]:
        return [self.owner, self.ana, self.ben, self.carl, self.dora, self.relayer]

    def request(self, asker: Terminal, kit: str, path: str, heir: str = "new owner") -> str:
        """Says what the asker reads."""
        asked = asker.run(
            *("request", "--kit", kit, "--path", path, "--new-owner", person(heir).address, "-o", "request.json")
        )
        return asked.words

    def start_friends(self) -> None:
        self.request(self.ana, "kit-ana.json", "friends")
        self.ana.give(self.ben, "request.json")
        self.ana.run("approve", "request.json", "--kit", "kit-ana.json", "--signer", "ana", "-y", passwords=1)
        self.ben.run(
            *("approve", "request.json", "--kit", "kit-ben.json", "--on-chain", "--account", "ben", "-y"), passwords=1
        )
        self.ana.give(self.relayer, "request.json", "approval-ana.json")
        self.ben.give(self.relayer, "approval-ben.json")
        self.relayer.run(
            *("start", "request.json", "approval-ana.json", "approval-ben.json", "--account", "relayer", "-y"),
            passwords=1,
        )


@pytest.fixture
def people(tmp_path: Path, live: Live) -> People:
    return People(tmp_path, live)


def test_friends_get_an_owner_back_who_has_lost_the_key(people: People) -> None:
    live, owner, relayer, wallet = people.live, people.owner, people.relayer, people.wallet
    sent = owner.run(
        *("wallet", "send", wallet, "--to", person("shop").address, "--value", "0.25 ether"),
        *("--signer", "owner", "--account", "payer", "-y"),
        passwords=2,
    )
    assert "0.75 ether left" in sent.out

    people.start_friends()
    early = relayer.run("finalize", wallet, "--request", "request.json", "--account", "relayer", "-y", code=1)
    assert "Not yet." in early.err
    assert "(in 3 days)" in early.err
    assert live.client.owners(wallet).signers[0].address == person("owner").address

    live.travel(3 * DAY)
    assert "Anybody can finalize it now" in owner.run("status", wallet, "--policy", "policy.json").words
    relayer.run("finalize", wallet, "--request", "request.json", "--account", "relayer", "-y", passwords=1)

    newcomer = Terminal(people.owner.home.parent / "newcomer", live.url)
    newcomer.key("new owner")
    newcomer.key("payer")
    newcomer.run(
        *("wallet", "send", wallet, "--to", person("shop").address, "--value", "0.5 ether"),
        *("--signer", "new owner", "--account", "payer", "-y"),
        passwords=2,
    )
    assert live.client.balance(person("shop").address) == 75 * 10**16
    refused = owner.run(
        *("wallet", "send", wallet, "--to", person("owner").address, "--value", "0.1 ether"),
        *("--signer", "owner", "--account", "payer", "-y"),
        code=1,
    )
    assert "is not an owner of this wallet (any more)" in refused.err
    shown = json.loads(newcomer.run("wallet", "show", wallet, "--json").out)
    assert shown["owners"] == [person("new owner").address]
    assert "protected" not in shown
    nothing_secret_was_said(people)


def test_an_heir_gets_in_after_a_year_of_silence_and_not_before(people: People) -> None:
    live, dora, wallet = people.live, people.dora, people.wallet
    asked = people.request(dora, "kit-dora.json", "heir", "dora")
    assert "Not yet: path heir opens on" in asked
    dora.run("approve", "request.json", "--kit", "kit-dora.json", "--signer", "dora", "-y", passwords=1)
    early = dora.run("start", "request.json", "approval-dora.json", "--account", "dora", "-y", code=1)
    assert "The owner has been active: this path opens on" in early.err

    live.travel(366 * DAY)
    assert "path heir" in dora.run("status", wallet, "--kit", "kit-dora.json").words.replace('"', "")
    (dora.home / "request.json").unlink()
    (dora.home / "approval-dora.json").unlink()
    assert "Not yet" not in people.request(dora, "kit-dora.json", "heir", "dora")
    dora.run("approve", "request.json", "--kit", "kit-dora.json", "--signer", "dora", "-y", passwords=1)
    dora.run("start", "request.json", "approval-dora.json", "--account", "dora", "-y", passwords=1)
    live.travel(30 * DAY)
    dora.run("finalize", wallet, "--account", "dora", "-y", passwords=1)
    assert live.client.owners(wallet).signers[0].address == person("dora").address
    nothing_secret_was_said(people)


def test_a_heartbeat_ends_what_an_heir_has_begun(people: People) -> None:
    live, dora, owner, wallet = people.live, people.dora, people.owner, people.wallet
    live.travel(366 * DAY)
    people.request(dora, "kit-dora.json", "heir", "dora")
    dora.run("approve", "request.json", "--kit", "kit-dora.json", "--signer", "dora", "-y", passwords=1)
    dora.run("start", "request.json", "approval-dora.json", "--account", "dora", "-y", passwords=1)
    owner.run("heartbeat", wallet, "--signer", "owner", "--account", "payer", "-y", passwords=2)
    live.travel(30 * DAY)
    refused = dora.run("finalize", wallet, "--account", "dora", "-y", code=1)
    assert "The owner has been active" in refused.err


def test_an_owner_cancels_what_he_did_not_ask_for(people: People) -> None:
    live, owner, relayer, wallet = people.live, people.owner, people.relayer, people.wallet
    people.start_friends()
    status = owner.run("status", wallet, "--policy", "policy.json", "--events")
    assert 'Recovery under way on path "friends": ready in 3 days.' in status.words
    assert person("new owner").address in status.words
    owner.run(
        *("cancel", wallet, "--path", "friends", "--policy", "policy.json"),
        *("--signer", "owner", "--account", "payer", "-y"),
        passwords=2,
    )
    live.travel(3 * DAY)
    refused = relayer.run("finalize", wallet, "--request", "request.json", "--account", "relayer", "-y", code=1)
    assert "No recovery is under way" in refused.err
    again = relayer.run(
        *("start", "request.json", "approval-ana.json", "approval-ben.json", "--account", "relayer", "-y"), code=1
    )
    assert "Nothing" in again.err or "started already" in again.err
    assert "Nothing to do." in owner.run("status", wallet).words


def nothing_secret_was_said(people: People) -> None:
    plan = json.loads((people.owner.home / "policy.json").read_text())
    secrets = [plan["secret"][2:], PASSWORD]
    secrets += [person(n).key.hex().removeprefix("0x") for n in ("owner", "ana", "ben", "carl", "dora", "payer")]
    for kit in (people.owner.home / "kits").iterdir():
        secrets += [o["salt"][2:] for o in json.loads(kit.read_text())["openings"] if o]
    said = "\n".join(text for terminal in people.everybody() for text in terminal.said).lower()
    assert said
    for secret in secrets:
        assert secret.lower() not in said
