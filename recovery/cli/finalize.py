"""`recovery finalize`: puts the new owners in place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import ChainError, InvalidInput, Refused
from .session import ADDRESS, FILE, command_line, say, sending, table

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..policy import Path as PolicyPath
    from ..request import Request
    from ..state import AccountState
    from .sources import Source


@click.command(short_help="Put the new owners in place, when the waiting time is over")
@click.argument("address", type=ADDRESS)
@click.option("--path", "label", metavar="NAME", help="Which path, by name or number, if several are under way.")
@click.option("--request", "request_file", type=FILE, metavar="FILE", help="The request that was started.")
@click.option("--kit", "kit_file", type=FILE, metavar="FILE", help="Or a guardian's kit.")
@click.option("--policy", "policy_file", type=FILE, metavar="FILE", help="Or the owner's policy file.")
@sending
def finalize(
    address: str,
    label: str | None,
    request_file: Path | None,
    kit_file: Path | None,
    policy_file: Path | None,
    network: str | None,
    deployment: Path | None,
    account: str | None,
    password_fd: int | None,
    yes: bool,
    mainnet_unaudited: bool,
) -> None:
    """Put the new owners in place, when the waiting time is over.

    Anybody may do so and pay for it. Without a file, what is needed is looked up in
    the chain's events.
    """
    from .. import files
    from ..request import Request
    from . import keys as keyring
    from .network import chain_name, connect, send
    from .sources import from_files, require_account
    from .words import owners_rows

    request = Request.loads(files.read(request_file), str(request_file)) if request_file else None
    source = from_files(kit_file, policy_file)
    if request and request.account != address:
        raise InvalidInput(f"{request_file} is for {request.account}, not for {address}.")
    client = connect(network, deployment)
    require_account(source, address, client.chain_id)
    if request and request.chain_id != client.chain_id:
        raise InvalidInput(
            f"{request_file} is for {chain_name(request.chain_id)}, but the network is {chain_name(client.chain_id)}."
        )
    state = client.state(address)
    index = _which(client, state, label, request, source)
    require_ready(state, index)
    structure = _structure(client, address, index, request, source)
    owners = request.owners if request else client.requested_owners(address, index)
    transaction = client.finalize(address, index, structure, owners)
    if account is None:
        raise InvalidInput("Who pays for it? Give --account.")
    table([("Account", address), ("Chain", chain_name(client.chain_id)), *owners_rows(owners, "New owner")])
    click.echo()
    send(
        client,
        transaction,
        keyring.find(account),
        keyring.Keyring(password_fd),
        question="Put the new owners in place?",
        yes=yes,
        acknowledged=mainnet_unaudited,
    )
    if client.owners_hash(address) != owners.hash[:24]:
        raise Refused(f"The transaction was mined, but the owners are others. See: recovery wallet show {address}")
    say("Done. The account has its new owners, and the old keys are worth nothing any more.", bold=True, colour="green")
    click.echo()
    say(
        "The policy is the same, so every guardian's kit stays good. The guardians who approved are known by now. "
        "Next, look at the account:"
    )
    command_line(f"recovery wallet show {address} --network URL")


def require_ready(state: AccountState, index: int) -> None:
    """Refuses too early and too late, in words.

    Raises:
        Refused: It is not ready.
    """
    from ..explain import duration, when
    from ..state import RequestState

    status = state.paths[index]
    if status.state is RequestState.IDLE:
        raise Refused(f"No recovery is under way on this path. See: recovery status {state.account}")
    if status.state is RequestState.PENDING:
        wait = duration(status.ready_at - state.time)
        raise Refused(
            f"Not yet. This recovery can be finalized from {when(status.ready_at)} (in {wait}) "
            f"to {when(status.expires_at)}. Nothing was sent."
        )
    if status.state is RequestState.EXPIRED:
        raise Refused(
            f"Too late: this recovery expired on {when(status.expires_at, state.time)}. Nothing was sent. "
            "The guardians can start another one: recovery request"
        )


def _which(
    client: RecoveryClient, state: AccountState, label: str | None, request: Request | None, source: Source | None
) -> int:
    from ..state import RequestState

    if not state.configured:
        raise Refused(f"{state.account} has no recovery policy on this chain. Check the address and the network.")
    if request:
        index = request.proof.index
        if label is not None and label not in (request.label, str(index)):
            raise InvalidInput(f"The request is on path {request.label!r}, not {label!r}.")
        return index
    if label is not None:
        return path_index(state, label, source)
    under_way = [i for i, path in enumerate(state.paths) if path.state is not RequestState.IDLE]
    if not under_way:
        raise Refused(f"No recovery is under way. See: recovery status {state.account}")
    if len(under_way) > 1:
        numbers = ", ".join(source.labels[i] if source and i < len(source.labels) else str(i) for i in under_way)
        raise InvalidInput(f"Several recoveries are under way. Give --path with one of: {numbers}.")
    return under_way[0]


def path_index(state: AccountState, label: str, source: Source | None) -> int:
    """A path by its name, if a file knows names, or by its number.

    Raises:
        InvalidInput: There is none.
    """
    from ..kit import find_path

    if source is not None and source.policy.hash[:24] == state.policy_hash:
        return find_path(source.labels, label)
    if label.isdecimal() and int(label) < len(state.paths):
        return int(label)
    if source is not None:
        raise InvalidInput("Your file is of another policy than the account has now. Name the path by its number.")
    raise InvalidInput(
        f"Path {label!r} is a name that only kit and policy file know: give one of them (--kit, --policy), "
        "or the path's number from: recovery status"
    )


def _structure(
    client: RecoveryClient, address: str, index: int, request: Request | None, source: Source | None
) -> PolicyPath:
    if request:
        return request.proof.path
    policy = source.policy if source else None
    if policy is None:
        try:
            policy = client.policy(address)
        except ChainError as error:
            raise ChainError(f"{error.message} --request takes the request file.") from error
    if index >= len(policy.paths):
        raise InvalidInput(f"The policy has no path {index}.")
    return policy.paths[index]
