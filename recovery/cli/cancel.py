"""`recovery cancel`: the owner, or the same guardians, stop a recovery."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused
from .options import ADDRESS, Paying, knowing, owning, sending
from .session import command_line, say, table
from .sources import Source

if TYPE_CHECKING:
    from ..state import AccountState


@click.command(short_help="Stop a recovery that you did not ask for")
@click.argument("target", metavar="ADDRESS|REQUEST")
@click.argument("approval_files", type=click.Path(path_type=Path, dir_okay=False), nargs=-1, metavar="[APPROVAL...]")
@click.option("--path", "label", metavar="NAME", help="As the owner: which path, by name or number, if several.")
@click.option("--then-apply", is_flag=True, help="Also apply the change of policy that was held up; as guardians.")
@knowing
@owning
@sending
def cancel(
    target: str,
    approval_files: tuple[Path, ...],
    label: str | None,
    then_apply: bool,
    source: Source | None,
    signers: tuple[str, ...],
    pay: Paying,
) -> None:
    """Stop a recovery that you did not ask for.

    As the owner, name the ADDRESS of the account: the owners sign, and --account
    relays and pays the fee. As guardians, give the REQUEST that was made
    with `recovery request --action cancel`, and your approvals of it.
    """
    from .submit import submit

    if Path(target).is_file() or target.endswith(".json"):
        if label is not None:
            raise InvalidInput("--path is for the owner; the request says which path it is about.")
        submit(Path(target), approval_files, source, pay, ("cancel",), then_apply)
        return
    if then_apply:
        raise InvalidInput("--then-apply is for guardians: what the owner can cancel never holds up a change.")
    if approval_files:
        raise InvalidInput("Approvals go with a request file in place of the address.")
    _as_owner(ADDRESS.convert(target, None, None), label, source, signers, pay)


def _as_owner(address: str, label: str | None, source: Source | None, signers: tuple[str, ...], pay: Paying) -> None:
    from .. import foresee
    from ..explain import when
    from ..state import RequestState
    from .batches import send_as_owners
    from .sources import path_index, require_account

    payer, client = pay.payer(), pay.connect()
    require_account(source, address, client.chain_id)
    state = client.state(address)
    foresee.has_policy(state, client.chain_id)
    index = _only_open(state) if label is None else path_index(state, label, source)
    label = label or str(index)
    status = foresee.cancellable(state, index, label)
    table([("Account", address), ("Path", label), ("Ready", when(status.ready_at, state.time))])
    click.echo()
    call = client.cancel_call(state.epoch, index, status.nonce)
    summary = f"cancel the recovery on path {label}"
    if send_as_owners(pay, client, address, [call], summary, signers, payer, "Cancel this recovery?") is None:
        return
    if client.state(address, index + 1).paths[index].state is not RequestState.IDLE:
        raise Refused(f"The transaction was mined, but the recovery goes on. See: recovery status {address}")
    say("Cancelled. The owners stay as they are.", bold=True, colour="green")
    say(
        "If you did not ask for it, find out who did: its guardians approved it. Speak with them, and if you cannot "
        "trust them any more, change the policy:"
    )
    command_line(
        "recovery policy new policy.yaml --from POLICY -o policy-new.json",
        f"recovery policy change {address} --policy policy-new.json --signer KEY --account KEY --network URL",
    )


def _only_open(state: AccountState) -> int:
    """The path on which a recovery is under way, if there is just one."""
    from ..explain import refusal

    found = [index for index, path in enumerate(state.paths) if path.is_open]
    if not found:
        message = f"No recovery is under way: there is nothing to stop. See: recovery status {state.account}"
        raise refusal("RecoveryNotStarted", 0, message=message)
    if len(found) > 1:
        numbers = ", ".join(str(index) for index in found)
        raise InvalidInput(f"Several recoveries are under way. Give --path with one of: {numbers}.")
    return found[0]
