"""`recovery keys rotate`: a wallet's owners are replaced, and it is seen before and after that the keys are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import files
from ..errors import InvalidInput, Refused
from .keys_backed_up import require_backup
from .options import ADDRESS, FILE, FOLDER, Paying, owning, profile, sending
from .session import command_line, parse_owners, quote, require_free, say, table, warn

if TYPE_CHECKING:
    from ..backup.share import SetNote
    from ..client import RecoveryClient
    from ..folder import Folder
    from ..keys.cold import Typed
    from ..quorum import Owners
    from ..signer import Signer
    from .keys import Key


@dataclass(frozen=True)
class Rotation:
    """What was done.

    Attributes:
        client: Of the chain.
        before: The owners until now.
        new: The owners from now on.
    """

    client: RecoveryClient
    before: Owners
    new: Owners

    @property
    def gone(self) -> list[str]:
        """The keys that own the wallet no more."""
        return [str(signer) for signer in self.before.signers if signer not in self.new.signers]


@click.command(short_help="Replace a wallet's owners by keys that were tried before")
@click.argument("address", type=ADDRESS, required=False)
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
@FOLDER
@owning
@sending
def rotate(
    address: str | None,
    owners: tuple[str, ...],
    threshold: int | None,
    new_signers: tuple[str, ...],
    proofs: tuple[Path, ...],
    challenges: Path | None,
    backed_up: bool,
    folder_path: Path | None,
    signers: tuple[str, ...],
    pay: Paying,
) -> None:
    """Replace a wallet's owners, and see before and after that the keys are right.

    Before: every new key has to sign, here (--new-signer) or offline (--challenges,
    then --proof), and to have a backup: shares whose holders have shown them, a
    keystore in the folder's `keys`, or what you say yourself. After: the wallet is
    asked whether it refuses the old keys and takes the new ones. Guardians and policy
    stay; what changes in your folder (--folder) is noted.
    """
    account, folder = _which(address, folder_path)
    new = parse_owners(owners, threshold, "--new-owner")
    done = replace_owners(account, new, new_signers, proofs, challenges, backed_up, signers, pay, folder)
    if done is None:
        return
    say("Done. The wallet has its new owners.", bold=True, colour="green")
    given_up = note_rotation(folder, done) if folder else []
    if not given_up:
        say(
            "Next: move what the old keys open besides, such as coins at their own addresses and other accounts of the "
            "same words. Then destroy them and every backup of them, on paper too, so that nobody takes them for the "
            "new ones."
        )
    if folder is None:
        say("No guardian has to do anything: what they hold names the account and its policy, not its owners.")
    say("What else the old keys could do they still can: look at other accounts and other chains.")
    command_line(f"recovery wallet show {account} --network URL")


def _which(address: str | None, folder_path: Path | None) -> tuple[str, Folder | None]:
    """The wallet, and its owner's folder if there is one.

    Raises:
        InvalidInput: Nothing says the wallet, or two things say different ones.
    """
    from click.core import ParameterSource

    from ..folder import Folder

    usual = folder_path or profile().folder
    folder = Folder.open(usual) if usual else None
    known = folder.note.account if folder else None
    typed = click.get_current_context().get_parameter_source("folder_path") is ParameterSource.COMMANDLINE
    if address and typed and known and known != address:
        raise InvalidInput(f"{folder_path} is of {known}, not of {address}. Leave one of the two out.")
    account = address or known
    if account is None:
        raise InvalidInput("Which wallet? Give its address, or --folder with a folder that knows it.")
    return account, folder if known == account else None


def note_rotation(folder: Folder, done: Rotation) -> list[SetNote]:
    """Notes in the owner's folder what was done, and says what it means for shares, guardians and schedule.

    Returns:
        The sets of shares that are given up.
    """
    from . import rotated

    chain = done.client.chain_id
    abandoned = rotated.abandon(folder, done.gone, [str(signer) for signer in done.new.signers], chain)
    given_up, kept = rotated.give_up_sets(folder, done.gone, chain)
    rotated.not_yet(given_up)
    rotated.to_destroy(given_up, folder, "its key owns the wallet no more, and its shares do not open it.")
    rotated.to_destroy(abandoned, folder, rotated.NEVER_RULED)
    rotated.still_ruling(kept, folder)
    rotated.tell_elsewhere(folder, done.client.chain_id)
    rotated.tell_guardians(folder, done.before, done.new)
    rotated.note_schedule(folder, done.before, done.new)
    return given_up


def replace_owners(
    address: str,
    new: Owners,
    new_signers: Sequence[str],
    proofs: Sequence[Path],
    challenges: Path | None,
    backed_up: bool,
    signers: Sequence[str],
    pay: Paying,
    folder: Folder | None,
) -> Rotation | None:
    """Replaces a wallet's owners, with all that is seen to before and after.

    Args:
        address: The wallet.
        new: Its new owners.
        new_signers: Names of their keys, as far as they are here.
        proofs: What others of them have signed elsewhere.
        challenges: Where to write what they have to sign, which is all that is done then; or None.
        backed_up: Whether nobody has to be asked for a backup of the new keys.
        signers: Names of the present owners' keys.
        pay: The options.
        folder: The owner's folder, if there is one.

    Returns:
        What was done, or None if nothing was to be sent.

    Raises:
        RecoveryError: Something is not right. Unless it says otherwise, nothing was sent.
    """
    from .. import foresee
    from ..chains import chain_name
    from .batches import current_owners, send_as_owners
    from .rotating import show_refused, show_taken
    from .words import owners_rows

    if challenges and (new_signers or proofs):
        raise InvalidInput("--challenges writes what is to be signed elsewhere. Give --proof with what came back.")
    new_keys = _found(new_signers)
    payer, client = (None if challenges else pay.payer()), pay.connect()
    present = client.owners_hash(address)
    if present == new.hash[:24]:
        if not signers or challenges or not pay.sends:
            raise Refused("The wallet has these owners already. Nothing was sent.")
        return _done_before(client, new, _found(signers))
    foresee.ownable(new, address)
    client.check_owners(new)
    asked = _asked(client, address, new, present)
    if challenges:
        _write_challenges(challenges, asked)
        return None
    for key in new_keys:
        if key.address and key.address not in asked:
            raise _stranger(key.address)
    table([("Wallet", address), ("Chain", chain_name(client.chain_id)), *owners_rows(new, "New owner")])
    click.echo()
    _require_proofs(asked, pay, new_keys, proofs)
    if not backed_up:
        require_backup(list(asked), new_keys, folder, pay)
    old_keys = _found(signers)
    before = current_owners(client, address, _known(old_keys))
    if any(path.is_open for path in client.state(address).paths):
        warn(f"A recovery is under way, and this does not stop it. See: recovery status {address}")
    call = client.rotate_owners_call(new)
    summary = "replace the owners of the wallet"
    if send_as_owners(pay, client, address, [call], summary, signers, payer, "Replace the owners?") is None:
        return None
    if client.owners_hash(address) != new.hash[:24]:
        raise Refused(f"The transaction was mined, but the owners are others. See: recovery wallet show {address}")
    show_refused(pay, client, address, before, old_keys)
    show_taken(pay, client, address, new, new_keys)
    return Rotation(client, before, new)


def _done_before(client: RecoveryClient, new: Owners, old_keys: Sequence[Key]) -> Rotation:
    """What an earlier run has done, which may have been broken off before it was noted.

    Raises:
        Refused: Nobody says which keys were the owners before.
    """
    from ..quorum import Owners

    old = [signer for signer in _known(old_keys) if signer not in new.signers]
    if not old:
        raise Refused("The wallet has these owners already. Nothing was sent.")
    say("The wallet has these owners already, so nothing is sent. What it means for the rest is seen to now.")
    return Rotation(client, Owners.of(old, len(old)), new)


# ----------------------------------------------------------------------------------------------- before


def _found(names: Sequence[str]) -> list[Key]:
    from . import keys

    return [keys.find(name) for name in names]


def _known(found: Sequence[Key]) -> list[Signer]:
    from ..signer import Signer

    return [Signer.parse(key.address) for key in found if key.address]


def _asked(client: RecoveryClient, wallet: str, new: Owners, present: bytes) -> dict[str, Typed]:
    """What each new owner has to sign, by address; those that are contracts or passkeys cannot be tried like that."""
    from ..contracts import DELEGATION
    from ..keys.rotation import challenge

    result = {}
    for signer in new.signers:
        code = client.code(signer.address) if signer.is_address else b"a verifier"
        if code and not code.startswith(DELEGATION):  # the key of an account that delegates still signs
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
