"""What `recovery panic` prepares: requests, and a message for each guardian, written together or not at all."""

from __future__ import annotations

import dataclasses
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..errors import InvalidInput, RecoveryError
from ..new_folder import new_folder
from .stopping import good_until, is_lasting

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..folder import Folder
    from ..policy import Policy
    from ..quorum import Owners
    from ..request import Request
    from ..state import AccountState
    from .sources import Source

_T = TypeVar("_T")
FREEZE, RECOVER = "freeze.json", "recover.json"


@dataclass(frozen=True)
class Scene:
    """What is known when it happens.

    Attributes:
        account: The account.
        source: Its policy, or None if nothing says what it is.
        folder: The owner's folder, or None.
        client: Of the chain, or None if it cannot be reached.
        state: Where the account stands, or None if the chain cannot be reached.
    """

    account: str
    source: Source | None
    folder: Folder | None
    client: RecoveryClient | None = None
    state: AccountState | None = None

    @property
    def frozen(self) -> bool:
        """Whether it is known to be frozen."""
        return self.state is not None and self.state.frozen

    @property
    def owner(self) -> str:
        """The owner's name, or nothing."""
        if self.folder:
            return self.folder.note.owner
        if self.source and self.source.kit:
            return self.source.kit.notes.owner
        return self.source.plan.owner if self.source and self.source.plan else ""


@dataclass
class Drafts:
    """What is to be sent to guardians.

    Attributes:
        freeze_path: The path to freeze with, None if there is none or it is frozen.
        recover_path: The path to replace owners with, None if there is none.
        freeze: The request, as far as it could be made.
        recover: The same.
        owners: The new owners, None if they are not known yet.
        ours: Whether a recovery for just these owners is under way already on that path.
        under_way: The request file of it, if an earlier run has written one.
        problems: Why something is missing.
    """

    freeze_path: int | None = None
    recover_path: int | None = None
    freeze: Request | None = None
    recover: Request | None = None
    owners: Owners | None = None
    ours: bool = False
    under_way: Path | None = None
    problems: list[str] = field(default_factory=list)


def theft_path(policy: Policy) -> int | None:
    """The path that gets a stolen account back: the owner, and so the thief, cannot cancel it, and it is quick.

    If there is none, it is the quickest of the others; None if all of them wait for silence, which a thief can break.
    """
    from ..policy import Right

    paths = policy.paths
    possible = [i for i, path in enumerate(paths) if path.right is Right.ROTATE and not path.inactivity]
    return min(possible, key=lambda i: (paths[i].owner_cancels, paths[i].delay), default=None)


def freeze_path(policy: Policy) -> int | None:
    """The path that freezes with the fewest votes; of several the one whose freeze lasts longest."""
    from ..policy import Right

    paths = policy.paths
    possible = [i for i, path in enumerate(paths) if path.right is Right.FREEZE]
    return min(possible, key=lambda i: (paths[i].threshold, -paths[i].window), default=None)


def draft(scene: Scene, owners: Owners | None, place: Path) -> Drafts:
    """Makes requests, or finds those that an earlier run has made: guardians must not get two of the same.

    Args:
        scene: What is known.
        owners: The new owners, named or confirmed by the owner; None if they are not known yet.
        place: Where they will go; earlier ones are beside it.
    """
    made = Drafts(owners=owners)
    source, state = scene.source, scene.state
    if source is None:
        made.problems.append("Nothing says what the policy is. Give --folder, --policy or --kit, and run it again.")
        return made
    made.recover_path = theft_path(source.policy)
    if not scene.frozen:
        made.freeze_path = freeze_path(source.policy)
        if made.freeze_path is None:
            made.problems.append("No path of this policy can freeze.")
    if made.recover_path is None:
        made.problems.append(
            "No path of this policy replaces owners without waiting for their silence, and a thief need not be silent."
        )
    if scene.client is None or state is None:
        return made
    freeze, recover = made.freeze_path, made.recover_path
    if owners and recover is not None and state.paths[recover].is_open:
        made.ours = _attempt(made, lambda: _is_ours(scene, recover, owners)) is True
        made.under_way = _started(scene, place, owners) if made.ours else None
    wanted = owners if recover is not None and not made.ours else None
    if freeze is None and wanted is None:
        return made
    until = _attempt(made, lambda: good_until(_certain(scene)[0]))
    if freeze is not None:
        made.freeze = _attempt(made, lambda: _freeze(scene, place, freeze, until)) if until else None
        made.freeze_path = freeze if made.freeze else None
    if until and wanted and recover is not None:
        made.recover = _attempt(made, lambda: _recover(scene, place, recover, wanted, until))
    return made


def earlier_owners(scene: Scene, place: Path) -> tuple[Path, Owners] | None:
    """The new owners that a file of an earlier run names, and the file, if it could be gone on with.

    Who wants the account may have put it there: nothing is done with them before the owner has confirmed them.
    """
    from ..actions import Recover
    from .collecting import is_under_way

    source, client, state = scene.source, scene.client, scene.state
    index = theft_path(source.policy) if source else None
    if client is None or state is None or index is None:
        return None
    for path, request in _written(place, RECOVER):
        if request.account != scene.account or request.proof.index != index or not isinstance(request.action, Recover):
            continue
        if is_under_way(client, request, state) if state.paths[index].is_open else _counts(client, request):
            return path, request.owners
    return None


