"""What `recovery panic` says at the end: what to do next, and what it could not save."""

from __future__ import annotations

from pathlib import Path

import click

from .drafts import FREEZE, RECOVER, Drafts, Scene
from .letters import asked
from .session import command_line, quote, say, table, warn


def tell(scene: Scene, made: Drafts, place: Path | None, again: str) -> None:
    """Says what to do next, and what is not saved.

    Args:
        scene: What is known.
        made: What was drafted.
        place: Where it is, None if nothing was written.
        again: The command to run once more, without the new owner.
    """
    say("Now, in this order:", bold=True)
    click.echo()
    number = _ring(scene, made, place)
    number = _submit(scene, made, place, number)
    if scene.client is None:
        number += 1
        say(f"{number}. With another node, or from another place, run this again:")
        command_line(f"{again} --network URL")
        click.echo()
    if made.recover_path is not None and made.owners is None:
        number += 1
        say(
            f"{number}. Make a fresh key on a device that the thief cannot have been in: a new hardware wallet, a new "
            "phone, a computer set up anew; not from the old words. With its address, run this again:"
        )
        command_line(f"{again} --new-owner ADDR")
        click.echo()
    for problem in dict.fromkeys(made.problems):
        warn(problem)
    if made.problems:
        click.echo()
    say("What this has NOT saved:", bold=True)
    click.echo()
    rows, commands = _unsaved(scene, made, again)
    table(rows)
    click.echo()
    for why, command in commands:
        say(why)
        command_line(command)
    if commands:
        click.echo()


def _ring(scene: Scene, made: Drafts, place: Path | None) -> int:
    """Whom to ring, and what to read to them; how many steps that is."""
    from ..six_words import six_words
    from .words import owners_rows, sentence

    requests = [request for request in (made.freeze, made.recover) if request]
    if place is None and not requests:
        return 0
    people = asked(scene, made)
    first = " The freeze comes first." if made.freeze and made.recover else ""
    say(f"1. Ring your guardians, one after the other, on numbers that you know.{first}")
    click.echo()
    rows = []
    for name, contact, freezes, recovers in people:
        parts = [text for text, part in (("freeze", freezes), ("new owners", recovers)) if part]
        rows.append((name, f"{contact or 'no contact on a card'} ({' and '.join(parts)})"))
    if rows:
        table(rows)
        click.echo()
    if place:
        files = [name for name, request in ((FREEZE, made.freeze), (RECOVER, made.recover)) if request]
        letters = "their message (to-NAME.txt)" if people else "the message (to-guardians.txt)"
        say(
            f"2. Send each of them {letters}"
            + (f" with {' and '.join(files)}." if files else ".")
            + " All is in this folder, where their approvals go, too:"
        )
        command_line(str(place))
        click.echo()
    for request in requests:
        assert scene.source is not None  # noqa: S101 - without a policy there is no request
        index, what = request.proof.index, "freeze" if request is made.freeze else "new owners"
        how = sentence(request.proof.path, scene.source.guardians(index))
        say(f"Path {request.label}: {how}", 3)
        if request is made.recover:
            table(owners_rows(request.owners, " New owner"))
        say(f"Six words for {what}. Read them out on the phone, never write them:", 3)
        click.secho(f"       {' '.join(six_words(request.digest))}", bold=True)
        click.echo()
    return 2 if place else 1


def _submit(scene: Scene, made: Drafts, place: Path | None, number: int) -> int:
    """What to run when approvals come back."""
    from ..explain import duration, when

    at = place or Path()
    if made.freeze:
        number += 1
        say(f"{number}. As soon as enough of them have sent back their approval, freeze:")
        command_line(f"recovery freeze {_with_approvals(at, FREEZE)} --account KEY --network URL")
        click.echo()
    if made.recover:
        number += 1
        path = made.recover.proof.path
        say(
            f"{number}. With enough approvals, which are good until {when(made.recover.deadline)}, start the recovery, "
            f"and finalize it {duration(path.delay)} later:"
        )
        command_line(
            f"recovery start {_with_approvals(at, RECOVER)} --account KEY --network URL",
            f"recovery finalize {scene.account} --request {quote(at / RECOVER)} --account KEY --network URL",
        )
        click.echo()
    if made.ours and made.recover_path is not None and scene.state:
        number += 1
        status = scene.state.paths[made.recover_path]
        say(
            f"{number}. The recovery for the new owner that you have named is under way: ready "
            f"{when(status.ready_at, scene.state.time)}. Then:"
        )
        which = f"--request {quote(made.under_way)}" if made.under_way else f"--path {made.recover_path}"
        command_line(f"recovery finalize {scene.account} {which} --account KEY --network URL")
        click.echo()
    return number


def _with_approvals(place: Path, file: str) -> str:
    from .words import file_names

    approvals = file_names(file)[1]
    return f"{quote(place / file)} {quote(place)}/{approvals}"


# ---------------------------------------------------------------------------------------------- not saved


