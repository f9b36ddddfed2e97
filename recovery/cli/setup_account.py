"""The second half of `recovery setup`: the account on the chain, the kits, the receipts, and a rehearsal."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import MissingExtra, RecoveryError, Refused
from .session import command_line, say, table, warn
from .talk import ask, heading, yes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..folder import Folder
    from ..plan import PolicyPlan
    from .options import Paying


def adopt_account(folder: Folder, plan: PolicyPlan, pay: Paying, signers: tuple[str, ...]) -> Folder:
    """Has the policy of an account that is there changed to this one; once that is in force, it is the folder's.

    Raises:
        Refused: It is no such account, has other owners, or the change is not in force yet.
    """
    from .. import foresee
    from ..chains import chain_name
    from ..explain import when
    from .batches import send_as_owners

    note, pay = folder.note, _connected(pay)
    client, address = pay.connect(), str(note.account)
    heading("Your account")
    client.owners_hash(address)  # says so if it is no wallet
    state = client.state(address, 0)
    foresee.has_policy(state, client.chain_id)
    wanted = plan.policy.hash[:24]
    table([("Account", address), ("Chain", chain_name(client.chain_id))])
    click.echo()
    if state.policy_hash == wanted:
        module = client.deployment.module
        say("The policy is in force.", bold=True, colour="green")
        return folder.noting(dataclasses.replace(note, module=module, chains=(client.chain_id,)))
    pending = state.change_policy_hash == wanted and bool(state.change_eta) and state.time < state.change_expires_at
    if not pending:
        owners = plan.first_owners
        if owners is not None and client.owners_hash(address) != owners.hash[:24]:
            raise Refused(
                f"The owners of {address} are not the keys that you have named. See: recovery wallet show {address}. "
                "Name those, or replace them first: recovery wallet rotate"
            )
        say("Its policy has to be changed to the new one, which its owners sign.")
        pay = _paid(pay)
        call = client.schedule_change_call(plan.policy)
        sent = send_as_owners(pay, client, address, [call], "change the policy", signers, pay.payer(), "Schedule this?")
        if sent is None:
            raise Refused("The change is not scheduled yet. When it is, go on with the same command.")
        state = client.state(address, 0)
    since = when(state.change_eta, state.time)
    say(f"The change is scheduled. It can be applied from {since}, by anybody:", bold=True, colour="green")
    command_line(f"recovery policy apply {address} --account KEY --network URL")
    raise Refused(f"The new policy is not in force yet: go on with this on {since}, once it is applied.")


def _connected(pay: Paying) -> Paying:
    """With a network, which is asked for if none was named."""
    if pay.network:
        return pay
    say("On which chain? Give the address of a node (https://...), or with Ape a choice such as ethereum:sepolia.")
    return dataclasses.replace(pay, network=ask("Network", str, instead="the address of a node"))


def _paid(pay: Paying) -> Paying:
    """With somebody who pays, who is asked for if nobody was named."""
    if not pay.sends or pay.account is not None:
        return pay
    say("Somebody has to pay for it, once: any key with a little of the chain's coin.")
    return dataclasses.replace(pay, account=ask("Keystore file or alias", _known_key, instead="the name of a file"))


def create_account(folder: Folder, plan: PolicyPlan, pay: Paying, signers: tuple[str, ...]) -> Folder:
    """Creates the wallet with this policy, on the chain that is named; finds it if it is there. Nobody has to sign.

    Raises:
        Refused: It was created, but is not what it should be, or --dry-run, --unsigned: then it waits to be created.
    """
    from ..chains import chain_name
    from ..folder import Folder
    from .paying import send
    from .words import owners_rows

    folder = Folder.open(folder.path)
    note, owners = folder.note, plan.first_owners
    if note.account is not None and (not pay.network or _is_known(folder, pay)):
        return folder
    heading("Your account")
    if owners is None:
        raise Refused("The policy names no owners. Add them to policy.yaml (owners: keys: threshold:).")
    pay = _connected(pay)
    client = pay.connect()
    address = client.deployment.wallet_address(owners, plan.policy)
    table([("Account", address), ("Chain", chain_name(client.chain_id)), *owners_rows(owners)])
    click.echo()
    if client.is_wallet(address):
        if client.state(address, 0).policy_hash != plan.policy.hash[:24]:
            raise Refused(f"{address} exists, but its policy has been changed since. Look: recovery status {address}")
        say("It exists already.")
    else:
        client.check_owners(owners)
        pay = _paid(pay)
        if send(pay, client, client.create_wallet(owners, plan.policy), pay.payer(), "Create it?") is None:
            raise Refused("The account does not exist yet. When it does, go on with the same command.")
        if client.owners_hash(address) != owners.hash[:24]:
            raise Refused(f"The wallet was created, but does not have these owners. Do not use {address}.")
        say("Created.", bold=True, colour="green")
    chains = tuple(sorted({*note.chains, client.chain_id}))
    module = client.deployment.module
    return folder.noting(dataclasses.replace(note, account=address, module=module, chains=chains))


def hand_out(folder: Folder, plan: PolicyPlan, pay: Paying, paper: str) -> bool:
    """Writes the kits, says who gets what, and takes receipts.

    Returns:
        Whether there were kits to be written.
    """
    from .guardian_filing import file_text
    from .guardian_state import answered, look, view
    from .kit_files import date, outdated, write_kits, write_missing_sheets

    heading("Kits")
    try:
        made = write_kits(folder, outdated(folder, plan), True, paper, date(int(time.time())))
        made += write_missing_sheets(folder, [guardian.name for guardian in plan.guardians], paper)
    except MissingExtra as error:
        warn(f"{error.message} Until then there are files, and no sheets of paper.")
        made = write_kits(folder, outdated(folder, plan), False, paper, date(int(time.time())))
    others = [guardian for guardian in plan.guardians if guardian.signer not in {key for _, key in plan.owners}]
    say("Give each guardian their own kit and nobody else's, as the file, as the sheet, or as a picture (recovery qr):")
    rows = [(each.name, str(folder.kit_file(each.name))) for each in others]
    table(rows)
    own = [str(folder.kit_file(each.name)) for each in plan.guardians if each not in others]
    if own:
        click.echo()
        say("These are for your own keys; keep them with a friend or in another place:")
        table([("", file) for file in own])
    click.echo()
    say("Each of them looks at it and answers with a receipt, which shows that kit and key work:")
    command_line("recovery guardian check KIT --signer KEY")
    while True:
        seen = view(folder, look(folder, pay), int(time.time()))
        say(answered(seen.protection))
        if not seen.protection.missing:
            return bool(made)
        file = ask("A receipt (file or picture; Enter to go on without)", str, "")
        if not file:
            return bool(made)
        try:
            file_text(folder, files.read(Path(file)), file, pay, int(time.time()))
        except RecoveryError as error:
            warn(error.message)


def rehearse(plan: PolicyPlan) -> None:
    """Has the owner see a recovery with this very policy, in memory."""
    import sys

    from ..demo.rehearsal import choose, rehearse
    from .words import plural

    heading("Rehearsal")
    try:
        choose(plan)
    except Refused as error:
        say(f"There is nothing to rehearse: {error.message}")
        return
    if not yes("See once how you would get back? It takes ninety seconds, and nothing of it is real.", default=True):
        return
    try:
        done = rehearse(plan, click.echo, _hear, color=sys.stdout.isatty())
    except MissingExtra as error:
        warn(error.message)
        return
    except RecoveryError as error:
        click.echo()
        say(f"The rehearsal ended here: {error.message} It was only that: nothing is wrong with your account.")
        return
    click.echo()
    seconds = max(1, round(done.seconds))
    say(f"That took {plural(seconds, 'second')}, on path {done.path!r}, with {' and '.join(done.guardians)}.")


def _hear(name: str, words: Sequence[str], digest: bytes) -> None:
    from .six import ask_for, device_secret, positions

    say(f"Now you are {name}, with the telephone at your ear. Which words did you hear?", bold=True)
    ask_for(words, positions(digest, device_secret()))


def _known_key(text: str) -> str:
    from . import keys

    keys.find(text)
    return text


def _is_known(folder: Folder, pay: Paying) -> bool:
    """Whether the account is noted for the chain that is named."""
    return pay.connect().chain_id in folder.note.chains
