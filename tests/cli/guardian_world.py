"""An owner's folder, and guardians who answer."""

from __future__ import annotations

import time
from pathlib import Path

from recovery import files
from recovery.card import Card, Receipt, Statement
from recovery.contracts import canonical_deployment
from recovery.folder import AccountNote, Folder
from recovery.kit import Kit
from recovery.plan import PolicyPlan
from tests.cli.conftest import Console
from tests.world import person, sign, signer

FOLDER = ("--folder", "mine")
#: Long enough ago that clocks do not matter.
PAST = 1_750_000_000


def folder_of(console: Console, plan: PolicyPlan, wallet: str | None, **more: object) -> Folder:
    """The owner's folder `mine`, with a policy and, if there is a wallet, everybody's kit."""
    module, chains = (canonical_deployment().module, (31337,)) if wallet else (None, ())
    folder = Folder.create(console.home / "mine", AccountNote("Olga", wallet, module, chains, **more))  # type: ignore[arg-type]
    folder.add_plan(plan)
    if wallet:
        for guardian in plan.guardians:
            files.write(folder.kit_file(guardian.name), folder.kit(plan, guardian.name).dumps(), secret=True)
    return folder


def opened(console: Console) -> Folder:
    """The folder as it is now."""
    return Folder.open(console.home / "mine")


def card(name: str, who: str = "", contact: str = "", time: int = PAST) -> Card:
    """A signed card."""
    made = Card(name, signer(who or name.lower()), contact, "", time)
    return made.signed(sign(who or name.lower(), made.message))


def receipt(kit: Kit, who: str = "", time: int = PAST, statement: Statement = Statement.HOLDS) -> Receipt:
    """A signed receipt."""
    made = Receipt.of(statement, kit, time)
    return made.signed(sign(who or kit.name.lower(), made.message))


def put(console: Console, name: str, made: Card | Receipt | Kit) -> str:
    """A file that somebody has sent."""
    path = Path(console.home / name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made.dumps())
    return name


def now() -> int:
    return int(time.time())


def address(name: str) -> str:
    return str(person(name).address)
