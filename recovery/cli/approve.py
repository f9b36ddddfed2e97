"""`recovery approve`: a guardian sees what is asked, and signs it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidInput, Refused
from .options import FILE, Paying, knowing, sending
from .session import command_line, confirm, quote, require_free, say, table, unaudited, warn
from .sources import Source
from .submit import VERBS

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..quorum import Member
    from ..request import Request, SignedApproval
    from .keys import Key


@click.command(short_help="Sign a request, as a guardian")
@click.argument("request_file", type=FILE, metavar="REQUEST")
@knowing
@click.option("--as", "name", metavar="NAME", help="Which guardian of the policy file you are.")
@click.option("--signer", metavar="KEY", help="Your key: a keystore file, or the alias of an Ape account.")
@click.option("--on-chain", is_flag=True, help="Approve by a transaction of your own (--account) instead.")
@click.option("--revoke", is_flag=True, help="Take back, by a transaction, what you have approved on the chain.")
@click.option(
    "--typed-data", type=FILE, metavar="FILE", help="Only write what has to be signed, for another program or device."
)
@click.option(
    "--signature", metavar="HEX|FILE", help="Use a signature made elsewhere, such as by `cast wallet sign --data`."
)
@click.option(
    "-o", "--output", type=FILE, help="Where to write it.  [default: approval-NAME.json, or freeze-NAME.json and so on]"
)
@sending
def approve(
    request_file: Path,
    source: Source | None,
    name: str | None,
    signer: str | None,
    on_chain: bool,
    revoke: bool,
    typed_data: Path | None,
    signature: str | None,
    output: Path | None,
    pay: Paying,
) -> None:
    """Sign a request, as a guardian.

    You see what you sign, and it is checked: against your kit, and against the
    chain if you give --network. Before you sign, speak with the owner.
    """
    from .. import files
    from ..request import Request, member_index
    from .words import file_names

    request = Request.loads(files.read(request_file), str(request_file))
    if source is None:
        raise InvalidInput("Give --kit with your kit, or --policy with the owner's policy file.")
    _require_one_way(signer, on_chain, revoke, typed_data, signature, pay)
    require_fitting(request, source, _usual_module(pay.deployment) if source.plan else None)
    member, who = opening(request, source, name)
    member_index(request.proof, member)
    prefix, others = file_names(request_file.name)
    output = output or Path(f"{prefix}{_stem(who)}.json")
    if typed_data:
        require_free(typed_data, "--typed-data")
    elif not revoke and pay.sends:
        require_free(output)
    key = _key(signer, pay, member)
    client = pay.connect() if pay.network else None
    if client and not revoke:
        client.check_request(request)
    show_request(request, source, member, client, revoke)
    unaudited(request.chain_id, pay.acknowledged)
    if typed_data:
        _export(request, typed_data, request_file, member, source)
        return
    if revoke:
        assert client is not None  # noqa: S101 - checked above
        _revoke(pay, client, request, member)
        return
    if on_chain:
        assert client is not None  # noqa: S101 - checked above
        signed = _on_chain(pay, client, request, member, who)
    elif signature:
        signed = _imported(signature, request, member, who, client)
    else:
        assert key is not None  # noqa: S101 - checked above
        signed = _signed(pay, request, member, who, key)
    if signed is None:
        return
    files.write(output, signed.dumps(), secret=True)
    click.echo()
    say(f"Approved, and written to {output}.", bold=True, colour="green")
    say(f"Next: send {output} to whoever sent you the request. With enough approvals anybody can run:")
    verb = VERBS[request.action.kind]
    if member.weight >= request.proof.path.threshold:
        others = quote(output.name)
    command_line(f"recovery {verb} {quote(request_file.name)} {others} --account KEY --network URL")


def _require_one_way(
    signer: str | None, on_chain: bool, revoke: bool, typed_data: Path | None, signature: str | None, pay: Paying
) -> None:
    """Refuses contradictory ways of approving, and none."""
    ways = {
        "--signer": signer is not None,
        "--on-chain": on_chain,
        "--revoke": revoke,
        "--typed-data": typed_data is not None,
        "--signature": signature is not None,
    }
    chosen = [way for way, given in ways.items() if given]
    if len(chosen) > 1:
        raise InvalidInput(f"Give one of {' and '.join(chosen)}, not both.")
    if not chosen:
        raise InvalidInput(
            "Give --signer with your key, or approve by a transaction with --on-chain, or sign elsewhere: --typed-data."
        )
    if (on_chain or revoke) and not pay.network:
        raise InvalidInput(f"{chosen[0]} needs --network, and --account instead of --signer.")
    if not pay.sends and not (on_chain or revoke):
        raise InvalidInput(
            f"--dry-run and --unsigned go with --on-chain and --revoke: {chosen[0]} makes no transaction. To only look "
            "at the request, say no when you are asked whether you approve it."
        )


def _key(signer: str | None, pay: Paying, member: Member) -> Key | None:
    """The guardian's own key, whether it signs or sends; None if it takes none."""
    from . import keys

    if signer is None:
        return None
    key = keys.find(signer)
    _require_own(key, member)
    return key


