"""Everything that the owner had is deleted, and each guardian has nothing but a kit: everything comes back."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from eth_account import Account

from recovery.folder import Folder
from recovery.images import pdf_pages
from recovery.policy import DAY
from recovery.sheets import read_back
from tests.e2e.seats import CTRL_C, Seat, require_secret, six_words_on
from tests.live import ETHER, PASSWORD, Live, keystore
from tests.world import person

FOLDER = "my-recovery"
#: Of the keys that are made in the conversation.
OWN_PASSWORD = "another horse and another battery"


@dataclass
class World:
    """Who there is: guardians and their kits, and what nobody may see."""

    live: Live
    path: Path
    seats: dict[str, Seat] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=lambda: [PASSWORD, OWN_PASSWORD])

    def sits(self, name: str, *keys: str, ether: bool = False) -> Seat:
        """Somebody comes, with a home that nobody has used and their keys."""
        home = self.path / name
        for key in keys:
            keystore(home / ".ape" / "accounts", key)
            self.secrets.append(person(key).key.hex())
            if ether:
                self.live.fund(person(key).address, ETHER)
        self.seats[name] = Seat.of(home, self.live)
        return self.seats[name]

    def loses_everything(self, name: str) -> None:
        """The house burns down. What was secret in it is noted, for it may have been on a screen."""
        home = self.seats[name].home
        folder = Folder.open(home / FOLDER)
        self.notes(*folder.policy_files(), *(folder.path / "kits").glob("*.json"))
        for key in (folder.path / "keys").glob("*.json"):
            self.secrets.append(Account.decrypt(json.loads(key.read_text()), OWN_PASSWORD).hex())
        shutil.rmtree(home)
        assert not home.exists()

    def notes(self, *files: Path) -> None:
        """What is secret in kits and policy files."""
        for path in files:
            content = json.loads(path.read_text())
            openings = content.get("openings", [])
            self.secrets += [content["secret"]] if "secret" in content else [each["salt"] for each in openings if each]

    def keeps_only(self, name: str, *files: str) -> None:
        """What else was in a guardian's home is gone, too: cards, receipts, pictures."""
        for path in self.seats[name].home.iterdir():
            if path.name != ".ape" and path.name not in files:
                path.unlink()

    def sends(self, seat: Seat, account: str, *keys: str) -> None:
        """The owner pays a shop from the account."""
        shop = person("shop").address
        signers = " ".join(f"--signer {key}" for key in keys)
        screen = seat.does(
            f'recovery wallet send {account} --to {shop} --value "0.25 ether" {signers} --account {keys[0]}'
        )
        assert "Sent." in screen and self.live.client.balance(shop) == ETHER // 4

    def address_on(self, screen: str, what: str) -> str:
        """An account's address, from a row on a screen."""
        found = re.search(rf"{what} +(0x[0-9a-fA-F]{{40}})", screen)
        assert found, screen
        return found[1]


@pytest.fixture
def world(live: Live, tmp_path: Path) -> World:
    return World(live, tmp_path)


def befriends(world: World, name: str, phone: str) -> Seat:
    """A guardian with a key of their own makes a card."""
    seat = world.sits(name, name)
    seat.does(f'recovery guardian card {name.capitalize()} --contact "{phone}" --signer {name}')
    return seat


def a_new_key(name: str) -> list[tuple[str, str]]:
    """A key that is made in the conversation."""
    return [
        (f"The key '{name}'?", "new"),
        ("A password for it", OWN_PASSWORD),
        ("Repeat for confirmation", OWN_PASSWORD),
    ]


def a_card(answer: str, question: str = "") -> list[tuple[str, str]]:
    """A place among the guardians, and who takes it."""
    return [("uardian", answer), ("A question that only you and", question), ("May the other guardians", "y")]


def owners(live: Live, account: str) -> set[str]:
    return {owner.address for owner in live.client.owners(account).signers}


