"""`recovery history`: what has happened to an account, from the chain's events."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import ADDRESS, Where, json_option, reading
from .session import say, table

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..history import Entry

#: Blocks that a reorganisation may still take back: what was found in them is looked at again.
UNSURE = 128


@click.command(short_help="What has happened to an account, from the chain's events")
@click.argument("address", type=ADDRESS)
@click.option("--from-block", type=click.IntRange(min=0), metavar="N", help="Where to begin, if that is known.")
@click.option("--again", is_flag=True, help="Forget what was found before, and search from the beginning.")
@reading
@json_option
def history(address: str, from_block: int | None, again: bool, where: Where, as_json: bool) -> None:
    """What has happened to an account, oldest first.

    The search goes through the chain in pieces as large as the node allows. What was
    found is kept, so that the next search, or this one after Ctrl-C, goes on from there.
    """
    from ..chains import chain_name

    client = where.connect()
    rows = _search(client, address, from_block, again)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    say(f"{address} on {chain_name(client.chain_id)}", bold=True)
    click.echo()
    if not rows:
        say("Nothing has happened yet, as far as this node's events reach back.")
        return
    times = _times(client, {row["block"] for row in rows})
    table([(times[row["block"]], sentence(row["event"], row["values"], address)) for row in rows])


def _search(client: RecoveryClient, address: str, from_block: int | None, again: bool) -> list[dict[str, Any]]:
    """Everything, from what was kept and from the chain; kept again after each piece."""
    from ..files import write
    from .paying import state_folder

    kept = state_folder() / "history" / f"{client.chain_id}-{client.deployment.module}-{address}.json"
    rows, start = ([], from_block) if again or from_block is not None else _kept(kept, client)
    search = client.history(address, start)
    shown = -1
    done = search.done
    while not done:
        rows += [_row(entry) for entry in client.page(search)]
        if from_block is None:
            sure = max(0, search.cursor - UNSURE)
            before = [row for row in rows if row["block"] < sure]
            content = {"cursor": sure, "block": _block(client, sure - 1) if sure else None, "events": before}
            write(kept, json.dumps(content), secret=True, replace=True)
        done, percent = search.done, int(search.looked_at * 100)
        if not done and percent != shown:
            shown = percent
            click.echo(f"Searched {percent} % of the blocks ...", err=True)
    return rows


def _kept(path: Path, client: RecoveryClient) -> tuple[list[dict[str, Any]], int | None]:
    """What an earlier search has found, and where it stopped.

    Damaged, or of a chain that is not there any more (a test chain started anew), it is only searched for again.
    """
    from ..errors import ChainError

    try:
        content = json.loads(path.read_text("utf-8"))
        rows, cursor = list(content["events"]), int(content["cursor"])
        for row in rows:
            sentence(row["event"], row["values"])
        if not cursor or content["block"] == _block(client, cursor - 1):
            return rows, cursor or None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ChainError):
        pass
    return [], None


def _block(client: RecoveryClient, number: int) -> str:
    """The hash of a block of the chain as it is now."""
    from ..rpc import block, data, field, run

    return "0x" + data(field(run(client.web3, block(number)), "hash")).hex()


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "block": entry.block,
        "transaction": "0x" + entry.transaction.hex(),
        "event": entry.name,
        "values": {name: _plain(value) for name, value in entry.values.items() if name != "account"},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _times(client: RecoveryClient, blocks: set[int]) -> dict[int, str]:
    """When these blocks were, for people."""
    from ..explain import when

    return {number: when(client.time(number)) for number in blocks}


def sentence(event: str, values: dict[str, Any], account: str = "") -> str:
    """What an event of an account says, in words."""
    from ..explain import when
    from .words import plural

    v = values
    words: dict[str, Callable[[], str]] = {
        "PolicyConfigured": lambda: f"The first policy is in force, with {plural(len(v['paths']), 'path')}.",
        "PolicyChangeScheduled": lambda: (
            f"{'A change' if v['paths'] else 'The removal'} of the policy was scheduled, for {when(v['eta'])}."
        ),
        "PolicyChangeDropped": lambda: "The account dropped the change of its policy.",
        "PolicyChangeVetoed": lambda: f"Veto path {v['vetoPath']} stopped the change of policy.",
        "PolicyChanged": lambda: (
            "The policy was removed." if not int(v["policyHash"], 16) else "The new policy is in force."
        ),
        "PolicyPublished": lambda: "The policy's structure was published again.",
        "RecoveryStarted": lambda: (
            f"A recovery was started on path {v['path']}, for {_owners(v)}; ready on {when(v['readyAt'])}."
        ),
        "RecoveryCancelled": lambda: (
            f"The recovery on path {v['path']} was cancelled by "
            + ("the owner." if v["by"].lower() == account.lower() else "its guardians.")
        ),
        "RecoveryVetoed": lambda: f"Veto path {v['vetoPath']} stopped the recovery on path {v['path']}.",
        "RecoveryCleared": lambda: f"The recovery on path {v['path']} was cleared away.",
        "RecoveryFinalized": lambda: f"The owners were replaced, through path {v['path']}.",
        "AccountFrozen": lambda: f"Path {v['path']} froze the account until {when(v['until'])}.",
        "AccountThawed": lambda: f"Path {v['path']} ended the freeze.",
        "DigestApproved": lambda: "It approved something on the chain, as somebody's guardian.",
        "DigestRevoked": lambda: "It took back what it had approved on the chain, as somebody's guardian.",
        "Heartbeat": lambda: "The owner showed a sign of life.",
    }
    return words[event]() if event in words else event


def _owners(values: dict[str, Any]) -> str:
    from ..signer import Signer

    owners = [str(Signer.parse(owner)) for owner in values["owners"]]
    listed = ", ".join(owners)
    return listed if len(owners) == 1 else f"{values['threshold']} of {listed}"
