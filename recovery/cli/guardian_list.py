"""`recovery guardian list`: who the guardians are, when they last answered, and how many can be lost."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .guardian_state import Chain, View, age, answered, covered, look, view, warn_of
from .options import Where, foldered, json_option, reading
from .session import command_line, quote, say, table

if TYPE_CHECKING:
    from ..errors import RecoveryError
    from ..folder import Folder
    from ..plan import PolicyPlan
    from ..protection import Standing


@click.command(name="list", short_help="Who they are, when they last answered, and who should be asked")
@foldered
@reading
@json_option
def list_guardians(folder: Folder, where: Where, as_json: bool) -> None:
    """List your guardians: when each last answered, and who is to be asked again.

    With --network the policy that is in force counts, otherwise the newest file.
    """
    now = int(time.time())
    if not folder.policy_files():
        _cards_only(folder, as_json)
        return
    chain = look(folder, where)
    seen = view(folder, chain, now)
    if as_json:
        click.echo(json.dumps(_as_data(folder, seen, chain), indent=2, ensure_ascii=False))
        return
    _print(folder, seen, chain, now)


def _cards_only(folder: Folder, as_json: bool) -> None:
    """Before there is a policy."""
    damaged: list[RecoveryError] = []
    cards = folder.cards(damaged)
    warn_of(damaged)
    if as_json:
        found = [{"name": card.name, "signer": str(card.signer), "contact": card.contact} for card in cards]
        click.echo(json.dumps({"account": None, "policy": None, "cards": found}, indent=2, ensure_ascii=False))
        return
    if cards:
        table([(card.name, f"{card.signer}" + (f", {card.contact}" if card.contact else "")) for card in cards])
        click.echo()
    say("There is no policy yet." + ("" if cards else " Nor is there a card: ask those you trust for theirs."))
    place = quote(folder.path)
    command_line(f"recovery setup {place}" if cards else f"recovery guardian receive CARD... --folder {place}")


def _print(folder: Folder, seen: View, chain: Chain | None, now: int) -> None:
    from ..explain import listing
    from ..lint import margin

    where = f"in force on {chain.name}" if chain else "the newest file; whether it is in force takes --network"
    say(f"{folder.note.account or 'The account does not exist yet'}: {seen.file.name}, {where}", bold=True)
    click.echo()
    widest = max(len(guardian.name) for guardian in seen.protection.guardians)
    for standing in seen.protection.guardians:
        signer = str(seen.plan.guardian(standing.name).signer)
        short = f"{signer[:6]}...{signer[-4:]}"
        kit = "is to leave" if standing.name in seen.leaving else f"kit {_kit(folder, standing)}"
        click.echo(f"  {standing.name.ljust(widest)}  {short}  {answer(standing, now)}, {kit}")
        card = seen.cards.get(standing.name)
        contact = card.contact or "no contact" if card else "no card"
        say(f"{', '.join(standing.paths)}; {contact}", widest + 4)
    click.echo()
    say(answered(seen.protection))
    say(covered(seen.protection))
    lost = margin(seen.plan)
    people = f"{max(lost, 0)} {'person' if lost == 1 else 'people'}"
    here = {seen.plan.guardian(g.name).whose for g in seen.protection.guardians if g.counts}
    left = margin(seen.plan, {guardian.whose for guardian in seen.plan.guardians} - here)
    answering = f"of those who have answered, {left}" if left >= 0 else "those who have answered are not enough yet"
    say(f"Margin: {people} can be lost, whoever they are; {answering}.")
    if seen.unsure:
        say(f"What {listing(seen.unsure)} said counts where --network is given: it is no key's signature.")
    if seen.coming:
        say(f"A newer policy file, {seen.coming[0].name}, is not in force.")
    todo = _todo(folder, seen, chain)
    if todo:
        click.echo()
    for text, commands in todo:
        say(f"Next: {text}")
        command_line(*commands)


def _kit(folder: Folder, standing: Standing) -> str:
    if standing.stale:
        return "stale"
    return "made" if folder.kit_file(standing.name).exists() else "missing"


def answer(standing: Standing, now: int) -> str:
    """When a guardian last answered, in words."""
    if standing.resigned:
        return "has resigned"
    if standing.is_owner:
        return "your own key"
    if standing.checked is None:
        return "sealed; never checked" if standing.sealed else "never answered"
    since = age(now - standing.checked)
    if standing.sealed:
        return f"sealed; last checked {since}" + (" (look again)" if standing.due else "")
    return f"answered {since}" + (" (ask again)" if standing.due else "")


def _todo(folder: Folder, seen: View, chain: Chain | None) -> list[tuple[str, list[str]]]:
    """What the owner should do, most urgent first."""
    from ..explain import listing

    place = f"--folder {quote(folder.path)}"
    if folder.note.account is None:
        return [("create the account; there are no kits before.", [f"recovery setup {quote(folder.path)}"])]
    guardians = [guardian for guardian in seen.protection.guardians if guardian.name not in seen.leaving]
    todo: list[tuple[str, list[str]]] = []
    if seen.coming and chain:
        todo.append(_putting_in_force(folder, seen.coming[0], seen.coming[1], chain))
        # Whoever is to come should answer before it all depends on them.
        known = {guardian.name for guardian in guardians}
        guardians += [guardian for guardian in seen.coming[2].guardians if guardian.name not in known]
    resigned = [guardian.name for guardian in guardians if guardian.resigned]
    if resigned:
        todo.append(
            (
                f"put somebody in the place of {listing(resigned)}, with a card of theirs:",
                [f"recovery guardian replace {quote(name)} --by CARD {place}" for name in resigned],
            )
        )
    unmade = [g.name for g in guardians if not g.resigned and _kit(folder, g) != "made"]
    if unmade:
        todo.append((f"make the kits of {listing(unmade)}, and hand them out:", [f"recovery kit make {place}"]))
    envelopes = [g.name for g in guardians if g.sealed and g.due and not g.resigned]
    if envelopes:
        look = f"open {listing(envelopes)} and type the words, which files a receipt; then seal"
        todo.append(
            (
                f"{look} {'it' if len(envelopes) == 1 else 'them'} again:",
                [f"recovery guardian paper {quote(name)} {place} --check" for name in envelopes],
            )
        )
    due = [g.name for g in guardians if not g.sealed and g.due and not g.resigned]
    if due:
        ask = f"ask {listing(due)} to say that they hold their kits"
        todo.append(
            (
                f"{ask}, each with the first command, and to send you the receipt; you file it with the second:",
                ["recovery guardian check KIT --signer KEY", f"recovery guardian receive RECEIPT... {place}"],
            )
        )
    return todo


def _putting_in_force(folder: Folder, file: Path, plan: PolicyPlan, chain: Chain) -> tuple[str, list[str]]:
    """How the newest policy file comes into force."""
    from ..explain import when

    account, state = folder.note.account, chain.state
    if state.change_eta and plan.policy.hash[:24] == state.change_policy_hash:
        since = when(state.change_eta, state.time)
        command = f"recovery policy apply {account} --account KEY --network URL"
        return f"the change to {file.name} can be applied from {since}:", [command]
    command = f"recovery policy change {account} --policy {quote(file)} --signer KEY --account KEY --network URL"
    return f"have {file.name} put in force:", [command]


def _as_data(folder: Folder, seen: View, chain: Chain | None) -> dict[str, Any]:
    from ..lint import margin

    return {
        "account": folder.note.account,
        "chainId": chain.client.chain_id if chain else None,
        "policy": {
            "file": str(Path("policies") / seen.file.name),
            "inForce": seen.in_force,
            "newest": seen.coming is None,
        },
        "protected": seen.protection.protected,
        "margin": margin(seen.plan),
        "paths": [
            {"label": path.label, "weight": path.weight, "threshold": path.threshold, "spare": path.spare}
            for path in seen.protection.paths
        ],
        "guardians": [
            {
                "name": standing.name,
                "person": seen.plan.guardian(standing.name).whose,
                "signer": str(seen.plan.guardian(standing.name).signer),
                "paths": list(standing.paths),
                "checked": standing.checked,
                "counts": standing.counts,
                "due": standing.due,
                "resigned": standing.resigned,
                "owner": standing.is_owner,
                "sealed": standing.sealed,
                "kit": _kit(folder, standing),
                "leaving": standing.name in seen.leaving,
                "card": standing.name in seen.cards,
                "contact": seen.cards[standing.name].contact if standing.name in seen.cards else "",
            }
            for standing in seen.protection.guardians
        ],
        "todo": [{"text": text, "commands": commands} for text, commands in _todo(folder, seen, chain)],
    }