def test_with_files(world: World) -> None:
    live = world.live
    ana, ben, carl = (befriends(world, n, f"+1 555 010{i}") for i, n in enumerate(("ana", "ben", "carl"), 1))
    you = world.sits("you", "owner", ether=True)

    # The conversation is broken off while the cards are still to come, and taken up again with the same command.
    code, screen = you.types(
        "recovery setup",
        ("What do your friends call you?", "Max"),
        ("Which one?", "solo"),
        *a_new_key("Phone"),
        ("Guardian 1", CTRL_C),
    )
    assert code == 1 and f"recovery setup {FOLDER}" in screen
    for guardian, name in ((ana, "ana"), (ben, "ben"), (carl, "carl")):
        guardian.gives(you, f"card-{name}.json")
    screen = you.does(
        "recovery setup",
        *a_card("card-ana.json", "Which lake?"),
        *a_card("card-ben.json"),
        *a_card("card-carl.json"),
        ("One more?", ""),
        ("Is this what you want?", "y"),
        ("Keystore file or alias", "owner"),
        ("Create it?", "y"),
        ("A receipt", ""),
        ("See once how you would get back?", "y"),
        ("Word", "wrong"),
    )
    account = world.address_on(screen, "Account")
    live.fund(account, ETHER)
    assert "Protected: not yet" in screen and "There is no such word in the list." in screen
    receipts = []
    for guardian, name in ((ana, "ana"), (ben, "ben"), (carl, "carl")):
        you.gives(guardian, f"{FOLDER}/kits/kit-{name}.json")
        guardian.does(f"recovery guardian check kit-{name}.json --signer {name}")
        receipts.append(("A receipt", guardian.gives(you, f"receipt-{name}.json")))
        world.keeps_only(name, f"kit-{name}.json")
    screen = you.does("recovery setup", *receipts)
    assert "3 of 3 guardians can be counted on: all of them. Protected: yes" in screen

    world.loses_everything("you")

    # A new computer and a new key. Not even the address is known; Ana has it in her kit.
    new_you = world.sits("you again", "new-owner", ether=True)
    new_key = person("new-owner").address
    screen = ana.does("recovery kit show kit-ana.json")
    assert account in screen and "friends" in screen
    screen = ana.does(f"recovery request --kit kit-ana.json --path friends --new-owner {new_key}")
    words = six_words_on(screen)
    assert account in screen and new_key in screen
    ana.does("recovery approve request.json --kit kit-ana.json --signer ana", heard=words)
    # Somebody sends Ben another request than the one whose words he hears.
    stranger = person("stranger").address
    ana.does(f"recovery request --kit kit-ana.json --path friends --new-owner {stranger} -o other.json")
    (ben.home / "request.json").write_text((ana.home / "other.json").read_text())
    code, screen = ben.types("recovery approve request.json --kit kit-ben.json --signer ben", heard=words)
    assert code == 1 and "Do not sign" in screen and not list(ben.home.glob("approval*"))
    ana.gives(ben, "request.json")
    ben.does("recovery approve request.json --kit kit-ben.json --signer ben", heard=words)
    rita = world.sits("rita", "rita", ether=True)
    for friend, name in ((ana, "request.json"), (ana, "approval-ana.json"), (ben, "approval-ben.json")):
        friend.gives(rita, name)
    screen = rita.does("recovery start request.json approval-ana.json approval-ben.json --account rita")
    command = f"recovery finalize {account} --request request.json"
    assert command in screen
    live.travel(3 * DAY)
    assert "every guardian's kit stays good" in rita.does(f"{command} --account rita")
    assert owners(live, account) == {new_key}
    world.sends(new_you, account, "new-owner")

    # The old policy is still in force. Its file is gone for good, so a new one takes its place.
    members = {}
    for guardian, name in ((ana, "ana"), (ben, "ben"), (carl, "carl")):
        guardian.does(f"recovery guardian card {name.capitalize()} --signer {name}")
        members[name] = json.loads((new_you.home / guardian.gives(new_you, f"card-{name}.json")).read_text())["signer"]
    new_you.does("recovery policy new --template solo > policy.yaml")
    draft = (new_you.home / "policy.yaml").read_text()
    for address in (new_key, *members.values()):  # in an editor
        draft = draft.replace('"0x"', f'"{address}"', 1)
    (new_you.home / "policy.yaml").write_text(draft)
    new_you.does("recovery policy new policy.yaml")
    new_you.does(f"recovery policy change {account} --policy policy.json --signer new-owner --account new-owner")
    live.travel(10 * DAY)
    new_you.does(f"recovery policy apply {account} --account new-owner")
    for guardian, name in ((ana, "ana"), (ben, "ben"), (carl, "carl")):
        code, screen = guardian.types(f"recovery guardian check kit-{name}.json --signer {name}")
        assert code == 1 and "This kit is stale" in screen
        (guardian.home / f"kit-{name}.json").unlink()
        new_you.gives(guardian, f"kits-new/kit-{name}.json")
        screen = guardian.does(f"recovery guardian check kit-{name}.json --signer {name}")
        assert "your kit is of the policy that the account has now" in screen
    assert "friends" in new_you.does(f"recovery status {account} --policy policy.json")
    world.notes((new_you.home / "policy.json"), *(new_you.home / "kits-new").glob("*.json"))
    require_secret(world.seats, *world.secrets)