def _counts(client: RecoveryClient, request: Request) -> bool:
    try:
        client.check_request(request)
    except RecoveryError:
        return False  # over, or for another chain
    return True


def _attempt(made: Drafts, make: Callable[[], _T]) -> _T | None:
    try:
        return make()
    except RecoveryError as error:
        made.problems.append(error.message)
        return None


def _freeze(scene: Scene, place: Path, index: int, until: int) -> Request:
    client, source = _certain(scene)
    made = client.request_freeze(scene.account, source.policy.proof(index), source.labels[index], until)
    return _earlier(place, FREEZE, made) or made


def _recover(scene: Scene, place: Path, index: int, owners: Owners, until: int) -> Request:
    client, source = _certain(scene)
    made = client.request(scene.account, source.policy.proof(index), source.labels[index], owners, until)
    return _earlier(place, RECOVER, made) or made


def _is_ours(scene: Scene, index: int, owners: Owners) -> bool:
    """Whether the recovery that is under way on a path is for these owners, as the module says."""
    from ..actions import Recover
    from ..request import Request
    from .collecting import is_under_way

    client, source = _certain(scene)
    state = scene.state
    assert state is not None  # noqa: S101 - with a client there is a state
    action = Recover(owners, state.paths[index].nonce)
    proof, label, module = source.policy.proof(index), source.labels[index], client.deployment.module
    request = Request(client.chain_id, module, scene.account, state.epoch, proof, label, action, 0)
    return is_under_way(client, request, state)


def _started(scene: Scene, place: Path, owners: Owners) -> Path | None:
    """The file of an earlier run that asked for the recovery that is under way for these owners."""
    from ..actions import Recover
    from .collecting import is_under_way

    client, _ = _certain(scene)
    assert scene.state is not None  # noqa: S101 - with a client there is a state
    for path, request in _written(place, RECOVER):
        if request.account != scene.account or not isinstance(request.action, Recover) or request.owners != owners:
            continue
        if is_under_way(client, request, scene.state):
            return path
    return None


def _certain(scene: Scene) -> tuple[RecoveryClient, Source]:
    assert scene.client is not None and scene.source is not None  # noqa: S101 - `draft` has looked
    return scene.client, scene.source


def _earlier(place: Path, name: str, made: Request) -> Request | None:
    """The request of an earlier run that says the same as this one and is good for a while; the newest.

    What it calls the path is not signed, so that is taken from what was made now.
    """
    for _, request in _written(place, name):
        named = dataclasses.replace(request, label=made.label)
        if dataclasses.replace(named, deadline=made.deadline) == made and is_lasting(named, made):
            return named
    return None


def _written(place: Path, name: str) -> Iterator[tuple[Path, Request]]:
    from .. import files
    from ..request import Request

    for folder in _folders(place):
        if not _is_private(folder / name, stat.S_ISREG, 0o600):
            continue
        try:
            yield folder / name, Request.loads(files.read(folder / name), str(folder / name))
        except InvalidInput:
            continue  # not a request


def _folders(place: Path) -> list[Path]:
    """Where earlier runs have put theirs, newest first.

    Only folders of their names that nobody else can write to: what was unpacked or copied there mostly is not such a
    one. It is no proof that this program wrote it, so that nothing in them is believed either.
    """
    date = r"panic-\d{4}-\d\d-\d\d"
    name = re.compile((date if re.fullmatch(date, place.name) else re.escape(place.name)) + r"(-[1-9]\d*)?")
    try:
        found = [path for path in place.parent.iterdir() if name.fullmatch(path.name)]
        mine = [path for path in found if _is_private(path, stat.S_ISDIR, 0o700)]
        return sorted(mine, key=lambda path: path.stat().st_mtime_ns, reverse=True)
    except OSError:
        return []


def _is_private(path: Path, of_kind: Callable[[int], bool], mode: int) -> bool:
    """Whether it is of that kind, this user's, and as this program makes it: open to nobody else."""
    try:
        found = path.lstat()
    except OSError:
        return False
    if not of_kind(found.st_mode):
        return False
    return not hasattr(os, "getuid") or (found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) == mode)


# ----------------------------------------------------------------------------------------------- writing


def keep(scene: Scene, made: Drafts, place: Path, dry_run: bool) -> Path | None:
    """Writes requests and messages into a new folder, all or nothing.

    Returns:
        Where they are, which is an earlier run's folder if it says the same; None if there is nothing to write.

    Raises:
        InvalidInput: The folder cannot be written.
    """
    from .. import files
    from .letters import letters

    contents = {name: request.dumps() for name, request in ((FREEZE, made.freeze), (RECOVER, made.recover)) if request}
    contents |= letters(scene, made)
    if not contents or dry_run:
        return None
    for folder in _folders(place):
        if all(_reads(folder / name) == text for name, text in contents.items()):
            return folder
    number, target = 1, place
    while target.exists() or target.is_symlink():
        number += 1
        target = place.with_name(f"{place.name}-{number}")
    with new_folder(target) as unfinished:
        for name, text in contents.items():
            files.write(unfinished / name, text, secret=True)
    return target


def _reads(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
