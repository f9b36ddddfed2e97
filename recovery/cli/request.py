"""`recovery request`: write down what guardians are asked to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput
from .options import ADDRESS, DURATION, FILE, Where, knowing, reading
from .session import command_line, parse_owners, quote, require_free, say, table, warn
from .sources import Source, in_force, path_index, require_account
from .submit import VERBS

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..policy import Right
    from ..request import Request

#: How many days approvals can be good. Signed ahead, a freeze can do little harm and only once.
LONGEST, LONGEST_FREEZE = 30, 400
ACTIONS = ("recover", "cancel", "veto", "freeze", "thaw")


@click.command(short_help="Write down what guardians are asked to do: recover, cancel, veto, freeze, thaw")
@click.option(
    "--action",
    type=click.Choice(ACTIONS),
    default="recover",
    show_default=True,
    help="New owners; stop a recovery on the same path; stop something with a veto path; freeze; end a freeze.",
)
@knowing
@click.option("--wallet", type=ADDRESS, metavar="ADDR", help="The account; a kit knows it.")
@click.option("--path", "label", metavar="NAME", help="Which path of the policy acts, if there are several.")
@click.option("--new-owner", "owners", multiple=True, metavar="ADDR", help="recover: who; repeat for more owners.")
@click.option("--threshold", type=click.IntRange(min=1), metavar="N", help="recover: how many new owners have to sign.")
@click.option("--stop", metavar="NAME", help="veto: the path whose recovery is to be stopped.")
@click.option("--change", is_flag=True, help="veto: stop the pending change of policy instead.")
@click.option("--deadline", type=DURATION, default="72 hours", show_default=True, help="How long approvals are good.")
@click.option("-o", "--output", type=FILE, help="Where to write it.  [default: request.json, or freeze.json and so on]")
@reading
def request(
    action: str,
    source: Source | None,
    wallet: str | None,
    label: str | None,
    owners: tuple[str, ...],
    threshold: int | None,
    stop: str | None,
    change: bool,
    deadline: int,
    output: Path | None,
    where: Where,
) -> None:
    """Write down what guardians are asked to do, by default who shall own the account.

    Anybody who has a kit can do so. It changes nothing until guardians approve it and
    somebody submits it.
    """
    from .. import files, foresee
    from ..policy import Right

    if source is None:
        raise InvalidInput("Give --kit with a guardian's kit, or --policy with the owner's policy file.")
    account = source.kit.account if source.kit else wallet
    if account is None:
        raise InvalidInput("Which account? Give its address with --wallet; a policy file does not say it.")
    if wallet is not None:
        require_account(source, wallet)
    _require_fitting_options(action, owners, threshold, stop, change)
    right = {"veto": Right.VETO, "freeze": Right.FREEZE, "thaw": Right.FREEZE}.get(action, Right.ROTATE)
    new_owners = parse_owners(owners, threshold, "--new-owner") if owners else None
    if new_owners and any(owner.is_address and owner.address == account for owner in new_owners.signers):
        raise InvalidInput("The account cannot own itself. Name the address of the new key.")
    if not deadline:
        raise InvalidInput("The deadline should leave the guardians some time.")
    _require_bounded(action, deadline)
    output = output or Path("request.json" if action == "recover" else f"{action}.json")
    require_free(output)
    client = where.connect()
    require_account(source, account, client.chain_id)
    if source.kit and source.kit.module != client.deployment.module:
        raise InvalidInput(
            f"This kit is for the module {source.kit.module}, and this program uses {client.deployment.module}. "
            "Give --deployment, or use the release that the kit was made with."
        )
    source = in_force(client, account, source)
    index = choose_path(source, label, right)
    proof, name, until = source.policy.proof(index), source.labels[index], client.deadline(deadline)
    if action == "recover":
        assert new_owners is not None  # noqa: S101 - required above
        made = client.request(account, proof, name, new_owners, until)
        if client.is_wallet(account) and client.owners_hash(account) == new_owners.hash[:24]:
            warn("These are the owners that the account has already.")
    elif action == "cancel":
        made = client.request_cancel(account, proof, name, until)
    elif action == "veto":
        stopped = None
        if stop:
            state = client.state(account)
            foresee.has_policy(state, client.chain_id)
            foresee.in_force(state, proof)
            stopped = path_index(state, stop, source)
            foresee.vetoable(state, stopped, source.labels[stopped])
        made = client.request_veto(account, proof, name, stopped, until)
    elif action == "freeze":
        made = client.request_freeze(account, proof, name, until)
    else:
        made = client.request_thaw(account, proof, name, until)
    files.write(output, made.dumps())
    _show(client, made, source, output)


def _show(client: RecoveryClient, made: Request, source: Source, output: Path) -> None:
    from ..chains import chain_name
    from ..explain import when
    from ..policy import DAY
    from ..six_words import six_words
    from .words import ASKS, action_rows, file_names, sentence

    path, name, now = made.proof.path, made.label, client.time()
    say(f"This request asks the guardians to {ASKS[made.action.kind]}.", bold=True)
    click.echo()
    table(
        [
            ("Account", made.account),
            ("Chain", chain_name(client.chain_id)),
            *action_rows(made, source),
            ("Path", f"{name}: {sentence(path, source.guardians(made.proof.index))}"),
            ("Good until", when(made.deadline, now)),
            ("Six words", " ".join(six_words(made.digest))),
        ]
    )
    click.echo()
    opens = client.state(made.account, 0).inactive_at(path.inactivity)
    if made.action.kind == "recover" and path.inactivity and not 0 < opens <= now:
        begins = f"opens on {when(opens, now)}, if the owner stays silent" if opens else "is not open"
        say(f"Not yet: path {name} {begins}. Until then nobody can start this request.", bold=True, colour="yellow")
        click.echo()
    say(f"Written to {output}. It is no secret, and by itself it changes nothing.")
    click.echo()
    say(
        f"Next: send {output} to the guardians of path {name} (`recovery qr` makes a picture or a text of it). Then "
        "ring each of them, so that they know it is you, and read them the six words"
        + (" and the new owner's address" if made.action.kind == "recover" else "")
        + (". The owner should hear them, too" if source.kit else "")
        + ". Never write the words down in a message: whoever could have changed the request could change that, too. "
        "Each of them runs:"
    )
    command_line(f"recovery approve {quote(output.name)} --kit KIT --signer KEY --network URL")
    say("and sends you back the approval. With enough of them anybody can run:")
    verb = VERBS[made.action.kind]
    command_line(f"recovery {verb} {quote(output.name)} {file_names(output.name)[1]} --account KEY --network URL")
    if made.action.kind == "freeze" and made.deadline - now > LONGEST * DAY:
        say("Signed so far ahead, it is best kept as a card, which any phone can send, and where `panic` finds it:")
        command_line(f"recovery freeze-card {quote(output.name)} {file_names(output.name)[1]} --folder DIR")


def _require_fitting_options(
    action: str, owners: tuple[str, ...], threshold: int | None, stop: str | None, change: bool
) -> None:
    """Refuses options that mean nothing for the action, and missing ones."""
    if action == "recover" and not owners:
        raise InvalidInput("Who shall own the account? Give --new-owner with the address of the new key.")
    if action != "recover" and (owners or threshold):
        raise InvalidInput(f"--new-owner and --threshold go with --action recover, not with {action}.")
    if action != "veto" and (stop or change):
        raise InvalidInput(f"--stop and --change go with --action veto, not with {action}.")
    if action == "veto" and bool(stop) == change:
        raise InvalidInput("What is to be vetoed? Give --stop with the path of the recovery, or --change.")


def _require_bounded(action: str, deadline: int) -> None:
    """Refuses approvals that would be good for longer than anybody remembers what they were for."""
    from ..explain import duration
    from ..policy import DAY

    longest = LONGEST_FREEZE if action == "freeze" else LONGEST
    if deadline > longest * DAY:
        raise InvalidInput(
            f"--deadline says {duration(deadline)}, but approvals of this are good for {longest} days at most."
            + ("" if action == "freeze" else f" Only a freeze can be signed further ahead: {LONGEST_FREEZE} days.")
        )


def choose_path(source: Source, label: str | None, right: Right) -> int:
    """Which path is to act.

    Raises:
        InvalidInput: It is not said and not clear, unknown, or has another right.
    """
    from ..kit import find_path
    from ..policy import Right

    can = {Right.ROTATE: "replace owners", Right.FREEZE: "freeze", Right.VETO: "veto"}
    possible = [i for i, path in enumerate(source.policy.paths) if path.right is right]
    if not possible:
        raise InvalidInput(f"No path of this policy can {can[right]}.")
    names = ", ".join(source.labels[i] for i in possible)
    if label is not None:
        index = find_path(source.labels, label)
        if index not in possible:
            raise InvalidInput(
                f"Path {source.labels[index]!r} cannot {can[right]}; it can "
                f"{can[source.policy.paths[index].right]}. These can: {names}."
            )
        return index
    if source.kit:
        own = [i for i in possible if source.kit.openings[i] is not None]
        possible = own or possible
    if len(possible) > 1:
        raise InvalidInput(f"Which path? Give --path with one of: {', '.join(source.labels[i] for i in possible)}.")
    return possible[0]
