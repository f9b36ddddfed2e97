"""An owner's folder with everything in it that runbooks may speak of, or must not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recovery.backup.forms import Kind
from recovery.backup.share import About, Check, Holder, SetNote
from recovery.card import Card
from recovery.folder import AccountNote, Folder
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import DAY, MAX_PATHS, Right
from recovery.runbook import (
    Document,
    Known,
    Stand,
    guardian_runbook,
    heir_runbook,
    heirs_letter,
    owner_runbook,
)
from recovery.state import AccountState, PathStatus, RequestState
from tests.world import SECRET, person, sign, signer

ACCOUNT = "0x3F4C6b3f27e8bf3D29B0b4c2A41B8f8a6C0f9c21"
MODULE = "0x52908400098527886E0F7030069857D2E4169EE7"
#: Sat 21 Nov 2026 12:00 UTC, and the end of the day before, to which the last sign of life counts.
NOW = 1_795_262_400
LAST = NOW - DAY // 2
QUESTION = "What did we eat on the ferry to Corvo?"
AGE_KEY = "age1" + "q" * 58

FRIENDS = PathPlan(
    *("friends", Right.ROTATE, (("Ana", 1), ("Ben Costa", 1), ("Carl", 1)), 2),
    owner_cancels=True,
    delay=3 * DAY,
    window=30 * DAY,
)
THEFT = PathPlan(
    *("my *theft* path", Right.ROTATE, (("Ana", 1), ("Ben Costa", 1), ("Carl", 1)), 3),
    vetoable=True,
    delay=7 * DAY,
    window=30 * DAY,
)
HEIRS = PathPlan(
    *("heirs", Right.ROTATE, (("Notary", 2), ("Dora", 1), ("Emil", 1)), 3),
    owner_cancels=True,
    vetoable=True,
    inactivity=365 * DAY,
    delay=30 * DAY,
    window=90 * DAY,
)
CHILDREN = replace(HEIRS, label="children", guardians=(("Dora", 1), ("Emil", 1)), threshold=2, inactivity=730 * DAY)
FREEZE = PathPlan("freeze", Right.FREEZE, FRIENDS.guardians, 1, window=14 * DAY)
WATCH = PathPlan("watch", Right.VETO, FRIENDS.guardians, 2)
EVERYTHING = (HEIRS, CHILDREN, WATCH, FRIENDS, THEFT, FREEZE)
POLICIES = {
    "everything": EVERYTHING,
    "no silence": (FRIENDS, THEFT, FREEZE),
    "silence only": (HEIRS,),
    "friends only": (FRIENDS,),
}
NAMES = ("Ana", "Ben Costa", "Carl", "Dora", "Emil", "Notary")


def plan(*paths: PathPlan) -> PolicyPlan:
    paths = paths or EVERYTHING
    used = {name for path in paths for name, _ in path.guardians}
    guardians = [Guardian(name, signer(name), number) for number, name in enumerate(NAMES, 1) if name in used]
    keys = (("Phone", signer("phone")), ("Laptop", signer("laptop")))
    return PolicyPlan(SECRET, 7 * DAY, tuple(guardians), paths, owner="Olga Ruiz", owners=keys, owners_threshold=2)


def note(made: int = 1_700_000_000) -> SetNote:
    names = ("Vera", "Ana", "Willi")
    about = About(
        *(bytes.fromhex("0123456789abcdef"), 7, Kind.SEED, "the laptop's phrase", None, ((2, 3),), 1, True),
        Check(b"\x5a" * 16, b"\xc3\xd4\xe5\xf6"),
        made,
    )
    holders = (Holder(name, 1, number, AGE_KEY, False, person(name).address) for number, name in enumerate(names, 1))
    return SetNote(about, tuple(holders))


def folder(place: Path, made: PolicyPlan | None = None, **more: object) -> Folder:
    """An owner's folder."""
    said: dict[str, object] = {
        "contacts": ("Dora", "Notary"),
        "questions": (("Ana", QUESTION), ("Dora", QUESTION)),
        "holders": (("Carl", "the bank"),),
        **more,
    }
    kept = Folder.create(place, AccountNote("Olga Ruiz", ACCOUNT, MODULE, (11155111,), **said))  # type: ignore[arg-type]
    kept.add_plan(made or plan())
    for name, contact in (("Ana", "+351 912 345 678"), ("Dora", "+49 30 901820"), ("Carl", "at the bank")):
        card = Card(name, signer(name), contact, "", 1_750_000_000)
        kept.add_card(card.signed(sign(name, card.message)))
    impostor = Card("Notary", signer("mallory"), "+1 555 666", "", 1_750_000_000)
    kept.add_card(impostor.signed(sign("mallory", impostor.message)))
    return kept


def state(
    made: PolicyPlan | None = None, *, last: int = LAST, time: int = NOW, requests: dict[int, PathStatus] | None = None
) -> AccountState:
    idle = PathStatus(RequestState.IDLE, 0, 0, 0)
    return AccountState(
        account=ACCOUNT,
        time=time,
        readable=True,
        policy_hash=(made or plan()).policy.hash[:24],
        epoch=4,
        change_delay=7 * DAY,
        blockers=0,
        change_policy_hash=bytes(24),
        change_eta=0,
        last_active=last,
        frozen_until=0,
        cool_until=0,
        paths=tuple((requests or {}).get(index, idle) for index in range(MAX_PATHS)),
    )


def stand(read: AccountState | None = None, *, delegated: bool = False, owners: bytes = b"") -> Stand:
    first = plan().first_owners
    assert first is not None
    return Stand(11155111, 7_654_321, read or state(), delegated, owners or first.hash[:24])


def known(place: Path, *stands: Stand, made: PolicyPlan | None = None, **more: object) -> Known:
    """What is known of the folder at that place, which is made."""
    return Known.of(folder(place, made, **more), 1, [note()], stands, NOW)


def documents(about: Known, *names: str) -> list[Document]:
    """Everything that may be written."""
    named = [guardian_runbook(about, name) for name in names or [guardian.name for guardian in about.plan.guardians]]
    return [
        owner_runbook(about),
        guardian_runbook(about),
        *named,
        heir_runbook(about),
        heir_runbook(about, names=False, holders=True),
        heirs_letter(about),
    ]
