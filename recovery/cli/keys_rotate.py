"""`recovery keys rotate`: a wallet's owners are replaced, and it is seen before and after that the keys are right."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import files
from ..errors import InvalidInput, Refused
from .options import ADDRESS, FILE, Paying, owning, sending
from .session import command_line, parse_owners, quote, require_free, say, table, warn

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..keys.cold import Typed
    from ..quorum import Owners
    from ..signer import Signer
    from .keys import Key

#: What the code of a plain key begins with that uses a contract's (EIP-7702): its key still signs.
_DELEGATION = bytes.fromhex("ef0100")


@click.command(short_help="Replace a wallet's owners by keys that were tried before")
@click.argument("address", type=ADDRESS)
@click.option("--new-owner", "owners", multiple=True, required=True, metavar="ADDR", help="Repeat for more owners.")
@click.option("--threshold", type=click.IntRange(min=1), metavar="N", help="How many new owners have to sign.")
@click.option(
    "--new-signer", "new_signers", multiple=True, metavar="KEY", help="A new owner's key, which has to sign; repeat."
)
@click.option(
    "--proof", "proofs", type=FILE, multiple=True, metavar="FILE", help="Or what it has signed offline; repeat."
)
@click.option(
    "--challenges",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Only write what new keys that are elsewhere have to sign.",
)
@click.option("--backed-up", is_flag=True, help="The new keys have a backup, and it was tried. You are not asked.")
@owning
@sending
def rotate(
    address: str,
    owners: tuple[str, ...],
    threshold: int | None,
    new_signers: tuple[str, ...],
    proofs: tuple[Path, ...],
    challenges: Path | None,
    backed_up: bool,
    signers: tuple[str, ...],
    pay: Paying,
) -> None:
    """Replace a wallet's owners, and see before and after that the keys are right.

    Before: every new key has to sign, here (--new-signer) or offline (--challenges,
    then --proof), and you are asked for its backup. After: the wallet is asked whether
    it refuses the old keys and takes the new ones. Guardians and policy stay.
    """
    from .. import foresee
    from ..chains import chain_name
    from .batches import current_owners, send_as_owners
    from .words import owners_rows

    new = parse_owners(owners, threshold, "--new-owner")
    if challenges and (new_signers or proofs):
        raise InvalidInput("--challenges writes what is to be signed elsewhere. Give --proof with what came back.")
    new_keys = _found(new_signers)
    payer, client = (None if challenges else pay.payer()), pay.connect()
    present = client.owners_hash(address)
    if present == new.hash[:24]:
        raise Refused("The wallet has these owners already. Nothing was sent.")
    foresee.ownable(new, address)
    client.check_owners(new)
    asked = _asked(client, address, new, present)
    if challenges:
        _write_challenges(challenges, asked)
        return
    for key in new_keys:
        if key.address and key.address not in asked:
            raise _stranger(key.address)
    table([("Wallet", address), ("Chain", chain_name(client.chain_id)), *owners_rows(new, "New owner")])
    click.echo()
    _require_proofs(asked, pay, new_keys, proofs)
    _require_backup(backed_up)
    old_keys = _found(signers)
    before = current_owners(client, address, _known(old_keys))
    if any(path.is_open for path in client.state(address).paths):
        warn(f"A recovery is under way, and this does not stop it. See: recovery status {address}")
    call = client.rotate_owners_call(new)
    summary = "replace the owners of the wallet"
    if send_as_owners(pay, client, address, [call], summary, signers, payer, "Replace the owners?") is None:
        return
    if client.owners_hash(address) != new.hash[:24]:
        raise Refused(f"The transaction was mined, but the owners are others. See: recovery wallet show {address}")
    _show_refused(pay, client, address, before, old_keys)
    _show_taken(pay, client, address, new, new_keys)
    say("Done. The wallet has its new owners.", bold=True, colour="green")
    say(
        "Next: destroy the old keys and every backup of them, on paper too, so that nobody takes them for the new "
        "ones. What else the old keys could do they still can: look at other accounts and other chains."
    )
    command_line(f"recovery wallet show {address} --network URL")


# ----------------------------------------------------------------------------------------------- before


def _found(names: Sequence[str]) -> list[Key]:
    from . import keys

    return [keys.find(name) for name in names]


def _known(found: Sequence[Key]) -> list[Signer]:
    from ..signer import Signer

    return [Signer.parse(key.address) for key in found if key.address]


def _asked(client: RecoveryClient, wallet: str, new: Owners, present: bytes) -> dict[str, Typed]:
    """What each new owner has to sign, by address; those that are contracts or passkeys cannot be tried like that."""
    from ..keys.rotation import challenge

    result = {}
    for signer in new.signers:
        code = client.code(signer.address) if signer.is_address else b"a verifier"
        if code and not code.startswith(_DELEGATION):
            warn(f"{signer} is no plain key: whether it can sign is not seen before it owns the wallet.")
        else:
            result[str(signer)] = challenge(client.chain_id, wallet, str(signer), present)
    return result


def _write_challenges(folder: Path, asked: dict[str, Typed]) -> None:
    from ..keys.cold import dump_unsigned

    targets = {folder / f"new-owner-{address[2:10].lower()}.json": typed for address, typed in asked.items()}
    if len(targets) != len(asked):
        raise InvalidInput(
            "Two of the new owners have addresses that begin alike. Rotate to one of them after another."
        )
    for path in targets:
        require_free(path, "--challenges")
    for path, typed in targets.items():
        files.write(path, dump_unsigned(typed))
    say("Written. Nothing was signed or sent. Next: have each signed with its key, where that is:", bold=True)
    command_line(*(f"recovery keys sign {quote(path)} --signer KEY" for path in targets))
    say("Then run this again with --proof, once for each file that came back, in place of --challenges.")


def _require_proofs(asked: dict[str, Typed], pay: Paying, new_keys: Sequence[Key], proofs: Sequence[Path]) -> None:
    """Has every new key sign.

    Raises:
        RecoveryError: One has not, or not that.
    """
    from ..keys.cold import Signature, load_signed
    from ..keys.rotation import is_proof

    proven = set()
    for path in proofs:
        signed = load_signed(files.read(path), str(path))
        if not isinstance(signed, Signature) or signed.signer not in asked:
            raise InvalidInput(f"{path} is no signature of a new owner. It should be what --challenges has had signed.")
        if not is_proof(asked[signed.signer], signed):
            raise Refused(
                f"{path} is not what {signed.signer} has to sign now, or not signed by that key. Nothing was sent. "
                "Write it anew with --challenges: it is another one once the owners have changed."
            )
        proven.add(signed.signer)
    for key in new_keys:
        proven.add(_proven(asked, pay, key))
    if missing := [address for address in asked if address not in proven]:
        raise Refused(
            f"Nobody has seen yet that the key of {missing[0]} can sign. Nothing was sent. Give it with --new-signer, "
            "or have it sign where it is: --challenges DIR. A wallet whose owner cannot sign is lost."
        )
    for address in sorted(proven):
        say(f"The key of {address} can sign.", colour="green")


def _stranger(address: str) -> InvalidInput:
    """The error for a key that is none of the new owners'."""
    return InvalidInput(f"That is the key of {address}, which is not among --new-owner. Nothing was signed.")