def _unsaved(scene: Scene, made: Drafts, again: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What is not saved: what and why, and then commands with what they are for."""
    rows = [
        ("Sent already", "What the thief has sent away is gone; nothing here brings it back."),
        (
            "Allowances",
            "Whoever was allowed to draw tokens from the account (approve, permit, Permit2) can draw them even while "
            "it is frozen. Only the new owners can revoke that: look at the account's token approvals first thing.",
        ),
        (
            "Signatures",
            "What the stolen key has signed elsewhere (logins, orders on markets, other accounts of the same key) is "
            "not touched by this.",
        ),
    ]
    commands: list[tuple[str, str]] = []
    if scene.client:
        commands.append(
            ("What has happened to the policy, to compare:", f"recovery history {scene.account} --network URL")
        )
    rows += _until(scene, made)
    rows += _recovery(scene, made)
    _change(scene, rows, commands)
    _under_way(scene, made, rows, commands)
    _elsewhere(scene, rows, commands, again)
    return rows, commands


def _until(scene: Scene, made: Drafts) -> list[tuple[str, str]]:
    """Whether the freeze lasts until the new owners are there."""
    from ..explain import duration, when

    state = scene.state
    if state is None or not state.frozen:
        return [("Everything else", "The account is NOT frozen: what is in it can be spent until that is done.")]
    ends = f"It ends {when(state.frozen_until, state.time)} and cannot be extended"
    again = f"it can be frozen again from {when(state.cool_until)}"
    if made.recover_path is None or scene.source is None:
        return [("After the freeze", f"{ends}; {again}.")]
    path, label = scene.source.policy.paths[made.recover_path], scene.source.labels[made.recover_path]
    status = state.paths[made.recover_path]
    if status.is_open and not made.ours:
        text = (
            f"A recovery that you have not said is yours is under way on path {label}; yours can only start after it."
        )
        return [("After the freeze", f"{ends}; {again}. {text}")]
    if status.is_open:
        gap = status.ready_at - state.frozen_until
        text = f"The recovery on path {label} is ready {when(status.ready_at, state.time)}: "
        text += "in time." if gap <= 0 else f"{duration(gap)} too late. In between the thief can spend."
        return [("After the freeze", f"{ends}; {again}. {text}")]
    latest = state.frozen_until - path.delay
    if latest > state.time:
        text = (
            f"Path {label} takes {duration(path.delay)}: START IT BEFORE {when(latest, state.time)}, or for a time "
            "the thief can spend again."
        )
    else:
        text = (
            f"Path {label} takes {duration(path.delay)}, which is LONGER: for at least "
            f"{duration(state.time - latest)} in between the thief can spend again. Start it at once."
        )
    return [("After the freeze", f"{ends}; {again}. {text}")]


def _recovery(scene: Scene, made: Drafts) -> list[tuple[str, str]]:
    if made.recover_path is None or scene.source is None:
        return []
    path, label = scene.source.policy.paths[made.recover_path], scene.source.labels[made.recover_path]
    if not path.owner_cancels:
        return []
    return [
        (
            "The way back",
            f"Path {label} is the best that this policy has, and the owner can cancel it: THE THIEF CAN, again and "
            "again, as long as he has the key. Have the guardians start it all the same, and again.",
        )
    ]


def _change(scene: Scene, rows: list[tuple[str, str]], commands: list[tuple[str, str]]) -> None:
    from ..explain import duration, when
    from ..policy import Right

    state, account = scene.state, scene.account
    if state is None:
        return
    if not state.change_eta or state.time >= state.change_expires_at:
        rows.append(
            (
                "The policy",
                f"The thief can ask for another policy, even now; it waits {duration(state.change_delay)}, and a "
                "recovery that the owner cannot cancel holds it up once it has started.",
            )
        )
        return
    what = "REMOVAL of the policy" if state.change_policy_hash == bytes(24) else "CHANGE of the policy"
    rows.append(
        (
            "The policy",
            f"A {what} is pending, from {when(state.change_eta, state.time)}. If it is not yours, it is the thief's: "
            "stop it. With it in force the guardians could do nothing for you. A recovery that the owner cannot cancel "
            "holds it up once it has started.",
        )
    )
    commands.append(
        (
            "Drop the change, if you still have the key too (the thief can ask for it again):",
            f"recovery policy drop {account} --signer KEY --account KEY --network URL",
        )
    )
    source = scene.source
    if source is None or any(path.right is Right.VETO for path in source.policy.paths):
        commands.append(
            (
                "Or have guardians of a veto path stop it; one of them runs:",
                "recovery request --action veto --change --kit KIT --network URL",
            )
        )


def _under_way(scene: Scene, made: Drafts, rows: list[tuple[str, str]], commands: list[tuple[str, str]]) -> None:
    from ..explain import when
    from .situation import label_of

    state = scene.state
    for index, status in enumerate(state.paths) if state else ():
        if not status.is_open or (made.ours and index == made.recover_path):
            continue
        assert state is not None  # noqa: S101 - it has paths
        label = label_of(scene.source, index)
        text = (
            f"One is under way on path {label}, ready {when(status.ready_at, state.time)}. Whose it is, is not known: "
            "nobody has said that its new owner is yours. If you did not ask for it, guardians were deceived: ring "
            "them, and have it stopped."
        )
        rows.append(("A recovery", text))
        name = quote(scene.source.labels[index] if scene.source else index)
        if status.owner_cancels:
            command = f"recovery cancel {scene.account} --path {index} --signer KEY --account KEY --network URL"
        else:
            command = f"recovery request --action cancel --path {name} --kit KIT --network URL"
        who = "you can, with the key" if status.owner_cancels else "its guardians can; one of them runs"
        commands.append((f"To stop the recovery on path {label}, {who}:", command))


def _elsewhere(scene: Scene, rows: list[tuple[str, str]], commands: list[tuple[str, str]], again: str) -> None:
    from ..chains import chain_name, chain_names

    here = scene.client.chain_id if scene.client else None
    known = scene.folder.note.chains if scene.folder else ()
    if scene.source and scene.source.kit and not known:
        known = scene.source.kit.chains
    others = [chain for chain in known if chain != here]
    text = "Where the account was never created its first owners rule, and with their key the thief."
    if others and here is not None:
        text = f"Nothing was done on {chain_names(others)}: run this there, too. {text}"
        commands += [(f"The same on {chain_name(chain)}, with its node:", f"{again} --network URL") for chain in others]
    rows.append(("Other chains", text))
