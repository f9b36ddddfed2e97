"""`recovery backup heal --rotate`: a fresh key takes the place of the old one on-chain, and a fresh set of the old set.

In this order, so that nothing is lost wherever it breaks off: it is noted which account is to come; shares of its key
are written and tried; the wallet is given to it, signed by the old key, which is in memory alone; the wallet is seen to
refuse the old key and to take the new one; the old set is given up. Which of the two keys rules only the chain says.
Before it has changed, nothing depends on the fresh shares, and another run goes on with them if it can read them, or
makes others. After that, another run only has to note it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import RecoveryError, Refused
from .backup_fresh import SEARCHED, Fresh, account_of, owner_among, promise, successor
from .backup_notes import notes_in
from .backup_place import Place, Wanted
from .rotated import (
    NEVER_RULED,
    abandon,
    give_up_sets,
    not_yet,
    note_schedule,
    still_ruling,
    tell_guardians,
    to_destroy,
)
from .rotating import InMemory, opened, show_refused, show_taken, signed_batch
from .session import command_line, confirm, quote, say, table, unaudited, warn

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from ..backup.share import SetNote
    from ..messages import Call
    from ..quorum import Owners
    from .backup_making import Spread
    from .keys import Key

_SUMMARY = "replace the owners of the wallet"


# ------------------------------------------------------------------------------------------------ doing it


def renew(
    place: Place,
    old: SetNote,
    secret: bytes,
    wanted: Wanted,
    left: Sequence[tuple[SetNote, Path]],
    opening: list[str],
) -> None:
    """Replaces the key of a set on-chain by a fresh one.

    Args:
        place: Where.
        old: The set that was put together.
        secret: What came of it.
        wanted: How the fresh key is to be spread.
        left: From `left_over`.
        opening: Age identities that open sealed shares which an earlier run has made.

    Raises:
        RecoveryError: It cannot be done. What was done before that stays, and can be gone on with.
    """
    notes = [note for _, note in notes_in(place.folder.path)]
    following = [note for note in notes if note.retired is None and note.about.address in old.successors]
    owners = _owners(place, [old, *following])
    account = owner_among(old.about.kind, secret, owners)
    ruling = {str(signer) for signer in owners.signers}
    arrived = next((note for note in following if account is None and note.about.address in ruling), None)
    if account is None and arrived is None:
        raise _no_owner(place, old, owners)
    fresh = _fresh(place, old, len(secret), arrived, following, wanted, left, opening)
    if account is None:
        account = account_of(old.about.kind, secret)
        owners, new = successor(owners, fresh.address, account.address), owners
    else:
        new = successor(owners, account.address, fresh.address)
    signing: list[Key | InMemory] = [InMemory(account), *_others(place, account)]
    call = place.client.rotate_owners_call(new)
    if place.pay.dry_run:
        if arrived is None:
            _show(place, call, made=fresh.note is None)
        return
    if arrived is None:
        _require_possible(place, owners, signing, call)
        spread = wanted.spread() if fresh.note is None else None
        _ask(place, old, account, new, spread)
        if spread is not None:
            _make(place, old, fresh, spread)
    with _saying_if_broken_off(
        f"It was not finished. Keep all shares of both sets: set {old.about.short} is in force until the chain has the "
        "new owner. Run the same command again: it looks what the chain has, and goes on from there."
    ):
        if arrived is None:
            _send(place, owners, new, fresh, call, signing)
        _try(place, owners, new, fresh, signing)
    with _saying_if_broken_off(
        f"The wallet has the new key, {fresh.address}, and only its shares open it: keep them. Your folder was not "
        "told of it in full: run the same command again, which notes the rest. Destroy nothing before."
    ):
        _settle(place, old, fresh, owners, new)


def _fresh(
    place: Place,
    old: SetNote,
    length: int,
    arrived: SetNote | None,
    following: Sequence[SetNote],
    wanted: Wanted,
    left: Sequence[tuple[SetNote, Path]],
    opening: list[str],
) -> Fresh:
    """The key that is to come: one of an earlier run if that can be gone on with, or else another.

    Raises:
        RecoveryError: Only the folder says which, or shares that are there are others than what was asked for.
    """
    from ..chains import chain_names
    from ..explain import listing

    ring = place.pay.keys
    if arrived is not None:
        say(f"The chain has it already: the wallet is owned by the key of set {arrived.about.short}.", bold=True)
        try:
            return Fresh.of(arrived, left, opening, ring)
        except RecoveryError as error:
            warn(f"Whether its shares are good could not be tried. {error.message}")
            return Fresh(str(arrived.about.address), arrived)
    if old.replaced_on and following:
        named = [note for note in following if note.about.address == place.new_owner]
        fresh = Fresh.of((named or following)[0], left, opening, ring)
        unsure = fresh.account is None or len(following) > 1 or place.new_owner is not None
        if unsure and not named:
            # Whoever can write to the folder, or to the bundle that it came from, could name a key of their own there.
            which = " or ".join(note.about.short for note in following)
            raise Refused(
                f"By your folder, set {which} has taken the place of this one on {chain_names(old.replaced_on)}, and "
                "its key is to own the wallet here, too. That alone is not relied on: a folder can be altered. Nothing "
                f"was sent. See who owns the wallet there (recovery wallet show {place.wallet} --network URL), and "
                "name that key: --new-owner ADDR"
                + (", which is another one than the folder's." if place.new_owner else ".")
            )
        say(
            f"Set {(named or following)[0].about.short} has taken the place of this one already on "
            f"{chain_names(old.replaced_on)}. Here the wallet is given to the same key, and no shares are made."
        )
        return fresh
    for note in following:
        fresh = Fresh.of(note, left, opening, ring)
        if fresh.account is not None:
            where = next(str(place) for other, place in left if other == note)
            if not wanted.is_met(note):
                held = listing(list(dict.fromkeys(holder.name for holder in note.holders)))
                raise Refused(
                    f"An earlier run has made set {note.about.short}, in {where}: {note.about.rule}, for {held}. You "
                    "ask for something else. Nothing was sent. To go on with it ask for the same; to make another one, "
                    "name another folder with -o."
                )
            say(
                f"An earlier run has made set {note.about.short}, in {where}, whose key rules nowhere yet. This goes "
                "on with it."
            )
            return fresh
    if following:
        warn(
            "An earlier run was broken off before the wallet was given to the key of set "
            f"{', '.join(note.about.short for note in following)}, and enough of its shares cannot be read here. That "
            "key rules nowhere: another is drawn now, and once it rules, that set is given up."
        )
    return Fresh.drawn(old.about.kind, length)


def _no_owner(place: Place, old: SetNote, owners: Owners) -> Refused:
    """The error for shares of a key that does not own the wallet."""
    from ..explain import listing

    if old.about.address == place.wallet:
        return Refused(
            f"{place.wallet} is a plain key that uses the wallet's code (EIP-7702), and these are shares of that very "
            "key: it opens the account whoever its owners are, and nobody can replace it. Nothing was written. If "
            "shares may be in the wrong hands, move what the account has to another one."
        )
    why = (
        f"None of the first {SEARCHED} accounts of these words, at the places of most wallets, owns the wallet. If a "
        "passphrase (BIP-39) belongs to them, or the key is at a place of its own"
        if old.about.kind.value == "seed"
        else f"{old.about.address} is not an owner of this wallet (any more). If the wallet should get another key"
    )
    now = listing([str(owner) for owner in owners.signers])
    return Refused(f"{why}, use recovery keys rotate. Owners now: {now}. Nothing was written or sent.")


def _show(place: Place, call: Call, made: bool) -> None:
    from .paying import show_calls

    if made:
        say("A fresh key would be drawn and split first. The one that was drawn for this trial is forgotten again.")
    show_calls(place.pay, place.client, place.wallet, [call], _SUMMARY, place.payer)


def _owners(place: Place, sets: Sequence[SetNote]) -> Owners:
    """The wallet's owners: one of these sets' with the others that sign, if that fits, or else from its events."""
    from ..quorum import Owners
    from ..signer import Signer
    from .batches import current_owners

    expected = place.client.owners_hash(place.wallet)
    others = {Signer.parse(key.address) for key in place.others if key.address}
    for each in sets:
        guesses = {Signer.parse(str(each.about.address)), *others}
        for threshold in range(1, len(guesses) + 1):
            if (owners := Owners.of(guesses, threshold)).hash[:24] == expected:
                return owners
    return current_owners(place.client, place.wallet, [Signer.parse(str(sets[0].about.address)), *others])


def _others(place: Place, account: LocalAccount) -> list[Key]:
    """The keys that sign besides the old one, which may have been named, too."""
    return [key for key in place.others if key.address != account.address]


def _require_possible(place: Place, owners: Owners, signing: Sequence[Key | InMemory], call: Call) -> None:
    """Sees to it that the wallet can be rotated, before anything is written.

    Raises:
        RecoveryError: Too few sign or a stranger does, it is frozen, would fail, or nobody can pay for it.
    """
    from .. import foresee
    from ..explain import listing
    from ..fees import Estimate
    from ..sending import Sending
    from ..signer import Signer
    from .batches import require_none_on_its_way
    from .paying import batch_gas

    client, wallet, pay = place.client, place.wallet, place.pay
    foresee.usable(client.state(wallet, 0), [call], client.deployment.module)
    require_none_on_its_way(client, wallet, [call], _SUMMARY)
    unaudited(client.chain_id, pay.acknowledged)
    present = set()
    for key in signing:
        signer = Signer.parse(opened(pay, key, f"signs, as owner: {_SUMMARY}").address)
        if signer not in owners.signers:
            now = listing([str(owner) for owner in owners.signers])
            raise Refused(f"{signer} is not an owner of this wallet (any more). Now: {now}. Nothing was written.")
        present.add(signer)
    if len(present) < owners.threshold:
        missing = listing([str(owner) for owner in owners.signers if owner not in present], "or")
        raise Refused(
            f"{len(present)} of {owners.threshold} owners sign. Nothing was written. Name more of them with --signer: "
            f"{missing}."
        )
    gas = batch_gas(client, wallet, [call])
    if place.payer and place.payer.address:
        fees, balance = client.fees(pay.max_fee), client.balance(place.payer.address)
        Sending.require_funds(Estimate(gas, gas, fees, balance, 0), place.payer.address)


def _ask(place: Place, old: SetNote, account: LocalAccount, new: Owners, spread: Spread | None) -> None:
    from ..chains import chain_name
    from .words import owners_rows

    rows = [("Wallet", place.wallet), ("Chain", chain_name(place.client.chain_id))]
    rows += [("Old key", f"{account.address}, of set {old.about.short}"), *owners_rows(new, "New owner")]
    table(rows)
    click.echo()
    if any(path.is_open for path in place.client.state(place.wallet).paths):
        warn(f"A recovery is under way, and this does not stop it. See: recovery status {place.wallet}")
    if sealed := [(each.name, each.age_key) for each in spread.holders if each.age_key] if spread else []:
        say("Sealed, to the age keys on cards in your folder:")
        table(sealed)
        warn(
            "Nobody opens these before the wallet has the new key, and cards can be altered. Ask each by voice whether "
            "that is their age key, and whether they still have it: what no holder can open is lost."
        )
    first = "Make the fresh set, and give the wallet to its key?" if spread else "Give the wallet to that key?"
    confirm(first, place.pay.yes)


def _make(place: Place, old: SetNote, fresh: Fresh, spread: Spread) -> None:
    """Makes the fresh set. That it is to come is noted before: whatever happens then, it is taken for nothing else."""
    assert fresh.secret is not None  # noqa: S101 - it was drawn just now
    promise(place.folder, old, fresh.address)
    made = spread.make(old.about.kind, fresh.secret, old.about.label, place.pay.keys)
    click.echo()
    say(f"Set {made.about.short} is not in force yet: set {old.about.short} is, until the chain has the new owner.")


def _require_signs(place: Place, account: LocalAccount) -> None:
    """Has the fresh key sign.

    Raises:
        Refused: What it signs is not right.
    """
    from ..keys.rotation import challenge

    client, wallet = place.client, place.wallet
    asked = challenge(client.chain_id, wallet, account.address, client.owners_hash(wallet))
    if asked.signed_by(bytes(account.sign_message(asked.signable).signature)) != account.address:
        raise Refused(f"What the key of {account.address} has signed is not right. Nothing was sent. Do not use it.")
    say(f"The key of {account.address} can sign.", colour="green")


@contextmanager
def _saying_if_broken_off(text: str) -> Iterator[None]:
    """Says of whatever stops it, also of Ctrl-C, what that means for the two sets."""
    try:
        yield
    except BaseException:
        warn(text)
        raise


def _send(
    place: Place, owners: Owners, new: Owners, fresh: Fresh, call: Call, signing: Sequence[Key | InMemory]
) -> None:
    from .paying import send

    client, wallet, pay = place.client, place.wallet, place.pay
    if fresh.account is not None:
        _require_signs(place, fresh.account)
    purpose = f"signs, as owner: {_SUMMARY}"
    send(pay, client, signed_batch(pay, client, wallet, owners, [call], signing, _SUMMARY, purpose), place.payer)
    if client.owners_hash(wallet) != new.hash[:24]:
        raise Refused(f"The transaction was mined, but the owners are others. See: recovery wallet show {wallet}")


def _try(place: Place, before: Owners, new: Owners, fresh: Fresh, signing: Sequence[Key | InMemory]) -> None:
    """Sees that the wallet refuses the old key and takes the new one.

    Raises:
        Refused: It does not.
    """
    pay, client, wallet = place.pay, place.client, place.wallet
    show_refused(pay, client, wallet, before, signing)
    show_taken(pay, client, wallet, new, [InMemory(fresh.account), *signing[1:]] if fresh.account else [])


def _settle(place: Place, old: SetNote, fresh: Fresh, before: Owners, new: Owners) -> None:
    """Notes in the folder what the chain has, and says what remains to be done."""
    folder = place.folder
    gone = [str(old.about.address)]
    abandoned = abandon(folder, gone, [fresh.address], place.client.chain_id)
    given_up, kept = give_up_sets(folder, gone, place.client.chain_id)
    click.echo()
    say("Done. The wallet is owned by the new key, and its shares are in force.", bold=True, colour="green")
    say("See first that the fresh shares are with their holders, and can be read; then have the old ones destroyed:")
    in_force = [note.about.short for _, note in notes_in(folder.path) if note.about.address == fresh.address]
    command_line(f"recovery backup check --set {in_force[-1]} --folder {quote(folder.path)}")
    not_yet(given_up)
    to_destroy(given_up, folder, "its key owns the wallet no more.")
    to_destroy(abandoned, folder, NEVER_RULED)
    still_ruling(kept, folder)
    if kept:
        say("Run the same command again for each of these chains, with its --network: it gets the same key. Add:")
        command_line(f"--new-owner {fresh.address}")
    tell_guardians(folder, before, new)
    note_schedule(folder, before, new)