def _require_own(key: Key, member: Member) -> None:
    if key.address and key.address != str(member.signer):
        raise _not_yours(key.address, member)


def require_fitting(request: Request, source: Source, module: str | None = None) -> None:
    """Refuses a request that is not for the account, chain, module and policy of the guardian's kit.

    Args:
        request: The request.
        source: Kit or policy file.
        module: The module that a policy file is for; a kit says it itself.

    Raises:
        Refused: It is for another one.
    """
    from ..chains import chain_name

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


_HEADLINES = {
    "recover": "You are asked to help somebody back into an account.",
    "cancel": "You are asked to stop a recovery that you and others have started.",
    "veto-request": "You are asked to stop a recovery that others have started.",
    "veto-change": "You are asked to stop a change of who can recover an account.",
    "freeze": "You are asked to freeze an account: nothing can be spent from it for a while.",
    "thaw": "You are asked to end the freeze of an account.",
}


def show_request(
    request: Request, source: Source, member: Member, client: RecoveryClient | None, revoke: bool = False
) -> None:
    """Says in words what is about to be signed, and how it differs from what the chain has.

    Args:
        request: The request.
        source: Kit or policy file.
        member: Who acts.
        client: Of the chain, if it was asked.
        revoke: Whether an approval is taken back, which asks less of whoever does it.
    """
    from ..chains import chain_name
    from ..explain import duration, when
    from .words import ASKS, action_rows, plural, sentence

    index, path = request.proof.index, request.proof.path
    # The label in the request is not signed: anybody could have written anything there.
    label = source.labels[index]
    now = client.time() if client else None
    kind, waits = request.action.kind, request.action.kind == "recover"
    say(f"You take back your approval of a request to {ASKS[kind]}." if revoke else _HEADLINES[kind], bold=True)
    click.echo()
    votes = f", with {plural(member.weight, 'vote')}" if member.weight > 1 else ""
    where = "the one in your kit" if source.kit else "compare it: your policy file does not say it"
    rows = [
        ("Account", f"{request.account}"),
        ("", f"on {chain_name(request.chain_id)}; {where}"),
        *(_owners_now(request, client) if client else []),
        *action_rows(request, source),
        ("Path", f"{label}: {sentence(path, source.guardians(index))}"),
        ("Then", f"{duration(path.delay)} pass before anything changes." if waits else "It acts at once."),
        ("You act" if revoke else "You sign", f"as {member.signer}{votes}"),
        ("Good until", when(request.deadline, now)),
    ]
    if revoke:
        table(rows)
        click.echo()
        return
    if client:
        rows.append(("Checked", "against your file and the chain: approvals of it count."))
    else:
        rows.append(("Checked", "against your file only, NOT against the chain (no --network)."))
    table(rows)
    click.echo()
    if waits and member.signer in request.owners.signers:
        warn("The new owner is your own key: the account would be yours.")
    if client is None and request.deadline < time.time():
        warn("By this computer's clock the request's deadline has passed.")
    if waits:
        say(
            "Call the owner, on a number that you already had, and have the new owner's address read to you. "
            "Do not act on a message alone, however urgent it sounds."
        )
    else:
        say("Call the owner, on a number that you already had, and ask whether this is what they want.")
    click.echo()


def _owners_now(request: Request, client: RecoveryClient) -> list[tuple[str, str]]:
    """The present owners, as far as the new ones tell: the chain keeps only a hash of them."""
    if request.action.kind != "recover" or not client.is_wallet(request.account):
        return []
    if client.owners_hash(request.account) == request.owners.hash[:24]:
        return [("Changes", "nothing: the new owners are those that the account has already")]
    return [("Changes", "who owns the account; the present owners lose it")]


def _signed(pay: Paying, request: Request, member: Member, who: str, key: Key) -> SignedApproval:
    from ..request import approve as approval_of
    from ..request import is_signed_by_key

    confirm("Have you spoken with the owner, and do you approve this?", pay.yes)
    signing = pay.keys.open(key, "approves this request")
    if signing.address != str(member.signer):
        raise _not_yours(signing.address, member)
    signature = bytes(signing.sign_message(request.message.signable).signature)
    signed = approval_of(request, member, signature, who)
    if not is_signed_by_key(request, signed):
        raise Refused("The signature that was just made is not right. Nothing was written; try again.")
    return signed


