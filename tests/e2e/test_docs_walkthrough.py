"""docs/walkthrough.md, line by line: everybody at a terminal and in a home of their own, with QR codes between them.

Files are handed over as they are in the other stories (docs/backup.md, `test_everything_is_gone`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from recovery.kit import Kit
from recovery.plan import PolicyPlan
from recovery.policy import DAY
from tests.e2e.pages import DOCS, handed_over, parts
from tests.e2e.seats import Seat, require_secret, six_words_on
from tests.live import ETHER, PASSWORD, Live, keystore
from tests.world import person

PAGE = DOCS / "walkthrough.md"
NAMES = {"you": "owner", "ana": "ana", "ben": "ben", "carl": "carl", "rita": "rita"}
KEYS = {
    "you": ("owner", "new-owner", "next-owner"),
    "ana": ("ana",),
    "ben": ("ben",),
    "carl": ("carl",),
    "rita": ("rita",),
}
#: What the page says is refused, and how.
REFUSED = {
    "recovery request --action freeze --kit kit-ben.json -o again.json": "it can be frozen again from",
    "recovery guardian check kit-carl.json --signer carl": "This kit is stale",
}
NUMBERS = {"Three": 3, "Seven": 7}


@dataclass
class Story:
    live: Live
    seats: dict[str, Seat]
    variables: dict[str, str]
    pictures: int = 0
    #: By a request's file, the words that its asker has read out.
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def run(self, who: str, line: str) -> None:
        approved = re.match(r"recovery approve (\S+)", line)
        code, output = self.seats[who].types(line, heard=self.words.get(approved[1], ()) if approved else ())
        assert code == (1 if line in REFUSED else 0), f"{who}: {line}\n{output}"
        assert "Traceback" not in output
        assert REFUSED.get(line, "") in " ".join(output.split()), output
        created = re.search(r"Wallet +(0x[0-9a-fA-F]{40})", output)
        if created and "WALLET" not in self.variables:
            self.variables["WALLET"] = created.group(1)
            for seat in self.seats.values():
                seat.environment["WALLET"] = created.group(1)
        if "wallet create" in line and "--dry-run" not in line:
            self.live.fund(self.variables["WALLET"], ETHER)
        if line.startswith("recovery request") and line not in REFUSED:
            written = re.search(r"Written to (\S+\.json)\.", output)
            assert written, output
            self.words[written[1]] = six_words_on(output)
        elif shown := re.match(r"recovery words (\S+)", line):
            assert tuple(output.split()) == self.words[shown[1]]

    def hand_over(self, name: str, sender: str, receiver: str) -> None:
        """Gives a file to somebody, as pictures of its QR codes."""
        self.pictures += 1
        self.seats[sender].shows_all(self.seats[receiver], name, f"picture-{self.pictures}")


def happens(story: Story, text: str) -> None:
    passed = re.fullmatch(r"(\w+) days pass\.", text)
    if passed:
        story.live.travel(NUMBERS[passed.group(1)] * DAY)
        return
    for name, sender, receiver in handed_over(text):
        story.hand_over(name, sender, receiver)


@pytest.fixture
def story(live: Live, tmp_path: Path) -> Story:
    variables = {
        "OWNER": "owner",
        "NEW_OWNER": "new-owner",
        "NEXT_OWNER": "next-owner",
        "STRANGER": "stranger",
        "ANA": "ana",
        "BEN": "ben",
        "CARL": "carl",
        "RITA": "rita",
    }
    addresses = {name: person(who).address for name, who in variables.items()}
    seats = {}
    for who, folder in NAMES.items():
        home = tmp_path / folder
        for key in KEYS[who]:
            keystore(home / ".ape" / "accounts", key)
            live.fund(person(key).address, ETHER)
        seats[who] = Seat.of(home, live, **addresses)
    return Story(live, seats, {})


def test_the_page_tells_of_everything_that_it_should() -> None:
    text = " ".join(content for kind, content in parts(PAGE) if kind != "happens")
    for command in (
        "policy change",
        "freeze",
        "veto",
        "finalize",
        "approve",
        "history",
        "--dry-run",
        "--ics",
        "words",
        "check",
    ):
        assert command in text


def test_the_walk_is_as_it_is_told(story: Story) -> None:
    for kind, content in parts(PAGE):
        if kind == "happens":
            happens(story, content)
        elif kind in NAMES:
            for line in content.strip().split("\n"):
                story.run(kind, line)
        else:
            for name, value in story.seats["you"].environment.items():
                content = content.replace(f"${name}", value) if name.isupper() else content
            (story.seats["you"].home / kind).write_text(content)
    client, wallet = story.live.client, story.variables["WALLET"]
    assert [owner.address for owner in client.owners(wallet).signers] == [person("next-owner").address]
    state = client.state(wallet)
    assert not state.frozen and not any(path.is_open for path in state.paths)
    assert len(client.policy(wallet).paths) == 1
    assert story.pictures == 25
    keys = [person(name).key.hex() for names in KEYS.values() for name in names]
    home = story.seats["you"].home
    policies = [PolicyPlan.loads((home / name).read_text()) for name in ("policy.json", "policy-2.json")]
    kits = [Kit.loads(path.read_text()) for path in home.glob("kits*/kit-*.json")]
    salts = [opening.salt.hex() for kit in kits for opening in kit.openings if opening]
    require_secret(story.seats, PASSWORD, *keys, *salts, *(plan.secret.hex() for plan in policies))
