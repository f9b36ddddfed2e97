"""`recovery approve`: a guardian sees what is asked, and signs it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused
from .session import (
    FILE,
    account_option,
    command_line,
    confirm,
    mainnet_option,
    password_option,
    quote,
    reading,
    require_free,
    say,
    table,
    unaudited,
    warn,
    yes_option,
)
from .sources import from_files

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..quorum import Member
    from ..request import Request, SignedApproval
    from .keys import Keyring, Keystore
    from .sources import Source


@click.command(short_help="Sign a request, as a guardian")
@click.argument("request_file", type=FILE, metavar="REQUEST")
@click.option("--kit", "kit_file", type=FILE, metavar="FILE", help="Your kit.")
@click.option("--policy", "policy_file", type=FILE, metavar="FILE", help="Or the owner's policy file, with --as.")
@click.option("--as", "name", metavar="NAME", help="Which guardian of the policy file you are.")
@click.option("--signer", metavar="KEY", help="Your key: a keystore file, or the alias of an Ape account.")
@click.option("--on-chain", is_flag=True, help="Approve by a transaction of your own (--account) instead.")
@click.option("-o", "--output", type=FILE, help="Where to write the approval.  [default: approval-NAME.json]")
@reading
@account_option
@password_option
@yes_option
@mainnet_option
def approve(
    request_file: Path,
    kit_file: Path | None,
    policy_file: Path | None,
    name: str | None,
    signer: str | None,
    on_chain: bool,
    output: Path | None,
    network: str | None,
    deployment: Path | None,
    account: str | None,
    password_fd: int | None,
    yes: bool,
    mainnet_unaudited: bool,
) -> None:
    """Sign a request, as a guardian.

    You see what you sign, and it is checked: against your kit, and against the
    chain if you give --network. Before you sign, speak with the owner.
    """
    from .. import files
    from ..request import Request, member_index
    from ..request import approve as approval_of
    from . import keys as keyring
    from .network import connect

    request = Request.loads(files.read(request_file), str(request_file))
    source = from_files(kit_file, policy_file)
    if source is None:
        raise InvalidInput("Give --kit with your kit, or --policy with the owner's policy file.")
    if on_chain and (signer or not network):
        raise InvalidInput("--on-chain needs --network, and --account instead of --signer.")
    if not on_chain and signer is None:
        raise InvalidInput("Give --signer with your key, or approve by a transaction with --on-chain.")
    module = None
    if source.plan:
        module = _usual_module(deployment)
    require_fitting(request, source, module)
    member, who = opening(request, source, name)
    member_index(request.proof, member)
    output = output or Path(f"approval-{_stem(who)}.json")
    require_free(output)
    keystore = keyring.find(key) if (key := account if on_chain else signer) else None
    if keystore and keystore.address and keystore.address != str(member.signer):
        raise _not_yours(keystore.address, member)
    client = connect(network, deployment) if network else None
    if client:
        client.check_request(request)
    show_request(request, source, member, client)
    keys = keyring.Keyring(password_fd)
    unaudited(request.chain_id, mainnet_unaudited)
    if on_chain:
        assert client is not None  # noqa: S101 - checked above
        signed = _on_chain(client, request, member, keystore, keys, yes, mainnet_unaudited)
    else:
        assert keystore is not None  # noqa: S101 - checked above
        confirm("Have you spoken with the owner, and do you approve this?", yes)
        signing = keys.open(keystore, "approves this request")
        if signing.address != str(member.signer):
            raise _not_yours(signing.address, member)
        signature = bytes(signing.sign_message(request.message.signable).signature)
        signed = approval_of(request, member, signature)
        _verify(request, signed)
    files.write(output, signed.dumps(), secret=True)
    click.echo()
    say(f"Approved, and written to {output}.", bold=True, colour="green")
    say(f"Next: send {output} to whoever sent you the request. With enough approvals anybody can run:")
    command_line(f"recovery start {quote(request_file.name)} {quote(output.name)} ... --account KEY --network URL")


def require_fitting(request: Request, source: Source, module: str | None = None) -> None:
    """Refuses a request that is not for the account, chain, module and policy of the guardian's kit.

    Args:
        request: The request.
        source: Kit or policy file.
        module: The module that a policy file is for; a kit says it itself.

    Raises:
        Refused: It is for another one.
    """
    from .network import chain_name

    kit = source.kit
    warning = "Do not approve it, and ask the owner what this is."
    if kit and request.account != kit.account:
        raise Refused(f"This request is for {request.account}; your kit is for {kit.account}. {warning}")
    if kit and request.chain_id != kit.chain_id:
        raise Refused(
            f"This request is for {chain_name(request.chain_id)}; your kit is for {chain_name(kit.chain_id)}. {warning}"
        )
    expected = kit.module if kit else module
    if expected is not None and request.module != expected:
        raise Refused(f"This request is for the module {request.module}; yours is {expected}. {warning}")
    index, policy = request.proof.index, source.policy
    if index >= len(policy.paths) or policy.proof(index) != request.proof:
        raise Refused(
            "This request is for another policy than that of your file. Has the owner changed it since? "
            "Then you need a new kit; otherwise do not approve it."
        )


def opening(request: Request, source: Source, name: str | None) -> tuple[Member, str]:
    """The guardian's own opening in the request's path, and their name.

    Raises:
        InvalidInput: They are not in it, or it is not clear who they are.
    """
    index = request.proof.index
    if source.kit:
        if name is not None:
            raise InvalidInput("--as goes with --policy; your kit says who you are.")
        member = source.kit.openings[index]
        if member is None:
            raise InvalidInput(f"{source.kit.name} is not a guardian of path {source.labels[index]!r}.")
        return member, source.kit.name
    assert source.plan is not None  # noqa: S101 - from a file, so it is one or the other
    weights = dict(source.plan.paths[index].guardians)
    if name is None or name not in weights:
        raise InvalidInput(
            f"Which guardian are you? Give --as with one of those of path {source.labels[index]!r}: "
            f"{', '.join(weights)}."
        )
    return source.plan.member(name, weights[name]), name


def show_request(request: Request, source: Source, member: Member, client: RecoveryClient | None) -> None:
    """Says in words what is about to be signed."""
    from ..explain import duration, when
    from .network import chain_name
    from .words import owners_rows, sentence

    index, path = request.proof.index, request.proof.path
    # The label in the request is not signed: anybody could have written anything there.
    label = source.labels[index]
    now = client.time() if client else None
    say("You are asked to help somebody back into an account.", bold=True)
    click.echo()
    where = "the one in your kit" if source.kit else "compare it: your policy file does not say it"
    rows = [
        ("Account", f"{request.account}"),
        ("", f"on {chain_name(request.chain_id)}; {where}"),
        *owners_rows(request.owners, "New owner"),
        ("Path", f"{label}: {sentence(path, source.guardians(index))}"),
        ("Then", f"{duration(path.delay)} pass before anything changes."),
        ("You sign", f"as {member.signer}" + (f", with {member.weight} votes" if member.weight > 1 else "")),
        ("Good until", when(request.deadline, now)),
    ]
    if client:
        rows.append(("Checked", "against your file and the chain: approvals of it count."))
    else:
        rows.append(("Checked", "against your file only, NOT against the chain (no --network)."))
    table(rows)
    click.echo()
    if member.signer in request.owners.signers:
        warn("The new owner is your own key: the account would be yours.")
    if client is None and request.deadline < time.time():
        warn("By this computer's clock the request's deadline has passed.")
    say(
        "Call the owner, on a number that you already had, and have the new owner's address read to you. "
        "Do not act on a message alone, however urgent it sounds."
    )
    click.echo()


def _on_chain(
    client: RecoveryClient,
    request: Request,
    member: Member,
    keystore: Keystore | None,
    keys: Keyring,
    yes: bool,
    acknowledged: bool,
) -> SignedApproval:
    from ..request import approve as approval_of
    from .network import send

    signed = approval_of(request, member, b"")
    if client.is_approved(member.signer, request.digest):
        say("You have approved it on the chain already.")
        return signed
    transaction = client.approve_digest(request.digest)
    if not member.signer.is_address:
        raise InvalidInput("This guardian is a key behind a verifier, which cannot send transactions.")
    if keystore is None:
        if client.code(member.signer.address):
            say("Your guardian is a contract. Have it send this transaction, then run the same command again:")
            table([("To", transaction.to), ("Value", "0"), ("Data", "0x" + transaction.data.hex())])
            raise Refused("The contract has not approved it yet.")
        raise InvalidInput("Give --account with your key: the transaction has to be yours.")
    if keystore.address is None and keys.open(keystore, "approves on the chain").address != str(member.signer):
        raise _not_yours(keys.open(keystore, "").address, member)
    send(
        client,
        transaction,
        keystore,
        keys,
        question="Have you spoken with the owner, and do you approve this on the chain?",
        yes=yes,
        acknowledged=acknowledged,
    )
    if not client.is_approved(member.signer, request.digest):
        raise Refused("The transaction was mined, but the chain does not show your approval. Look at it again later.")
    return signed


def _usual_module(deployment: Path | None) -> str:
    from ..contracts import canonical_deployment
    from .network import load_deployment

    return (load_deployment(deployment) if deployment else canonical_deployment()).module


def _verify(request: Request, signed: SignedApproval) -> None:
    from ..request import is_signed_by_key

    if not is_signed_by_key(request, signed):
        raise Refused("The signature that was just made is not right. Nothing was written; try again.")


def _not_yours(address: str, member: Member) -> InvalidInput:
    return InvalidInput(f"That is the key of {address}; the guardian's key is {member.signer}. Nothing was signed.")


def _stem(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40] or "guardian"
