"""What a guardian who was tricked has written down and signs: requests that stop what was approved."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused
from .session import command_line, confirm, quote, say, table, warn

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..kit import Kit
    from ..quorum import Member
    from ..request import Request, SignedApproval
    from ..state import AccountState
    from .keys import Keyring

#: How long approvals of what is drafted are good, in seconds.
LIFE = 3 * 86_400
#: What an earlier run has drafted is gone on with if its approvals are good for at least so long, in seconds.
ENOUGH = 86_400


@dataclass(frozen=True)
class Case:
    """What a guardian has approved, and where it stands.

    Attributes:
        request: The request.
        file: Where it is.
        kit: The guardian's kit.
        kit_file: Where that is.
        client: Of the chain.
        state: The account's.
    """

    request: Request
    file: Path
    kit: Kit
    kit_file: Path
    client: RecoveryClient
    state: AccountState


def asks(request: Request) -> str:
    """What a request asks for, as "it asks to ..."."""
    from .words import ASKS

    return ASKS[request.action.kind]


def good_until(client: RecoveryClient) -> int:
    """Until when approvals of what is drafted now are good, in seconds since 1970.

    The node does not say that alone: by saying that it is later than it is, it would have guardians sign for years.

    Raises:
        Refused: The chain's time is more than a day ahead of this computer's.
    """
    from ..card import CLOCK_ERROR
    from ..explain import when

    chain, here = client.time(), int(time.time())
    if chain > here + CLOCK_ERROR:
        raise Refused(
            f"The node says that it is {when(chain)}, and this computer that it is {when(here)}: one of them is wrong. "
            "Nobody can be asked to sign until a date that nobody knows. Set this computer's clock, or give another "
            "node (--network), and run this again."
        )
    return min(chain, here) + LIFE


def kept(case: Case, made: Request, output: Path, stem: str) -> tuple[Path, Request]:
    """Where a request was written; that of an earlier run, if it is still good: nobody should get two of the same."""
    from .. import files

    try:
        files.make_folders(output, secret=True)  # names of approvals are names of guardians
    except OSError as error:
        raise InvalidInput(f"{output} cannot be made: {error.strerror}. Name another folder with -o.") from error
    number = 1
    while True:
        path = output / (f"{stem}.json" if number == 1 else f"{stem}{number}.json")
        if not path.exists() and not path.is_symlink():
            files.write(path, made.dumps())
            return path, made
        earlier = _earlier(path, made)
        if earlier:
            return path, earlier
        number += 1


def _earlier(path: Path, made: Request) -> Request | None:
    """What an earlier run has written there, if it says the same, and is good for a while and for no longer.

    Anybody may have put it there: it is taken only if this run could have written it a while ago.
    """
    from .. import files
    from ..request import Request

    try:
        request = Request.loads(files.read(path), str(path))
    except InvalidInput:
        return None
    same = dataclasses.replace(request, deadline=made.deadline) == made
    return request if same and is_lasting(request, made) else None


def is_lasting(request: Request, made: Request) -> bool:
    """Whether approvals of an earlier request are good for long enough, and no longer than of the one made now."""
    return made.deadline - LIFE + ENOUGH <= request.deadline <= made.deadline


def sign(case: Case, made: list[tuple[Path, Request]], signer: str, keyring: Keyring, yes: bool) -> None:
    """Signs what stops it. No words are asked for: it was made here, from what the chain says, and by nobody else."""
    from .. import files
    from ..request import approve, is_signed_by_key
    from . import keys

    key = keys.find(signer)
    todo = [
        (file, request, member)
        for file, request in made
        if (member := case.kit.opening_in(request.proof.path)) and not _own(case, file, request)[1]
    ]
    for _, _, member in todo:
        if key.address and key.address != str(member.signer):
            raise _not_yours(key.address, member)
    if not todo:
        return
    say(
        "Your signature can do nothing but stop this, and only together with enough others. If the request was "
        "genuine, though, stopping it helps a thief: ring the owner first. What was stopped by mistake can be "
        "asked for again."
    )
    confirm("Sign what stops it?", yes)
    signing = keyring.open(key, "signs what stops it")
    for file, request, member in todo:
        if signing.address != str(member.signer):
            raise _not_yours(signing.address, member)
        signature = bytes(signing.sign_message(request.message.signable).signature)
        signed = approve(request, member, signature, case.kit.name)
        if not is_signed_by_key(request, signed):
            raise Refused("The signature that was just made is not right. Nothing was written; try again.")
        files.write(_own(case, file, request)[0], signed.dumps(), secret=True)
    click.echo()


def _own(case: Case, file: Path, request: Request) -> tuple[Path, bool, list[Path]]:
    """This guardian's approval of a request: where it is or can be written, whether it is there, what is in its way.

    That a file has its name says nothing: somebody who wants nothing stopped may have put it there.
    """
    from .. import files
    from .words import file_names

    stem, number = f"{file_names(file.name)[0]}{files.stem(case.kit.name)}", 1
    member = case.kit.opening_in(request.proof.path)
    others: list[Path] = []
    while True:
        path = file.with_name(f"{stem}.json" if number == 1 else f"{stem}-{number}.json")
        if not path.exists() and not path.is_symlink():
            return path, False, others
        signed = _approval(case, path, request)
        if signed and signed.approval.member == member:
            return path, True, others
        if signed is None:
            others.append(path)
        number += 1


def _approval(case: Case, path: Path, request: Request) -> SignedApproval | None:
    """Somebody's approval of this very request, with a signature that is right; None if there is something else."""
    from .. import files
    from ..request import Approvals, SignedApproval

    try:
        signed = SignedApproval.loads(files.read(path), str(path))
        Approvals(request).add(signed, str(path))
    except InvalidInput:
        return None
    return signed if case.client.has_approved(request, signed) else None


def _not_yours(address: str, member: Member) -> InvalidInput:
    return InvalidInput(f"That is the key of {address}; the guardian's key is {member.signer}. Nothing was signed.")


def ask_others(case: Case, made: list[tuple[Path, Request]]) -> None:
    """For each request that stops it: whether this guardian has signed, what is missing, and the next commands."""
    from ..six_words import six_words
    from .submit import VERBS
    from .words import file_names, plural

    for file, request in made:
        verb, (own, done, others) = VERBS[request.action.kind], _own(case, file, request)
        member = case.kit.opening_in(request.proof.path)
        threshold = request.proof.path.threshold
        weight = member.weight if member and done else 0
        missing = max(0, threshold - weight)
        say(f"To {asks(request)}: {file}", bold=True)
        signed = f"{own}; with it " if done else "not signed by you; "
        rows = [("Signed", f"{signed}{plural(missing, 'vote')} of {threshold} missing")]
        rows.append(("Six words", " ".join(six_words(request.digest))))
        table(rows)
        click.echo()
        if not done and member:
            say("Sign it, by running this command again with --signer, and your key:", 2)
            command_line(
                f"recovery tricked {quote(case.file)} --kit {quote(case.kit_file)} --signer KEY --network URL",
            )
        if missing > (0 if done or not member else member.weight):
            say(f"Send {file} to the other guardians, ring each, and read them its six words. Each runs:", 2)
            command_line(f"recovery approve {quote(file.name)} --kit KIT --signer KEY --network URL")
        for other in others:
            warn(f"{other} is no approval of this, whoever put it there. Move it away: the next command reads it.")
        say("With enough approvals anybody runs:", 2)
        beside = f"{quote(file.parent)}/" if file.parent != Path() else ""
        command_line(
            f"recovery {verb} {quote(file)} {beside}{file_names(file.name)[1]} --account KEY --network URL",
        )
        click.echo()
