"""`recovery request`: write down who shall own the account from now on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InvalidInput
from .session import (
    ADDRESS,
    DURATION,
    FILE,
    command_line,
    parse_owners,
    quote,
    reading,
    require_free,
    say,
    table,
)
from .sources import from_files

if TYPE_CHECKING:
    from .sources import Source


@click.command(short_help="Write down who shall own the account from now on")
@click.option("--kit", "kit_file", type=FILE, metavar="FILE", help="A guardian's kit.")
@click.option("--policy", "policy_file", type=FILE, metavar="FILE", help="Or the owner's policy file.")
@click.option("--wallet", type=ADDRESS, metavar="ADDR", help="The account; a kit knows it.")
@click.option("--path", "label", metavar="NAME", help="Which path of the policy, if there are several.")
@click.option("--new-owner", "owners", multiple=True, required=True, metavar="ADDR", help="Repeat for more owners.")
@click.option("--threshold", type=click.IntRange(min=1), metavar="N", help="How many new owners have to sign.")
@click.option("--deadline", type=DURATION, default="72 hours", show_default=True, help="How long approvals are good.")
@click.option("-o", "--output", type=FILE, default=Path("request.json"), show_default=True, help="Where to write it.")
@reading
def request(
    kit_file: Path | None,
    policy_file: Path | None,
    wallet: str | None,
    label: str | None,
    owners: tuple[str, ...],
    threshold: int | None,
    deadline: int,
    output: Path,
    network: str | None,
    deployment: Path | None,
) -> None:
    """Write down who shall own the account from now on.

    Anybody who has a kit can do so. It changes nothing until guardians approve it.
    """
    from .. import files
    from ..explain import when
    from .network import chain_name, connect
    from .sources import require_account
    from .words import owners_rows, sentence

    source = from_files(kit_file, policy_file)
    if source is None:
        raise InvalidInput("Give --kit with a guardian's kit, or --policy with the owner's policy file.")
    account = source.kit.account if source.kit else wallet
    if account is None:
        raise InvalidInput("Which account? Give its address with --wallet; a policy file does not say it.")
    if wallet is not None:
        require_account(source, wallet)
    index = choose_path(source, label)
    parsed = parse_owners(owners, threshold, "--new-owner")
    if any(owner.is_address and owner.address == account for owner in parsed.signers):
        raise InvalidInput("The account cannot own itself. Name the address of the new key.")
    if not deadline:
        raise InvalidInput("The deadline should leave the guardians some time.")
    require_free(output)
    client = connect(network, deployment)
    require_account(source, account, client.chain_id)
    if source.kit and source.kit.module != client.deployment.module:
        raise InvalidInput(
            f"This kit is for the module {source.kit.module}, and this program uses {client.deployment.module}. "
            "Give --deployment, or use the release that the kit was made with."
        )
    proof, name = source.policy.proof(index), source.labels[index]
    made = client.request(account, proof, name, parsed, client.deadline(deadline))
    files.write(output, made.dumps())

    path = proof.path
    say("This request asks the guardians to replace the owners.", bold=True)
    click.echo()
    table(
        [
            ("Account", account),
            ("Chain", chain_name(client.chain_id)),
            *owners_rows(parsed, "New owner"),
            ("Path", f"{name}: {sentence(path, source.guardians(index))}"),
            ("Good until", when(made.deadline, client.time())),
        ]
    )
    click.echo()
    opens = client.state(account, 0).inactive_at(path.inactivity)
    if path.inactivity and not 0 < opens <= client.time():
        begins = f"opens on {when(opens, client.time())}, if the owner stays silent" if opens else "is not open"
        say(f"Not yet: path {name} {begins}. Until then nobody can start this request.", bold=True, colour="yellow")
        click.echo()
    say(f"Written to {output}. It is no secret, and by itself it changes nothing.")
    click.echo()
    say(
        f"Next: send {output} to the guardians of path {name}, and speak with each of them, so that they know it is "
        "you and can compare the new owner's address. Each of them runs:"
    )
    command_line(f"recovery approve {quote(output.name)} --kit KIT --signer KEY --network URL")
    say("and sends you back the approval. With enough of them anybody can run:")
    command_line(f"recovery start {quote(output.name)} approval-*.json --account KEY --network URL")


def choose_path(source: Source, label: str | None) -> int:
    """Which path is meant.

    Raises:
        InvalidInput: It is not said and not clear, unknown, or not for new owners.
    """
    from ..kit import find_path
    from ..policy import Right

    rotating = [i for i, path in enumerate(source.policy.paths) if path.right is Right.ROTATE]
    names = ", ".join(source.labels[i] for i in rotating)
    if label is not None:
        index = find_path(source.labels, label)
        if index not in rotating:
            raise InvalidInput(
                f"Path {source.labels[index]!r} cannot replace owners; it can "
                f"{source.policy.paths[index].right.name.lower()}. These can: {names}."
            )
        return index
    if source.kit:
        own = [i for i in rotating if source.kit.openings[i] is not None]
        rotating = own or rotating
    if len(rotating) > 1:
        raise InvalidInput(f"Which path? Give --path with one of: {', '.join(source.labels[i] for i in rotating)}.")
    return rotating[0]
