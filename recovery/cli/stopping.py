"""What a guardian who was tricked has written down and signs: requests that stop what was approved."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, Refused
from .session import command_line, confirm, quote, say, table

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..kit import Kit
    from ..quorum import Member
    from ..request import Request
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


def kept(case: Case, made: Request, output: Path, stem: str) -> tuple[Path, Request]:
    """Where a request was written; that of an earlier run, if it is still good: nobody should get two of the same."""
    from .. import files

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
    """What an earlier run has written there, if it says the same and is good for a while."""
    from .. import files
    from ..request import Request

    try:
        request = Request.loads(files.read(path), str(path))
    except InvalidInput:
        return None
    same = dataclasses.replace(request, deadline=made.deadline, label=made.label) == made
    return request if same and request.deadline >= made.deadline - LIFE + ENOUGH else None


def sign(case: Case, made: list[tuple[Path, Request]], signer: str, keyring: Keyring, yes: bool) -> None:
    """Signs what stops it. No words are asked for: it was made here, from what the chain says, and by nobody else."""
    from .. import files
    from ..request import approve, is_signed_by_key
    from . import keys

    key = keys.find(signer)
    todo = [
        (file, request, member)
        for file, request in made
        if (member := case.kit.opening_in(request.proof.path)) and not _own_approval(case, file).exists()
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
        files.write(_own_approval(case, file), signed.dumps(), secret=True)
    click.echo()


def _own_approval(case: Case, file: Path) -> Path:
    from .. import files
    from .words import file_names

    return file.with_name(f"{file_names(file.name)[0]}{files.stem(case.kit.name)}.json")


def _not_yours(address: str, member: Member) -> InvalidInput:
    return InvalidInput(f"That is the key of {address}; the guardian's key is {member.signer}. Nothing was signed.")


def ask_others(case: Case, made: list[tuple[Path, Request]]) -> None:
    """For each request that stops it: whether this guardian has signed, what is missing, and the next commands."""
    from ..six_words import six_words
    from .submit import VERBS
    from .words import file_names, plural

    for file, request in made:
        verb, own = VERBS[request.action.kind], _own_approval(case, file)
        member = case.kit.opening_in(request.proof.path)
        threshold, done = request.proof.path.threshold, own.exists()
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
        say("With enough approvals anybody runs:", 2)
        others = f"{quote(file.parent)}/" if file.parent != Path() else ""
        command_line(
            f"recovery {verb} {quote(file)} {others}{file_names(file.name)[1]} --account KEY --network URL",
        )
        click.echo()
