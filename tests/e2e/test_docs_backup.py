"""docs/backup.md, line by line: a wallet is made and backed up, everything burns, and three shares bring it back."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from eth_account import Account

from recovery.images import pdf_pages
from tests.e2e.pages import DOCS, handed_over, parts
from tests.e2e.seats import Seat, require_secret
from tests.live import ETHER, PASSWORD, Live, keystore
from tests.world import person

PAGE = DOCS / "backup.md"
#: Who there is beside the owner, and whether they have a key.
PEOPLE = {"ana": True, "ben": True, "carl": True, "dora": False, "emil": False, "fay": True}
GUARDIANS = ("ana", "ben", "carl")
#: What `recovery setup` asks besides passwords.
SETUP = [
    ("What do your friends call you?", "Max"),
    ("The key 'Phone'?", "have"),
    ("Keystore file or alias", "owner"),
    *[
        answer
        for name in GUARDIANS
        for answer in (("Guardian", f"card-{name}.json"), ("A question that only you and", ""))
    ],
    ("One more?", ""),
    ("Is this what you want?", "y"),
    ("Keystore file or alias", "owner"),
    ("Create it?", "y"),
    ("A receipt", ""),
    ("See once how you would get back?", "n"),
]


class Story:
    """Everybody at a terminal, and what the page calls by a name."""

    def __init__(self, live: Live, path: Path) -> None:
        self.live, self.path = live, path
        self.variables: dict[str, str] = {}
        self.seats = {name: Seat.of(path / name, live) for name in ("you", *PEOPLE)}
        self.before = self.seats["you"]
        for name, has_key in PEOPLE.items():
            if has_key:
                keystore(path / name / ".ape" / "accounts", name)

    @property
    def words(self) -> str:
        """The words on the owner's paper."""
        return " ".join(word for _, word in sorted(self.before.paper.items()))

    def call(self, name: str, value: str) -> None:
        """From now on the page can say $NAME."""
        self.variables[name] = value
        for seat in self.seats.values():
            seat.environment[name] = value

    def types(self, who: str, line: str) -> None:
        seat = self.seats[who]
        answers = [("Words", self.words)] if "--seed" in line else SETUP if line.startswith("recovery setup") else []
        screen = seat.does(line, *answers)
        if line.startswith("recovery keys new"):
            self.call("OWNER", _found("Address +(0x[0-9a-fA-F]{40})", screen))
            self.live.fund(self.variables["OWNER"], ETHER)
        elif line.startswith("recovery setup"):
            self.call("WALLET", _found("Account +(0x[0-9a-fA-F]{40})", screen))
            self.live.fund(self.variables["WALLET"], ETHER)
        elif line.startswith("age-keygen"):
            self.call("FAY_AGE", _found("(age1[0-9a-z]+)", screen))
        elif line.startswith("recovery bundle make"):
            self.call("FINGERPRINT", _found("forged one. ([0-9a-f]{64})", screen))
        elif line.startswith("recovery bundle verify"):
            assert "is whole" in screen and "Nothing has changed since." in screen
        elif line.startswith("recovery backup check"):
            assert "never shown" in seat.does("recovery backup list --folder my-recovery")

    def happens(self, text: str) -> None:
        if text.startswith("The sheets are printed"):
            self.print_sheets()
        elif text == "Everything that you have burns.":
            shutil.rmtree(self.before.home)
            self.seats["you"] = Seat.of(self.path / "you again", self.live, **self.variables)
        else:
            for name, sender, receiver in handed_over(text):
                name = re.sub(r"\$([A-Z_]+)", lambda match: self.variables[match[1]], name)
                self.seats[sender].gives(self.seats[receiver], name)

    def print_sheets(self) -> None:
        """What is left of sheets is what a camera sees of them, and only Fay has a file."""
        shares = self.before.home / "shares"
        (sealed,) = shares.glob("*.age")
        self.call("FAY_SHARE", sealed.name)
        self.before.gives(self.seats["fay"], f"shares/{sealed.name}")
        for name in ("dora", "emil"):
            (sheet,) = shares.glob(f"*-{name}.pdf")
            page = next(iter(pdf_pages(sheet.read_bytes()))).convert("L")
            page.rotate(4, expand=True, fillcolor=190).save(self.path / name / f"{name}.jpg", quality=80)
        shutil.rmtree(shares)


def _found(pattern: str, screen: str) -> str:
    found = re.search(pattern, screen)
    assert found, screen
    return found[1]


@pytest.mark.skipif(shutil.which("age-keygen") is None, reason="needs age: apt-get install age")
def test_the_story_is_as_it_is_told(live: Live, tmp_path: Path) -> None:
    story = Story(live, tmp_path)
    for kind, content in parts(PAGE):
        if kind == "happens":
            story.happens(content)
            continue
        for line in content.strip().split("\n"):
            story.types(kind, line)
    you = story.seats["you"]
    wallet, owner = story.variables["WALLET"], story.variables["OWNER"]
    (now,) = live.client.owners(wallet).signers
    fresh, old = (
        Account.from_key(Account.decrypt(json.loads((you.home / f"{name}.json").read_text()), PASSWORD))
        for name in ("fresh", "owner")
    )
    assert now.address == fresh.address != owner
    assert old.address == owner
    assert "TO BE DESTROYED" in you.said[-1] and "Gus" in you.said[-1]
    # The words of the first key were on one screen once; nothing else secret ever was, on anybody's.
    story.before.said[0] = ""
    keys = [person(name).key.hex() for name, has_key in PEOPLE.items() if has_key]
    require_secret(
        {**story.seats, "before": story.before}, PASSWORD, story.words, fresh.key.hex(), old.key.hex(), *keys
    )
