"""`recovery approve`: a guardian sees what is asked, and signs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidInput, Refused
from . import signing
from .asked import collected, opening, require_fitting, require_near, show_request
from .options import FILE, Paying, profile, sending
from .session import command_line, confirm, load_kit, quote, require_free, say, table, unaudited
from .submit import VERBS

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..kit import Kit
    from ..quorum import Member
    from ..request import Request, SignedApproval
    from .keys import Key


@click.command(short_help="Sign a request, as a guardian")
@click.argument("request_file", type=FILE, metavar="REQUEST")
@click.option("--kit", "kit_file", type=FILE, metavar="FILE", help="Your kit for the account.")
@click.option(
    "--with",
    "others",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="An approval of another guardian, to see who has approved; repeat.",
)
@click.option(
    "--words", metavar="WORDS", help="All six words that you have heard, for scripts that cannot be asked for two."
)
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
    kit_file: Path | None,
    others: tuple[Path, ...],
    words: str | None,
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
    chain if you give --network. Before you sign, ring the owner on a number that you
    already had, and have the request's six words read to you: you are asked for two.
    """
    from .. import files
    from ..request import Request
    from .six import require_heard
    from .words import file_names

    request = Request.loads(files.read(request_file), str(request_file))
    kit = _kit(kit_file)
    _require_one_way(signer, on_chain, revoke, typed_data, signature, pay)
    require_fitting(request, kit, connected=pay.network is not None)
    member = opening(request, kit)
    prefix, all_files = file_names(request_file.name)
    output = output or Path(f"{prefix}{files.stem(kit.name)}.json")
    if typed_data:
        require_free(typed_data, "--typed-data")
    elif not revoke and pay.sends:
        require_free(output)
    key = signing.own_key(signer, member.signer) if signer is not None else None
    client = pay.connect() if pay.network else None
    if client and not revoke:
        client.check_request(request)
    approved = collected(request, others, client)
    if not revoke:
        require_near(request, client)
    show_request(request, kit, member, client, approved, revoke)
    unaudited(request.chain_id, pay.acknowledged)
    if not revoke and signature is None:  # for a signature that exists they were asked before it was made
        require_heard(request.digest, words)
    if typed_data:
        back = f"recovery approve {quote(request_file)} --kit KIT"
        signing.export(request.message, typed_data, member.signer, back, client)
        return
    if revoke:
        assert client is not None  # noqa: S101 - checked above
        _revoke(pay, client, request, member)
        return
    if on_chain:
        assert client is not None  # noqa: S101 - checked above
        signed = _on_chain(pay, client, request, member, kit.name)
    elif signature:
        signed = _imported(signature, request, member, kit.name, client)
    else:
        assert key is not None  # noqa: S101 - checked above
        signed = _signed(pay, request, member, kit.name, key)
    if signed is None:
        return
    files.write(output, signed.dumps(), secret=True)
    click.echo()
    say(f"Approved, and written to {output}.", bold=True, colour="green")
    say(f"Next: send {output} to whoever sent you the request. With enough approvals anybody can run:")
    verb = VERBS[request.action.kind]
    if member.weight >= request.proof.path.threshold:
        all_files = quote(output.name)
    command_line(f"recovery {verb} {quote(request_file.name)} {all_files} --account KEY --network URL")


def _kit(path: Path | None) -> Kit:
    """The guardian's kit.

    Raises:
        InvalidInput: None was given.
    """
    path = path or profile().kit
    if path is None:
        raise InvalidInput(
            "Give --kit with your kit for this account: without it nobody can tell whether the request is what it "
            "says. Have you lost it? Ask the owner for it again, who can make it anew: recovery kit make"
        )
    return load_kit(path)


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


def _signed(pay: Paying, request: Request, member: Member, who: str, key: Key) -> SignedApproval:
    from ..request import approve as approval_of

    confirm("Do you approve this?", pay.yes)
    signature = signing.by_key(pay.keys, key, request.message, member.signer, "approves this request")
    return approval_of(request, member, signature, who)


def _imported(given: str, request: Request, member: Member, who: str, client: RecoveryClient | None) -> SignedApproval:
    from ..request import approve as approval_of

    signature = signing.imported(given, request.message, member.signer, client, "this request")
    return approval_of(request, member, signature, who)


def _on_chain(pay: Paying, client: RecoveryClient, request: Request, member: Member, who: str) -> SignedApproval | None:
    from ..request import approve as approval_of
    from .paying import send

    signed = approval_of(request, member, b"", who)
    if client.is_approved(member.signer, request.digest):
        say("You have approved it on the chain already.")
        return signed
    payer = _own_transaction(pay, client, member, client.approve_digest(request.digest), "approved it yet")
    question = "Do you approve this on the chain?"
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
    address = payer.address
    if address is None and pay.sends:
        address = pay.keys.open(payer, "sends in its own name").address
    if address is not None and address != str(member.signer):
        raise signing.not_yours(address, member.signer)
    return payer
