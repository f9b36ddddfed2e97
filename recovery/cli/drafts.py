"""What `recovery panic` prepares: requests, and a message for each guardian, written together or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidInput, RecoveryError

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..folder import Folder
    from ..policy import Policy
    from ..quorum import Owners
    from ..request import Request
    from ..state import AccountState
    from .sources import Source

#: How long approvals of what is drafted are good, in seconds: somebody may be on a journey.
LIFE = 7 * 86_400
#: What an earlier run has drafted is gone on with if its approvals are good for at least so long, in seconds.
ENOUGH = 86_400
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
        under_way: The request file whose recovery is under way already.
        problems: Why something is missing.
    """

    freeze_path: int | None = None
    recover_path: int | None = None
    freeze: Request | None = None
    recover: Request | None = None
    owners: Owners | None = None
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
        owners: The new owners, None if they are not known yet.
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
    if freeze is not None:
        made.freeze = _attempt(made, lambda: _freeze(scene, place, freeze))
        made.freeze_path = freeze if made.freeze else None
    if recover is not None:
        if state.paths[recover].is_open:
            made.under_way = _under_way(scene, place)
        if not made.under_way:
            made.recover = _attempt(made, lambda: _recover(scene, place, recover, owners))
    return made


def is_drafted(scene: Scene, place: Path) -> bool:
    """Whether an earlier run knew the new owners, so that nobody has to be asked for them again."""
    if scene.source is None or scene.client is None or scene.state is None:
        return False
    index = theft_path(scene.source.policy)
    if index is None:
        return False
    under_way = scene.state.paths[index].is_open and _under_way(scene, place)
    return bool(under_way or _recover(scene, place, index, None))


def _attempt(made: Drafts, make: Callable[[], Request | None]) -> Request | None:
    try:
        return make()
    except RecoveryError as error:
        made.problems.append(error.message)
        return None


def _freeze(scene: Scene, place: Path, index: int) -> Request:
    from ..actions import Freeze

    client, source = _certain(scene)
    for _, request in _earlier(scene, place, FREEZE):
        if isinstance(request.action, Freeze) and request.proof.index == index:
            return request
    proof = source.policy.proof(index)
    return client.request_freeze(scene.account, proof, source.labels[index], client.deadline(LIFE))


def _recover(scene: Scene, place: Path, index: int, owners: Owners | None) -> Request | None:
    from ..actions import Recover

    client, source = _certain(scene)
    for _, request in _earlier(scene, place, RECOVER):
        fits = isinstance(request.action, Recover) and request.proof.index == index
        if fits and (owners is None or request.owners == owners):
            return request
    if owners is None:
        return None
    proof = source.policy.proof(index)
    return client.request(scene.account, proof, source.labels[index], owners, client.deadline(LIFE))


def _under_way(scene: Scene, place: Path) -> Path | None:
    """The file of an earlier run whose recovery is the one that is under way."""
    from .collecting import is_under_way

    client, _ = _certain(scene)
    assert scene.state is not None  # noqa: S101 - with a client there is a state
    for path, request in _written(place, RECOVER):
        if request.account == scene.account and is_under_way(client, request, scene.state):
            return path
    return None


def _certain(scene: Scene) -> tuple[RecoveryClient, Source]:
    assert scene.client is not None and scene.source is not None  # noqa: S101 - `draft` has looked
    return scene.client, scene.source


def _earlier(scene: Scene, place: Path, name: str) -> Iterator[tuple[Path, Request]]:
    """Requests of earlier runs that are still good, newest first."""
    client, _ = _certain(scene)
    for path, request in _written(place, name):
        try:
            if request.account == scene.account:
                state = client.check_request(request)
                if request.deadline >= state.time + ENOUGH:
                    yield path, request
        except RecoveryError:
            continue  # over, or for another chain


def _written(place: Path, name: str) -> Iterator[tuple[Path, Request]]:
    from .. import files
    from ..request import Request

    for folder in _folders(place):
        try:
            yield folder / name, Request.loads(files.read(folder / name), str(folder / name))
        except InvalidInput:
            continue  # not there, or not ours


def _folders(place: Path) -> list[Path]:
    """Where earlier runs have put theirs, newest first."""
    found = {*place.parent.glob("panic-*"), *place.parent.glob(f"{_escaped(place.name)}*")}
    return sorted((path for path in found if path.is_dir()), key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _escaped(name: str) -> str:
    import glob

    return glob.escape(name)


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
    temporary = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.mkdtemp(dir=place.parent, prefix=".panic-")  # 0700
        for name, text in contents.items():
            files.write(Path(temporary) / name, text, secret=True)
        number, target = 1, place
        while target.exists() or target.is_symlink():
            number += 1
            target = place.with_name(f"{place.name}-{number}")
        os.rename(temporary, target)
        temporary = None
    except OSError as error:
        raise InvalidInput(f"{place} cannot be written: {error.strerror}. Name another folder with -o.") from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    return target


def _reads(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