def test_with_pictures_and_text_only_and_an_envelope(world: World) -> None:
    live = world.live
    ana, ben, carl = (befriends(world, n, f"+1 555 010{i}") for i, n in enumerate(("ana", "ben", "carl"), 1))
    you = world.sits("you", "owner", ether=True)
    (picture,) = ana.shows(you, "card-ana.json", "ana")
    message = you.home / "message.txt"
    message.write_text(ben.types("recovery qr card-ben.json --text")[1])
    carl.shows_all(you, "card-carl.json", "carl")
    screen = you.does(
        "recovery setup --template family",
        ("What do your friends call you?", "Max"),
        *a_new_key("Phone"),
        *a_new_key("Laptop"),
        *a_card(picture),
        *a_card("message.txt"),
        *a_card("card-carl.json"),
        ("Guardian 4", "none"),
        ("One more?", "Carl"),
        ("One more", "paper"),
        ("What do you call the envelope?", ""),
        ("Who keeps it?", "Dora"),
        ("One more?", ""),
        ("Is this what you want?", "y"),
        ("Keystore file or alias", "owner"),
        ("Create it?", "y"),
        ("A receipt", ""),
        ("See once how you would get back?", "n"),
    )
    account = world.address_on(screen, "Account")
    live.fund(account, ETHER)
    assert "friends Any 3 of Ana, Ben, Carl and the envelope replace the owners after 3 days" in screen

    # Sheets go through a printer: what is left of them is what a camera sees.
    dora = world.sits("dora")
    (sheet,) = (you.home / FOLDER / "paper").glob("*.pdf")
    envelope = sheet.read_bytes()
    sheet.unlink()
    for number, page in enumerate(pdf_pages((you.home / FOLDER / "kits" / "kit-the-envelope.pdf").read_bytes())):
        page.save(dora.home / f"page-{number}.png")
    dora.does("recovery scan page-*.png -o kit-the-envelope.json")
    receipts = []
    for guardian, name in ((ana, "ana"), (ben, "ben"), (carl, "carl")):
        you.shows_all(guardian, f"{FOLDER}/kits/kit-{name}.json", f"for-{name}")
        guardian.does(f"recovery guardian check kit-{name}.json --signer {name}")
        (picture,) = guardian.shows(you, f"receipt-{name}.json", f"from-{name}")
        receipts.append(("A receipt", picture))
        world.keeps_only(name, f"kit-{name}.json")
    world.keeps_only("dora", "kit-the-envelope.json")
    screen = you.does("recovery setup", *receipts, ("A receipt", ""))
    assert "5 of 6 guardians can be counted on; still missing: the envelope. Protected: yes" in screen

    world.loses_everything("you")

    new_you = world.sits("you again", "new-owner", "next-owner", ether=True)
    new_keys = [person(name).address for name in ("new-owner", "next-owner")]
    named = " ".join(f"--new-owner {key}" for key in new_keys)
    words = six_words_on(ana.types(f"recovery request --kit kit-ana.json --path friends {named} --threshold 2")[1])
    rita = world.sits("rita", "rita", ether=True)
    (phrase,) = read_back(envelope)  # Dora opens it
    world.secrets.append(phrase)
    ana.shows_all(rita, "request.json", "to-rita")
    approvals = []
    for guardian, name, key in ((ana, "ana", "ana"), (ben, "ben", "ben"), (dora, "the-envelope", "paper")):
        if guardian is not ana:
            ana.shows_all(guardian, "request.json", f"to-{name}")
        line = f"recovery approve request.json --kit kit-{name}.json --signer {key}"
        guardian.does(line, *([("Words", phrase)] if key == "paper" else []), heard=words)
        approvals.append(guardian.shows_all(rita, f"approval-{name}.json", "approval"))
    rita.does(f"recovery start request.json {' '.join(approvals)} --account rita")
    live.travel(3 * DAY)
    rita.does(f"recovery finalize {account} --request request.json --account rita")
    assert owners(live, account) == set(new_keys)
    world.sends(new_you, account, "new-owner", "next-owner")

    # Everybody's kit is as good as before.
    for guardian, name in ((ana, "ana"), (ben, "ben"), (carl, "carl")):
        screen = guardian.does(f"recovery guardian check kit-{name}.json --signer {name}")
        assert "your kit is of the policy that the account has now" in screen
    require_secret(world.seats, *world.secrets)