def _export(request: Request, path: Path, request_file: Path, member: Member, source: Source) -> None:
    from .. import files

    mine = "--kit KIT" if source.kit else "--policy FILE --as NAME"

    files.write(path, json.dumps(request.message.json, indent=2) + "\n")
    say(f"Written to {path}: what {member.signer} has to sign (EIP-712). Nothing was signed.", bold=True)
    say("Next: sign it, for example with Foundry, which also speaks to hardware wallets, and bring the signature back:")
    command_line(
        f"cast wallet sign --data --from-file {quote(path)}",
        f"recovery approve {quote(request_file)} {mine} --signature 0x...",
    )


def _imported(given: str, request: Request, member: Member, who: str, client: RecoveryClient | None) -> SignedApproval:
    """A signature made elsewhere, checked before it is believed."""
    from .. import files
    from ..request import approve as approval_of
    from ..request import is_signed_by_key

    digits = given if given.startswith("0x") else files.read(given).strip()
    if not re.fullmatch(r"0x([0-9a-fA-F]{2})+", digits):
        raise InvalidInput("--signature should be hexadecimal, beginning with 0x, or a file that holds it.")
    signature = bytes.fromhex(digits[2:])
    if len(signature) == 65 and signature[64] < 2:  # some devices count from 0, the contracts from 27
        signature = signature[:64] + bytes([signature[64] + 27])
    signed = approval_of(request, member, signature, who)
    if is_signed_by_key(request, signed):
        return signed
    if client is None:
        raise Refused(
            f"This is not a signature of {member.signer} over this request: sign what --typed-data has written, with "
            "the key that is in your kit. If your guardian is a contract, give --network: it has to be asked."
        )
    if not client.is_valid_signature(member.signer, request.digest, signed.approval.signature):
        raise Refused(
            f"This is not a signature of {member.signer} over this request. Sign what --typed-data has written, with "
            "the key that is in your kit. Nothing was written."
        )
    return signed


def _on_chain(pay: Paying, client: RecoveryClient, request: Request, member: Member, who: str) -> SignedApproval | None:
    from ..request import approve as approval_of
    from .paying import send

    signed = approval_of(request, member, b"", who)
    if client.is_approved(member.signer, request.digest):
        say("You have approved it on the chain already.")
        return signed
    payer = _own_transaction(pay, client, member, client.approve_digest(request.digest), "approved it yet")
    question = "Have you spoken with the owner, and do you approve this on the chain?"
    if send(pay, client, client.approve_digest(request.digest), payer, question) is None:
        return None
    if not client.is_approved(member.signer, request.digest):
        raise Refused("The transaction was mined, but the chain does not show your approval. Look at it again later.")
    return signed


def _revoke(pay: Paying, client: RecoveryClient, request: Request, member: Member) -> None:
    from .paying import send

    if not client.is_approved(member.signer, request.digest):
        raise Refused(
            f"{member.signer} has not approved this request on the chain, so there is nothing to revoke. A signature "
            "that you have given away cannot be taken back: it is good until the request's deadline. If the recovery "
            "starts, stop it: recovery request --action cancel"
        )
    payer = _own_transaction(pay, client, member, client.revoke_digest(request.digest), "revoked it yet")
    if send(pay, client, client.revoke_digest(request.digest), payer, "Take your approval back?") is None:
        return
    if client.is_approved(member.signer, request.digest):
        raise Refused("The transaction was mined, but the chain still shows your approval. Look at it again later.")
    say("Revoked. Your approval on the chain does not count any more.", bold=True, colour="green")


def _own_transaction(pay: Paying, client: RecoveryClient, member: Member, transaction: Any, missing: str) -> Key | None:
    """The key with which the guardian sends in their own name.

    Raises:
        RecoveryError: The guardian cannot send, or it is somebody else's key.
    """
    if not member.signer.is_address:
        raise InvalidInput("This guardian is a key behind a verifier, which cannot send transactions.")
    if pay.sends and pay.account is None:
        if not client.code(member.signer.address):
            raise InvalidInput("Give --account with your key: the transaction has to be yours.")
        say("Your guardian is a contract. Have it send this transaction, then run the same command again:")
        table([("To", transaction.to), ("Value", "0"), ("Data", "0x" + transaction.data.hex())])
        raise Refused(f"The contract has not {missing}.")
    payer = pay.payer()
    if payer is None:
        say(f"Only {member.signer} may send it: from anybody else it counts for nothing.")
        click.echo()
        return None
    _require_own(payer, member)
    if payer.address is None and pay.sends:
        opened = pay.keys.open(payer, "sends in its own name").address
        if opened != str(member.signer):
            raise _not_yours(opened, member)
    return payer


def _usual_module(deployment: Path | None) -> str:
    from ..contracts import canonical_deployment
    from .network import load_deployment

    return (load_deployment(deployment) if deployment else canonical_deployment()).module


def _not_yours(address: str, member: Member) -> InvalidInput:
    return InvalidInput(f"That is the key of {address}; the guardian's key is {member.signer}. Nothing was signed.")


def _stem(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40] or "guardian"
