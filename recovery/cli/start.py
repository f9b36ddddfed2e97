"""`recovery start`: puts the approvals together and starts the recovery."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused
from .session import FILE, command_line, quote, say, sending, table

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..request import Approvals, SignedApproval
    from .sources import Source


@click.command(short_help="Start the recovery, once enough guardians have signed")
@click.argument("request_file", type=FILE, metavar="REQUEST")
@click.argument("approval_files", type=FILE, nargs=-1, metavar="APPROVAL...")
@click.option("--policy", "policy_file", type=FILE, metavar="FILE", help="The policy file, to name who is missing.")
@sending
def start(
    request_file: Path,
    approval_files: tuple[Path, ...],
    policy_file: Path | None,
    network: str | None,
    deployment: Path | None,
    account: str | None,
    password_fd: int | None,
    yes: bool,
    mainnet_unaudited: bool,
) -> None:
    """Start the recovery that REQUEST asks for, with enough approvals.

    Anybody may do so and pay for it. Nothing changes yet: the waiting time begins.
    """
    from .. import files
    from ..explain import duration, when
    from ..request import Approvals, Request, SignedApproval
    from . import keys as keyring
    from .network import chain_name, connect, send
    from .sources import from_files
    from .words import owners_rows, stopping

    request = Request.loads(files.read(request_file), str(request_file))
    source = from_files(None, policy_file)
    if source and source.policy.hash != request.proof.policy_hash(source.policy.change_delay):
        raise InvalidInput(f"{policy_file} is not the policy that this request is for.")
    approvals = Approvals(request)
    given: dict[bytes, Path] = {}
    for file in approval_files:
        signed = SignedApproval.loads(files.read(file), str(file))
        identifier = signed.approval.member.signer.id
        if identifier in given:
            raise InvalidInput(
                f"{file} and {given[identifier]} are of the same guardian, who counts once. Leave one out."
            )
        approvals = approvals.add(signed, str(file))
        given[identifier] = file
    require_enough(approvals, source)
    client = connect(network, deployment)
    client.check_request(request)
    for signed in approvals.collected:
        _check_signature(client, approvals, signed, given[signed.approval.member.signer.id])
    chosen = sparing(approvals)
    if account is None:
        raise InvalidInput("Who pays for starting it? Give --account.")

    path = request.proof.path
    table(
        [
            ("Account", request.account),
            ("Chain", chain_name(client.chain_id)),
            *owners_rows(request.owners, "New owner"),
            ("Approved by", str(chosen.collected[0].approval.member.signer)),
            *[("", str(signed.approval.member.signer)) for signed in chosen.collected[1:]],
            ("Then", f"{duration(path.delay)} pass; {stopping(path)}."),
        ]
    )
    click.echo()
    spared = len(approvals.collected) - len(chosen.collected)
    if spared:
        count = "One approval is" if spared == 1 else f"{spared} approvals are"
        say(f"{count} not needed and not sent: those guardians stay unknown.")
        click.echo()
    receipt = send(
        client,
        client.submit(chosen),
        keyring.find(account),
        keyring.Keyring(password_fd),
        question="Start the recovery?",
        yes=yes,
        acknowledged=mainnet_unaudited,
    )
    state = client.state(request.account, request.proof.index + 1)
    status = state.paths[request.proof.index]
    if not status.ready_at:
        raise Refused(
            "The transaction was mined, but no recovery is under way. See: recovery status " + request.account
        )
    say(f"Started, in block {receipt['blockNumber']}. The owners are still the old ones.", bold=True, colour="green")
    click.echo()
    table(
        [
            ("Ready", when(status.ready_at, state.time)),
            ("Expires", when(status.expires_at, state.time)),
        ]
    )
    click.echo()
    say("Next: when it is ready, anybody can finalize it:")
    command_line(f"recovery finalize {request.account} --request {quote(request_file)} --account KEY --network URL")
    say("Until then:")
    command_line(f"recovery status {request.account} --network URL")


def require_enough(approvals: Approvals, source: Source | None) -> None:
    """Says who is missing.

    Raises:
        Refused: Somebody is.
    """
    from .words import listing, plural

    if not approvals.missing:
        return
    path = approvals.request.proof.path
    have = [signed.approval.member.signer for signed in approvals.collected]
    given = f"{plural(approvals.weight, 'vote')} of {path.threshold} given"
    if have:
        given += f", by {listing([str(signer) for signer in have])}"
    names = source.guardians(approvals.request.proof.index) if source else None
    if names is not None and source is not None and source.plan is not None:
        plan = source.plan
        missing = [name for name, _ in names if plan.guardian(name).signer not in have]
        ask = f"Ask {listing(missing, 'or')}."
    else:
        rest = len(path.members) - len(have)
        ask = "Ask the other guardian." if rest == 1 else f"Ask any of the other {rest} guardians."
    if not have:
        ask = ask.replace("any of the other", "any of the").replace("the other guardian", "the guardian")
    raise Refused(
        f"Not enough approvals: {given}; {plural(approvals.missing, 'vote')} missing. {ask} Nothing was sent."
    )


def sparing(approvals: Approvals) -> Approvals:
    """No more approvals than are needed: whoever is not shown stays hidden, and gas is saved."""
    from ..request import Approvals

    threshold = approvals.request.proof.path.threshold
    chosen: list[SignedApproval] = []
    weight = 0
    for signed in sorted(approvals.collected, key=lambda s: -s.approval.member.weight):
        if weight >= threshold:
            break
        chosen.append(signed)
        weight += signed.approval.member.weight
    return Approvals.of(approvals.request, chosen)


def _check_signature(client: RecoveryClient, approvals: Approvals, signed: SignedApproval, file: Path) -> None:
    """Names the file that does not fit, before the contract would only say a number."""
    from ..request import is_signed_by_key

    request, approval = approvals.request, signed.approval
    signer = approval.member.signer
    if not approval.signature:
        if not client.is_approved(signer, request.digest):
            raise Refused(
                f"{file} says that {signer} has approved on the chain, but the chain does not. "
                "Wait for the transaction, or ask for another approval."
            )
        return
    if is_signed_by_key(request, signed) or not signer.is_address:
        return
    if not client.code(signer.address):
        raise Refused(f"{file} does not hold a signature of {signer} over this request. Ask for it again.")
