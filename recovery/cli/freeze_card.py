"""`recovery freeze-card`: a freeze that was signed ahead, on paper, for any program that can send a transaction."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput, RecoveryError, Refused
from .options import FILE, Where, profile, reading
from .request import LONGEST_FREEZE
from .session import command_line, quote, require_free, say, table, warn
from .sources import Source
from .submit import check_signature, collect, require_enough, sparing

if TYPE_CHECKING:
    from ..building import Building
    from ..client import RecoveryClient
    from ..folder import Folder
    from ..request import Approvals, Request, SignedApproval
    from ..state import AccountState

#: Where an owner's folder keeps freezes that were signed ahead.
PART = "freeze"
_DAY = 86_400


@click.command(short_help="Print a freeze that was signed ahead, for any phone to send")
@click.argument("request_file", type=FILE, metavar="REQUEST")
@click.argument("approval_files", type=FILE, nargs=-1, metavar="APPROVAL...")
@click.option("-o", "--output", type=FILE, default="freeze-card.pdf", show_default=True, help="Where to write it.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The owner's folder: request and approvals are filed there, where `recovery panic` finds them.",
)
@click.option(
    "--paper", type=click.Choice(("a4", "letter")), default="a4", show_default=True, help="Size of the paper."
)
@reading
def freeze_card(
    request_file: Path,
    approval_files: tuple[Path, ...],
    output: Path,
    folder: Path | None,
    paper: str,
    where: Where,
) -> None:
    """Print a card that freezes the account once, on the day that it is needed.

    REQUEST is a freeze that was asked for ahead (`recovery request --action freeze
    --deadline "400 days"`), with enough approvals. Any phone or program that can send
    a transaction can send what stands on the card. Nothing is sent now.
    """
    from .. import files
    from ..request import Request
    from ..sheets import freeze_card_pdf

    data_file = output.with_suffix(".hex")
    if data_file == output:
        raise InvalidInput("-o names the PDF; the data go into a file beside it that ends in .hex.")
    require_free(output)
    require_free(data_file)
    request = Request.loads(files.read(request_file), str(request_file))
    _require_freeze(request, request_file)
    kept = _folder(folder, request)
    approvals, given = collect(request, approval_files)
    approvals = _lasting(approvals)
    state, builder = _checked(approvals, given, where, _source(kept, request))
    chosen = sparing(approvals)
    transaction = builder.submit(chosen)
    card = freeze_card_pdf(chosen, owner=kept.note.owner if kept else "", paper=paper)
    files.write_bytes(output, card, secret=True)
    files.write(data_file, f"0x{transaction.data.hex()}\n", secret=True)
    if kept:
        file_ahead(kept, chosen)
    _show(chosen, state, output, kept)
    say(f"Without a phone, with Foundry; {data_file} holds the same data as the card:")
    command_line(f"cast send {transaction.to} $(cat {quote(data_file)}) --rpc-url URL --account KEY")
    say("Or with this program:")
    if kept:
        command_line(f"recovery panic --folder {quote(kept.path)} --account KEY --network URL")
    else:
        names = " ".join(quote(given[each.approval.member.signer.id]) for each in chosen.collected)
        command_line(f"recovery freeze {quote(request_file)} {names} --account KEY --network URL")


def _require_freeze(request: Request, file: Path) -> None:
    from .words import ASKS

    if request.action.kind != "freeze":
        raise InvalidInput(
            f"{file} asks the guardians to {ASKS[request.action.kind]}. A card is made of a freeze that is signed "
            f'ahead: recovery request --action freeze --deadline "{LONGEST_FREEZE} days"'
        )


def _folder(path: Path | None, request: Request) -> Folder | None:
    """The owner's folder, if it is of the request's account.

    Raises:
        InvalidInput: It is of another one.
    """
    from ..folder import Folder

    usual = profile().folder
    if path is None and usual:  # it may be of another account
        folder = Folder.open(usual)
        return folder if folder.note.account == request.account else None
    if path is None:
        return None
    folder = Folder.open(path)
    if folder.note.account != request.account:
        raise InvalidInput(
            f"{path} is the folder of {folder.note.account or 'no account yet'}; the request is for {request.account}."
        )
    return folder


def _source(folder: Folder | None, request: Request) -> Source | None:
    """The policy file of the request, to name who is missing."""
    for plan in folder.plans() if folder else ():
        if plan.policy.hash == request.proof.policy_hash(plan.change_delay):
            return Source(plan.policy, tuple(path.label for path in plan.paths), plan=plan)
    return None


def _lasting(approvals: Approvals) -> Approvals:
    """Without what was approved on the chain: that can be taken back, and a card has to be good until its date."""
    for signed in approvals.collected:
        if not signed.approval.signature:
            warn(f"{signed.who} has approved on the chain, and can take that back: a card needs a signature.")
            approvals = _without(approvals, signed)
    return approvals


def _checked(
    approvals: Approvals, given: dict[bytes, Path], where: Where, source: Source | None
) -> tuple[AccountState | None, Building]:
    """Whether the card could be used, as far as that can be known.

    Returns:
        The account's state, None if the chain was not asked; and what builds the transaction.

    Raises:
        RecoveryError: It could not.
    """
    from ..building import Building
    from ..card import CLOCK_ERROR
    from ..contracts import canonical_deployment
    from ..explain import when
    from ..request import is_signed_by_key
    from .network import load_deployment

    request = approvals.request
    if not where.network:
        require_enough(approvals, source)
        _require_timely(request, int(time.time()), CLOCK_ERROR)
        deployment = load_deployment(where.deployment) if where.deployment else canonical_deployment()
        if request.module != deployment.module:
            raise Refused(f"The request is for another module ({request.module}). Give --deployment with its address.")
        for signed in approvals.collected:
            if not is_signed_by_key(request, signed):
                raise Refused(
                    f"Only the chain knows whether {signed.who} has approved this: it is no signature of a plain key. "
                    "Give --network."
                )
        return None, Building(deployment)
    client = where.connect()
    state = client.check_request(request)
    require_enough(approvals, source)
    _require_timely(request, state.time)
    for signed in approvals.collected:
        check_signature(client, request, signed, given[signed.approval.member.signer.id])
    if state.cool_until > request.deadline:
        raise Refused(
            f"The account was frozen lately and can be frozen again from {when(state.cool_until)}; these approvals "
            "are good until before that. Ask for new ones."
        )
    if state.cool_until > state.time:
        warn(f"The account was frozen lately: the card can be used from {when(state.cool_until, state.time)}.")
    else:
        from .paying import NOBODY

        client.simulate(client.submit(sparing(approvals)), NOBODY)
    return state, client


def _require_timely(request: Request, now: int, error: int = 0) -> None:
    """Refuses approvals that are over, or that somebody was talked into giving for longer than is wise.

    Args:
        request: The request.
        now: In seconds since 1970.
        error: How far whatever says so may be behind the chain's clock, in seconds.
    """
    from ..explain import when

    again = f'recovery request --action freeze --deadline "{LONGEST_FREEZE} days"'
    if request.deadline < now:
        raise Refused(f"The approvals were good until {when(request.deadline, now)}. Make a new request: {again}")
    if request.deadline > now + LONGEST_FREEZE * _DAY + error:
        raise Refused(
            f"The approvals would be good until {when(request.deadline)}: nobody should sign for longer than "
            f"{LONGEST_FREEZE} days. Make a new request, and have the guardians sign that one: {again}"
        )


def _show(approvals: Approvals, state: AccountState | None, output: Path, folder: Folder | None) -> None:
    from ..chains import chain_name
    from ..explain import duration, when

    request, names = approvals.request, [signed.who for signed in approvals.collected]
    lasts = duration(request.proof.path.window)
    say(f"Written to {output}: this card freezes the account, once, for {lasts}.", bold=True, colour="green")
    click.echo()
    rows = [
        ("Account", request.account),
        ("Chain", chain_name(request.chain_id)),
        ("Approved by", names[0]),
        *(("", name) for name in names[1:]),
        ("Good until", when(request.deadline, state.time if state else int(time.time()))),
        ("Good for", "one freeze, and nothing else"),
        (
            "Void before",
            "once the account is recovered or its policy changes, and after any other freeze on path "
            f"{request.label!r}. Then make a new one.",
        ),
    ]
    if state is None:
        rows.append(("Checked", "NOT against the chain (no --network): whether it would work now is not known."))
    else:
        rows.append(("Checked", "against the chain."))
    if folder:
        rows.append(("Filed in", f"{folder.path / PART}, where `recovery panic` finds it"))
    table(rows)
    click.echo()
    say(
        "Keep it where you can reach it when the key is stolen, and give it to whom you could ring at night. Whoever "
        f"has it can take nothing, but can freeze the account for {lasts}, and learns who these guardians are."
    )
    click.echo()


# ----------------------------------------------------------------------------------- in the owner's folder


@dataclass(frozen=True)
class Ahead:
    """A freeze that was signed ahead.

    Attributes:
        file: Where its request stands.
        approvals: The request, with what was collected for it.
        given: The file of each approval by the signer's id.
    """

    file: Path
    approvals: Approvals
    given: dict[bytes, Path]

    @property
    def request(self) -> Request:
        """The request."""
        return self.approvals.request

    def good(self, client: RecoveryClient) -> Approvals:
        """What of it counts now: no more approvals than are needed.

        Raises:
            Refused: It is for another epoch, used up, too late, or too few approvals count.
        """
        client.check_request(self.request)
        counting = self.approvals
        for signed in self.approvals.collected:
            if not client.has_approved(self.request, signed):
                counting = _without(counting, signed)
        require_enough(counting, None)
        return sparing(counting)


def _without(approvals: Approvals, bad: SignedApproval) -> Approvals:
    from ..request import Approvals

    return Approvals.of(approvals.request, [signed for signed in approvals.collected if signed != bad])


def file_ahead(folder: Folder, approvals: Approvals) -> None:
    """Puts a freeze that was signed ahead into the owner's folder; once more changes nothing."""
    from .. import files

    name = f"freeze-{approvals.request.digest.hex()[:8]}"
    place = folder.path / PART
    for signed in approvals.collected:
        who = f"{files.stem(signed.name)}-{signed.approval.member.signer.id.hex()[:8]}"
        files.write(place / f"{name}-{who}.json", signed.dumps(), secret=True, replace=True)
    # The request comes last: whoever finds it finds its approvals, too.
    files.write(place / f"{name}.json", approvals.request.dumps(), secret=True, replace=True)


def filed_ahead(folder: Folder) -> tuple[list[Ahead], list[str]]:
    """The freezes in an owner's folder that were signed ahead, and what could not be read there."""
    from .. import files
    from ..request import APPROVAL_KIND, KIND, Approvals, Request, SignedApproval

    requests: list[tuple[Path, Request]] = []
    signed: list[tuple[Path, SignedApproval]] = []
    problems: list[str] = []
    for path in sorted((folder.path / PART).glob("*.json")):
        try:
            text = files.read(path)
            kind = files.kind_of(text)
            if kind == APPROVAL_KIND:
                signed.append((path, SignedApproval.loads(text, str(path))))
            elif kind == KIND:
                requests.append((path, Request.loads(text, str(path))))
        except RecoveryError as error:
            problems.append(error.message)
    found = []
    for path, request in requests:
        approvals, given = Approvals(request), {}
        for file, each in signed:
            if each.digest == request.digest and each.approval.member.signer.id not in given:
                try:
                    approvals = approvals.add(each, str(file))
                except InvalidInput as error:
                    problems.append(error.message)
                    continue
                given[each.approval.member.signer.id] = file
        if request.action.kind == "freeze":
            found.append(Ahead(path, approvals, given))
    return found, problems