def _proven(asked: dict[str, Typed], pay: Paying, key: Key) -> str:
    signing = pay.keys.open(key, "shows that it can sign, as a new owner")
    address = str(signing.address)
    if address not in asked:
        raise _stranger(address)
    signature = bytes(signing.sign_message(asked[address].signable).signature)
    if asked[address].signed_by(signature) != address:
        raise Refused(f"What the key of {address} has signed is not right. Nothing was sent. Do not use it.")
    return address


def _require_backup(backed_up: bool) -> None:
    """Asks whether the new keys would survive this computer; -y is no answer to that.

    Raises:
        Refused: They would not.
    """
    hint = (
        "Make one first, and try it: recovery keys restore --expect ADDR. Nothing was sent. If there is one, give "
        "--backed-up."
    )
    if backed_up:
        return
    if not sys.stdin.isatty():
        raise Refused(f"Nobody says that the new keys have a backup. {hint}")
    if not click.confirm("Is there a backup of the new keys, and have you restored them from it once?", err=True):
        raise Refused(f"The new keys have no backup. {hint}")


# ------------------------------------------------------------------------------------------------ after


def _show_refused(pay: Paying, client: RecoveryClient, wallet: str, owners: Owners, old: Sequence[Key]) -> None:
    """Has the old keys sign a harmless batch, and sees the wallet refuse it. Nothing is sent.

    Raises:
        Refused: The wallet takes it.
    """
    try:
        _simulate(pay, client, wallet, owners, old, "is tried once more: it should be refused")
    except Refused as error:
        if error.code == "WalletUnauthorized":
            say("Tried: the wallet refuses the old keys.", colour="green")
        else:  # for another reason, which says nothing of the keys
            warn(f"Whether the wallet refuses the old keys could not be tried. {error.message}")
        return
    raise Refused(f"The wallet still takes what the old keys sign. Look at it at once: recovery wallet show {wallet}")


def _show_taken(pay: Paying, client: RecoveryClient, wallet: str, owners: Owners, new: Sequence[Key]) -> None:
    """The same with the new keys, if enough of them are here: the wallet has to take it.

    Raises:
        Refused: It does not.
    """
    if len(new) < owners.threshold:
        say("The new keys are elsewhere. See that they work: recovery heartbeat, signed with them.")
        return
    try:
        _simulate(pay, client, wallet, owners, new, "is tried: it should be taken")
    except Refused as error:
        raise Refused(
            f"The new keys own the wallet, but what they have just signed was refused: {error.message} Keep the new "
            f"keys, try again, and look at it: recovery status {wallet}"
        ) from error
    say("Tried: the wallet takes the new keys.", colour="green")


def _simulate(
    pay: Paying, client: RecoveryClient, wallet: str, owners: Owners, found: Sequence[Key], purpose: str
) -> None:
    from ..signer import Signer
    from .batches import BATCH_LIFE
    from .paying import NOBODY

    calls, deadline = [client.heartbeat_call()], client.deadline(BATCH_LIFE)
    message = client.batch(wallet, owners, calls, deadline)
    signatures: dict[Signer, bytes] = {}
    for key in found:
        signing: Any = pay.keys.open(key, purpose)
        signatures[Signer.parse(signing.address)] = bytes(signing.sign_message(message.signable).signature)
    client.simulate(client.execute(wallet, calls, deadline, owners.proof(signatures), "try"), NOBODY)
