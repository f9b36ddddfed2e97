"""`recovery backup`: shares of a secret, who holds them, and the way back from them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from .backup_check import answer, check, receive, standing
from .backup_combine import combine
from .backup_destroyed import destroyed
from .backup_heal import heal
from .backup_sealing import open_sealed, seal
from .backup_sheet import sheet
from .backup_split import split
from .odds import odds
from .options import foldered, json_option
from .session import command_line, quote, say, table, warn

if TYPE_CHECKING:
    from ..backup.share import SetNote
    from ..folder import Folder


@click.group(short_help="Split a key among people you trust, and put it together")
def backup() -> None:
    """Split a key, a seed phrase or the policy secret among people you trust.

    Any sufficient number of shares brings it back, and fewer say nothing of it. Do it
    on a computer that is offline, and that nobody else uses at the time.
    """


@click.command("list", short_help="Show who holds which share, and what may be lost")
@foldered
@json_option
def list_sets(folder: Folder, as_json: bool) -> None:
    """Show your sets of shares: who holds them, how many may be lost, how many together have the secret."""
    from .backup_notes import notes_in

    notes = [note for _, note in notes_in(folder.path)]
    if as_json:
        click.echo(json.dumps([_as_json(folder, note, notes) for note in notes], ensure_ascii=False, indent=2))
        return
    if not notes:
        say(f"There are no shares in {folder.path}. Make some:")
        command_line(f"recovery backup split --seed --group '2 of 3' --holder NAME ... --folder {folder.path}")
        return
    for number, note in enumerate(notes):
        if number:
            click.echo()
        _show(folder, note, notes)


def _counted(note: SetNote) -> tuple[int, int]:
    """How many holders may be lost, and how many together have the secret."""
    from ..backup.spread import least_together, may_be_lost

    about = note.about
    holders = [(holder.name, holder.group) for holder in note.holders]
    return (
        may_be_lost(about.groups, about.group_threshold, holders),
        least_together(about.groups, about.group_threshold, holders),
    )


def _show(folder: Folder, note: SetNote, notes: list[SetNote]) -> None:
    from ..explain import when

    about = note.about
    lost, together = _counted(note)
    heading = f"Set {about.short}: {about.rule}, of {about.kind.words}" + (f" ({about.label})" if about.label else "")
    say(heading, bold=True)
    rows = [("Made", when(about.made))]
    if about.address:
        rows.append(("Account", about.address))
    rows.append(("Passphrase", "yes: without it the shares are worth nothing" if about.passphrase else "none"))
    shown = standing(folder.path, note, int(time.time()))
    for holder in note.holders:
        place = f"share {holder.group}.{holder.member}" + (", sealed" if holder.sealed else ", not sealed")
        if note.retired is not None:
            gone = (
                f"destroyed, as noted {when(holder.destroyed)}" if holder.destroyed is not None else "TO BE DESTROYED"
            )
            rows.append((holder.name, f"{place}; {gone}"))
            continue
        last, due = shown[holder.group, holder.member]
        place += (", also a guardian" if holder.guardian else "") + "; "
        place += f"shown {when(last)}" if last is not None else "never shown"
        rows.append((holder.name, place + (": ask for it (recovery backup check)" if due else "")))
    rows.append(("May be lost", f"any {lost} of the holders" if lost else _needed(note)))
    rows.append(("Have the secret", f"{together} holders together" if together > 1 else "a single holder"))
    table(rows)
    _say_standing(folder, note, notes)
    if note.retired is None and together == 1:
        warn("One person alone can have the secret.")


def _needed(note: SetNote) -> str:
    """Of a set in which not just anybody may be lost, who may not be."""
    from ..backup.spread import needed
    from ..explain import listing

    about = note.about
    names = needed(about.groups, about.group_threshold, [(holder.name, holder.group) for holder in note.holders])
    if len(names) == len({holder.name for holder in note.holders}):
        return "nobody: every holder is needed"
    return f"not just anybody: without {listing(names, 'or')} too few are left"


def _say_standing(folder: Folder, note: SetNote, notes: list[SetNote]) -> None:
    """Whether a set is in force, and what remains to be done about it if not."""
    from ..chains import chain_names
    from ..explain import listing, when
    from .rotated import elsewhere, followed

    if note.retired is not None:
        say(f"Given up on {when(note.retired)}: what is left of it should be destroyed.", bold=True)
        if note.dangerous:
            say("Note who has told you that it is:")
            command_line(f"recovery backup destroyed NAME --set {note.about.short} --folder {quote(folder.path)}")
    elif before := followed(note, notes):
        sets = listing([f"set {other.about.short}" for other in before], "or")
        say(
            f"NOT IN FORCE, unless the chain says otherwise: its key is to own the account in place of that of "
            f"{sets}. Go on with the same recovery backup heal --rotate as before.",
            bold=True,
        )
    elif note.replaced_on and (left := elsewhere(folder, note)):
        warn(f"Replaced on {chain_names(note.replaced_on)}. On {chain_names(left)} its key still owns the account.")


def _as_json(folder: Folder, note: SetNote, notes: list[SetNote]) -> dict[str, Any]:
    from .rotated import waits_for

    about = note.about
    lost, together = _counted(note)
    shown = standing(folder.path, note, int(time.time()))
    before = waits_for(note, notes)
    return {
        "set": about.short,
        "kind": about.kind.value,
        "label": about.label,
        "address": about.address,
        "groups": [{"threshold": least, "count": count} for least, count in about.groups],
        "groupThreshold": about.group_threshold,
        "passphrase": about.passphrase,
        "made": about.made,
        "retired": note.retired,
        "waitsFor": before.about.short if before else None,
        "replacedOn": list(note.replaced_on),
        "mayBeLost": lost,
        "together": together,
        "holders": [
            {
                "name": holder.name,
                "group": holder.group,
                "member": holder.member,
                "sealed": bool(holder.sealed),
                "guardian": holder.guardian,
                "shown": shown[holder.group, holder.member][0],
                "due": shown[holder.group, holder.member][1],
                "destroyed": holder.destroyed,
            }
            for holder in note.holders
        ],
    }


for _command in (split, combine, list_sets, seal, open_sealed, check, answer, receive, heal, sheet, odds, destroyed):
    backup.add_command(_command)
