"""`recovery policy change`, `drop`, `apply`, `publish`: change the policy of an account on the chain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused
from .options import ADDRESS, FOLDER, Paying, knowing, owning, profile, sending
from .session import command_line, say, table, warn
from .sources import Source, require_account

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..folder import Folder
    from ..plan import Guardian, PolicyPlan


@click.command(short_help="Have the account's policy changed, or removed, after a waiting time")
@click.argument("address", type=ADDRESS, required=False)
@click.option("--remove", is_flag=True, help="Remove the policy: nobody could recover the account any more.")
@FOLDER
@click.option(
    "--kits",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("kits-new"),
    show_default=True,
    help="Folder for the guardians' kits of the new policy.",
)
@knowing
@owning
@sending
def change(
    address: str | None,
    remove: bool,
    folder_path: Path | None,
    kits: Path,
    source: Source | None,
    signers: tuple[str, ...],
    pay: Paying,
) -> None:
    """Have the policy of ADDRESS changed to that of --policy, or removed.

    With --folder it is the newest policy file in the owner's folder, and no kits are
    written: `recovery guardian replace` and `renew` have written those that change.

    The owners sign. Nothing changes before the waiting time of the present policy is
    over; then anybody can apply it (`recovery policy apply`). Another change in the
    meantime replaces this one and begins to wait anew.
    """
    from .. import foresee
    from ..chains import chain_name
    from ..explain import duration, when
    from ..lint import lint as findings_of
    from .batches import send_as_owners
    from .lint import show_findings
    from .wallet import prepare_kits, write_kits
    from .words import plan_lines

    folder = _folder(folder_path, source, remove)
    if folder is not None:
        source = Source(folder.newest.policy, (), plan=folder.newest)
        if address is not None and address != folder.note.account:
            raise InvalidInput(
                f"{folder.path} is the folder of {folder.note.account or 'no account yet'}, not of {address}. To take "
                f"an account over into it: recovery setup {folder.path} --adopt {address}"
            )
        address = folder.note.account
    if address is None:
        raise InvalidInput("Which account? Give its address, or --folder with the owner's folder.")
    if remove and click.get_current_context().params.get("policy_file"):
        raise InvalidInput("Give the new policy file with --policy, or --remove to have none; not both.")
    plan = source.plan if source and not remove else None  # a profile may name a policy file
    if plan is None and not remove:
        raise InvalidInput("Give the new policy file with --policy, or --remove to have none.")
    payer, client = pay.payer(), pay.connect()
    state = client.state(address)
    foresee.has_policy(state, client.chain_id)
    if plan and plan.policy.hash[:24] == state.policy_hash:
        raise Refused("The account has this policy already. Nothing was sent.")
    contents = prepare_kits(plan, kits, client, address) if plan and folder is None else {}
    table([("Account", address), ("Chain", chain_name(client.chain_id))])
    click.echo()
    if plan:
        table([(guardian.name, str(guardian.signer)) for guardian in plan.guardians])
        click.echo()
        table(plan_lines(plan))
        click.echo()
        say("Nothing of the present policy stays but what is named here.")
        show_findings(findings_of(plan))
    else:
        warn("Without a policy nobody can get you back into the account.")
    say(f"This change has to wait {duration(state.change_delay)}, as the present policy says.")
    if state.change_eta and state.time < state.change_expires_at:
        warn(f"A change is pending for {when(state.change_eta, state.time)}. This one replaces it, and waits anew.")
    if state.blockers:
        warn("A recovery that the owner cannot cancel is under way: no change can be applied as long as it is open.")
    call = client.schedule_change_call(plan.policy) if plan else client.schedule_removal_call()
    summary = "change the policy" if plan else "remove the policy"
    if send_as_owners(pay, client, address, [call], summary, signers, payer, "Schedule this?") is None:
        return
    state = client.state(address, 0)
    if state.change_policy_hash != (plan.policy.hash[:24] if plan else bytes(24)) or not state.change_eta:
        raise Refused(f"The transaction was mined, but this change is not pending. See: recovery status {address}")
    say(f"Scheduled. It can be applied from {when(state.change_eta, state.time)}.", bold=True, colour="green")
    click.echo()
    if plan:
        _kits_that_open(client, address, plan)
    if contents and plan:
        write_kits(plan, kits, contents)
    say("Next: when the time has come, anybody can run")
    command_line(f"recovery policy apply {address} --account KEY --network URL")
    say("If you change your mind:")
    command_line(f"recovery policy drop {address} --signer KEY --account KEY --network URL")


def _kits_that_open(client: RecoveryClient, address: str, plan: PolicyPlan) -> None:
    """Says whose kits go on to open something, so that nobody is left with one that opens nothing."""
    from ..errors import ChainError
    from ..explain import listing

    try:
        present = {member for path in client.policy(address).paths for member in path.members}
    except ChainError:
        say(
            "Whether kits that were given out before go on to open something cannot be said: this node keeps no old "
            "events. Each guardian can see it once the change is applied: recovery guardian check KIT --network URL"
        )
        return
    kept: list[Guardian] = []
    gone: list[Guardian] = []
    for guardian in plan.guardians:
        votes = {weight for path in plan.paths for name, weight in path.guardians if name == guardian.name}
        (kept if {plan.member(guardian.name, each).commitment for each in votes} <= present else gone).append(guardian)
    if not kept:
        warn(
            "EVERY guardian needs the new kit: those of the present policy open nothing once this is applied. (A "
            "policy file made with --from, or by `recovery guardian replace`, keeps the kits of those who stay.)"
        )
    elif gone:
        say(f"{listing([each.name for each in kept])} can go on with the kits that they have. These need the new ones:")
        table([(each.name, "") for each in gone])
    else:
        say("All of them can go on with the kits that they have.")


def _folder(path: Path | None, source: Source | None, remove: bool) -> Folder | None:
    """The owner's folder, if it was named, or is in the profile and no policy file is named.

    Raises:
        InvalidInput: Both were given, or a folder where there is nothing to take out of it.
    """
    from ..folder import Folder

    if path is not None and (source is not None or remove):
        raise InvalidInput("Give --folder, --policy or --remove, one of them.")
    if path is None and source is None and not remove:
        path = profile().folder
    return Folder.open(path) if path else None


@click.command(short_help="Drop the pending change of policy")
@click.argument("address", type=ADDRESS)
@owning
@sending
def drop(address: str, signers: tuple[str, ...], pay: Paying) -> None:
    """Drop the pending change of the policy of ADDRESS, as its owner."""
    from .. import foresee
    from ..explain import when
    from .batches import send_as_owners

    payer, client = pay.payer(), pay.connect()
    state = client.state(address, 0)
    foresee.has_policy(state, client.chain_id)
    foresee.change_pending(state)
    what = "the removal of the policy" if state.change_policy_hash == bytes(24) else "the change of policy"
    table([("Account", address), ("Drops", f"{what} that could be applied from {when(state.change_eta, state.time)}")])
    click.echo()
    call = client.drop_change_call(state.change_policy_hash, state.change_eta)
    if send_as_owners(pay, client, address, [call], f"drop {what}", signers, payer, "Drop it?") is None:
        return
    if client.state(address, 0).change_eta:
        raise Refused(f"The transaction was mined, but a change is still pending. See: recovery status {address}")
    say("Dropped. The policy stays as it is.", bold=True, colour="green")
    say("If it was not you who asked for that change, somebody has your key. Be quicker than they are:")
    command_line(f"recovery wallet rotate {address} --new-owner ADDR --signer KEY --account KEY --network URL")
    say("or have a guardian begin a recovery on a path that the owner cannot cancel:")
    command_line("recovery request --kit KIT --path NAME --new-owner ADDR --network URL")


@click.command(name="apply", short_help="Put a change of policy in force whose waiting time is over")
@click.argument("address", type=ADDRESS)
@sending
def apply_change(address: str, pay: Paying) -> None:
    """Put the pending change of the policy of ADDRESS in force. Anybody may do so and pay for it."""
    from .. import foresee
    from .paying import send

    payer, client = pay.payer(), pay.connect()
    state = client.state(address, 0)
    foresee.has_policy(state, client.chain_id)
    foresee.applicable(state)
    removal = state.change_policy_hash == bytes(24)
    table([("Account", address), ("Policy", "none any more" if removal else "0x" + state.change_policy_hash.hex())])
    click.echo()
    if removal:
        warn("Without a policy nobody can get the owner back into the account.")
    if send(pay, client, client.apply_change(address), payer, "Apply the change?") is None:
        return
    if client.state(address, 0).policy_hash != state.change_policy_hash:
        raise Refused(f"The transaction was mined, but the policy is another one. See: recovery status {address}")
    done = "The policy is removed." if removal else "The new policy is in force."
    say(done, bold=True, colour="green")
    if not removal:
        say("Each guardian should look whether their kit opens something in it:")
        command_line("recovery guardian check KIT --signer KEY --network URL")
    say("Requests that were under way, and approvals that were collected, are void. Next:")
    command_line(f"recovery status {address} --network URL")


@click.command(short_help="Have the policy's structure stand in the chain's events again")
@click.argument("address", type=ADDRESS)
@knowing
@sending
def publish(address: str, source: Source | None, pay: Paying) -> None:
    """Have the structure of the policy of ADDRESS stand in the chain's events again.

    Nodes drop old events; from a new one, anybody who has lost everything but the
    address can find the structure again. It says nothing about who the guardians are.
    """
    from .. import foresee
    from ..explain import refusal
    from .paying import send

    payer, client = pay.payer(), pay.connect()
    require_account(source, address, client.chain_id)
    state = client.state(address, 0)
    foresee.has_policy(state, client.chain_id)
    policy = source.policy if source else client.policy(address)
    if policy.hash[:24] != state.policy_hash:
        raise refusal(
            "PolicyMismatch",
            address,
            message="Your kit or policy file is of another policy than the account has now. Give the present one, or "
            "none: then it is looked up in the chain's events.",
        )
    table([("Account", address), ("Policy", "0x" + state.policy_hash.hex())])
    click.echo()
    if send(pay, client, client.publish(address, policy), payer, "Publish it?") is None:
        return
    say("Published. Whoever knows the address alone finds it again:", bold=True, colour="green")
    command_line(f"recovery status {address} --events --network URL")
