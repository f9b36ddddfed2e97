"""A new folder is there with everything in it, or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from recovery.errors import InvalidInput
from recovery.new_folder import new_folder


def modes(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_appears_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "above" / "shares"
    with new_folder(target) as place:
        (place / "one").write_text("1")
        assert not target.exists() and place.name.startswith("unfinished-shares-") and modes(place) == 0o700
    assert [path.name for path in target.parent.iterdir()] == ["shares"] and (target / "one").read_text() == "1"
    assert modes(target) == modes(target.parent) == 0o700


def test_what_is_no_secret_is_for_everybody(tmp_path: Path) -> None:
    with new_folder(tmp_path / "open", secret=False) as place:
        (place / "inner").mkdir(mode=0o700)
    assert modes(tmp_path / "open") == modes(tmp_path / "open" / "inner") == 0o755


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_whatever_stops_it_leaves_nothing(tmp_path: Path, stop: type[BaseException]) -> None:
    with pytest.raises(stop), new_folder(tmp_path / "shares") as place:
        (place / "one").write_text("1")
        raise stop
    assert not list(tmp_path.iterdir())


def test_what_the_system_refuses_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="file/x cannot be written: "), new_folder(tmp_path / "file" / "x"):
        raise AssertionError("nothing can be written there")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "old").write_text("old")
    with pytest.raises(InvalidInput, match="taken cannot be written"), new_folder(tmp_path / "taken") as place:
        (place / "new").write_text("new")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "old", "taken"]


def test_its_name_is_on_the_disk_before_anything_depends_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: kept.append(os.fstat(handle).st_ino))
    with new_folder(tmp_path / "shares"):
        pass
    assert kept == [tmp_path.stat().st_ino]
