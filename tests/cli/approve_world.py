"""What guardians are asked for in the tests of approving, and how their answers are read."""

from __future__ import annotations

from recovery.request import SignedApproval
from tests.cli.conftest import NEW, Console

RECOVER = ("--path", "friends", "--new-owner", NEW)
FREEZE = ("--action", "freeze", "--path", "freeze")


def loaded(console: Console, file: str) -> SignedApproval:
    return SignedApproval.loads((console.home / file).read_text(), file)
