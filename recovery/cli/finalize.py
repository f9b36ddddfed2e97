"""`recovery finalize` and `recovery clear`: what anybody may do with a request that has run its time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused
from .options import ADDRESS, FILE, Paying, knowing, sending
from .session import command_line, say, table
from .sources import Source, known_structure, path_index, require_account, structure_of

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..intents import Intent
    from ..request import Request
    from ..state import AccountState


_PATH = click.option("--path", "label", metavar="NAME", help="Which path, by name or number, if several are under way.")
_REQUEST = click.option("--request", "request_file", type=FILE, metavar="FILE", help="The request that was started.")


@click.command(short_help="Put the new owners in place, when the waiting time is over")
@click.argument("address", type=ADDRESS)
@_PATH
@_REQUEST
@knowing
@sending
def finalize(address: str, label: str | None, request_file: Path | None, source: Source | None, pay: Paying) -> None:
    """Put the new owners in place, when the waiting time is over.

    Anybody may do so and pay for it. Without a file, what is needed is looked up in
    the chain's events.
    """
    from .. import foresee
    from ..chains import chain_name
    from .paying import send, taken_up
    from .words import owners_rows

    payer = pay.payer()
    request = _request(request_file, address)
    client = pay.connect()
    if taken_up(pay, client, lambda intent: _finalizes(intent, address)):
        _recovered(address)
        return
    state, index = _which(client, address, label, request, request_file, source)
    foresee.finalizable(state, index, known_structure(state, index, request, source))  # before events are searched
    structure = structure_of(client, state, index, request, source)
    foresee.finalizable(state, index, structure)
    owners = request.owners if request else client.requested_owners(address, index)
    table([("Account", address), ("Chain", chain_name(client.chain_id)), *owners_rows(owners, "New owner")])
    click.echo()
    transaction = client.finalize(address, index, structure, owners)
    if send(pay, client, transaction, payer, "Put the new owners in place?") is None:
        return
    if client.owners_hash(address) != owners.hash[:24]:
        raise Refused(f"The transaction was mined, but the owners are others. See: recovery wallet show {address}")
    _recovered(address)


def _recovered(address: str) -> None:
    say("Done. The account has its new owners, and the old keys are worth nothing any more.", bold=True, colour="green")
    click.echo()
    say(
        "The policy is the same, so every guardian's kit stays good. The guardians who approved are known by now. "
        "Next, look at the account, and what to do now:"
    )
    command_line(f"recovery wallet show {address} --network URL")
    say("If you have your folder still, those who approved get new openings. If it is gone, begin a new one:")
    command_line(
        "recovery guardian renew --folder FOLDER --network URL",
        f"recovery setup FOLDER --adopt {address} --network URL",
    )


def _finalizes(intent: Intent, address: str) -> bool:
    """Whether a transaction of an earlier run is to finalize a recovery of this account."""
    from .. import abi

    found = abi.decoded(intent.transaction.data)
    return found is not None and found[0] == "finalize" and found[1]["account"].lower() == address.lower()


@click.command(short_help="Clear away a recovery that can never be finalized any more")
@click.argument("address", type=ADDRESS)
@_PATH
@_REQUEST
@click.option("--then-apply", is_flag=True, help="Also apply the change of policy that was held up, in the same step.")
@knowing
@sending
def clear(
    address: str,
    label: str | None,
    request_file: Path | None,
    then_apply: bool,
    source: Source | None,
    pay: Paying,
) -> None:
    """Clear away a recovery that can never be finalized any more.

    That is one whose window is over, or one on a path that needs the owner's silence
    when the owner has been active since. Anybody may do so and pay for it.
    """
    import dataclasses

    from .. import foresee
    from ..state import RequestState
    from .paying import send

    payer = pay.payer()
    request = _request(request_file, address)
    client = pay.connect()
    state, index = _which(client, address, label, request, request_file, source)
    name = source.labels[index] if source and index < len(source.labels) else str(index)
    structure = None
    if state.paths[index].state is not RequestState.EXPIRED:
        structure = structure_of(client, state, index, request, source)
    if foresee.clearable(state, index, name, structure) and structure is not None:
        owners = request.owners if request else client.requested_owners(address, index)
        transaction = client.clear_active(address, index, structure, owners)
    else:
        transaction = client.clear_expired(address, index)
    if then_apply:
        foresee.applicable(dataclasses.replace(state, blockers=state.blockers - state.paths[index].blocks))
        transaction = client.in_turn(transaction, client.apply_change(address))
    table([("Account", address), ("Path", name)])
    click.echo()
    if send(pay, client, transaction, payer, "Clear it away?") is None:
        return
    after = client.state(address, index + 1)
    if then_apply and after.policy_hash != state.change_policy_hash:
        raise Refused(f"The transaction was mined, but the policy is another one. See: recovery status {address}")
    if not then_apply and after.paths[index].state is not RequestState.IDLE:
        raise Refused(f"The transaction was mined, but the recovery is still there. See: recovery status {address}")
    say("Cleared away.", bold=True, colour="green")
    if then_apply:
        say("The change of policy has taken effect.", bold=True, colour="green")
    say("Next:")
    command_line(f"recovery status {address} --network URL")


def _request(file: Path | None, address: str) -> Request | None:
    from .. import files
    from ..request import Request

    if file is None:
        return None
    request = Request.loads(files.read(file), str(file))
    if request.account != address:
        raise InvalidInput(f"{file} is for {request.account}, not for {address}.")
    if request.action.kind != "recover":
        raise InvalidInput(f"{file} does not ask for new owners. Give the request that was started.")
    return request


def _which(
    client: RecoveryClient,
    address: str,
    label: str | None,
    request: Request | None,
    file: Path | None,
    source: Source | None,
) -> tuple[AccountState, int]:
    """The account's state, and which path is meant."""
    from .. import foresee
    from ..chains import chain_name
    from ..explain import refusal
    from ..state import RequestState

    require_account(source, address, client.chain_id)
    if request and request.chain_id != client.chain_id:
        raise InvalidInput(
            f"{file} is for {chain_name(request.chain_id)}, but the network is {chain_name(client.chain_id)}."
        )
    state = client.state(address)
    foresee.has_policy(state, client.chain_id)
    if request:
        foresee.in_force(state, request.proof)
        index = request.proof.index
        if label is not None and label not in (request.label, str(index)):
            raise InvalidInput(f"The request is on path {request.label!r}, not {label!r}.")
        return state, index
    if label is not None:
        return state, path_index(state, label, source)
    under_way = [i for i, path in enumerate(state.paths) if path.state is not RequestState.IDLE]
    if not under_way:
        raise refusal("RecoveryNotStarted", 0, message=f"No recovery is under way. See: recovery status {address}")
    if len(under_way) > 1:
        numbers = ", ".join(source.labels[i] if source and i < len(source.labels) else str(i) for i in under_way)
        raise InvalidInput(f"Several recoveries are under way. Give --path with one of: {numbers}.")
    return state, under_way[0]
