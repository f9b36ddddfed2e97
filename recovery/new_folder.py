"""A folder that appears with all that belongs in it, or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import files
from .errors import InvalidInput


@contextlib.contextmanager
def new_folder(target: Path, *, secret: bool = True) -> Iterator[Path]:
    """A folder to write in, which becomes the target at the end, and is gone if anything goes wrong.

    If the process is killed, nobody removes it. So it is not hidden, and says what it is: there may be shares in it.

    Args:
        target: What it is to be called; nothing else is there.
        secret: It and those above it that are made for it are for their owner alone (0700).

    Raises:
        InvalidInput: It cannot be written.
    """
    place = None
    try:
        files.make_folders(target.parent, secret=secret)
        place = Path(tempfile.mkdtemp(dir=target.parent, prefix=f"unfinished-{target.name}-"))  # 0700
        yield place
        if not secret:
            for folder in (place, *(each for each in place.iterdir() if each.is_dir())):
                folder.chmod(0o755)
        os.rename(place, target)
        place = None
        _keep(target.parent)
    except OSError as error:
        raise InvalidInput(f"{target} cannot be written: {error.strerror}. Name another folder.") from error
    finally:
        if place is not None:
            shutil.rmtree(place, ignore_errors=True)


def _keep(folder: Path) -> None:
    """Has the disk keep the name of what was just put there, also if the power fails in the next second.

    A wallet may be given to the key at once, and then there is nothing else that it can be made of.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # some systems do not open folders
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
