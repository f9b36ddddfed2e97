"""`recovery keys prepare`, `sign` and `send`: signing on a computer without a network, and what goes before and after.

The cold half is `sign`: it needs nothing but a file and a key. The other two read the chain.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import files
from ..errors import InvalidFile, InvalidInput, Refused
from .options import _MAINNET, ADDRESS, FEE, FILE, Paying, Where, reading, unlocking, yes_option
from .session import command_line, confirm, quote, require_free, say, unaudited

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..keys.cold import Sendable, Signature, SignedTransaction, Typed, Unsigned
    from ..rpc import Steps
    from .keys import Key, Keyring

GWEI = 10**9
_OUTPUT = click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to write it.")
_FEE = click.option("--max-fee", type=FEE, metavar="FEE", help='The most to pay for a unit of gas, such as "30 gwei".')


# ---------------------------------------------------------------------------------------------- prepare


@click.command(short_help="Add what only the chain knows, for a computer without network")
@click.argument("file", type=FILE)
@click.option("--from", "sender", type=ADDRESS, metavar="ADDR", help="Who is to sign.")
@_FEE
@_OUTPUT
@reading
def prepare(file: Path, sender: str | None, max_fee: int | None, output: Path | None, where: Where) -> None:
    """Prepare a transaction for a computer that has no network.

    FILE is what --unsigned has written: nonce, gas and fees are added as the chain has
    them now. What --typed-data has written needs no chain, and only gets an envelope, so
    that it can be shown as a QR code.
    """
    from ..keys import cold
    from .show_signing import show_transaction

    output = output or Path(f"{file.stem}-to-sign.json")
    require_free(output)
    plain = cold.load_plain(files.read(file), files.source_name(file))
    unsigned: Unsigned
    if isinstance(plain, cold.Typed):
        unsigned = cold.Typed(sender, plain.document)
    else:
        transaction, content = plain
        sender = sender or (cold.address(content["from"]) if "from" in content else None)
        if sender is None:
            raise InvalidInput("Who is to sign it? Give --from with the address: nonce and balance are theirs.")
        cap = max_fee or (cold.wei(content["maxFeePerGas"]) if "maxFeePerGas" in content else None)
        client = where.connect()
        _require_chain(content["chainId"], client.chain_id)
        made = client.prepare(transaction, sender, cap)
        price = tuple(
            (name, int(made[name], 16)) for name in ("maxFeePerGas", "maxPriorityFeePerGas", "gasPrice") if name in made
        )
        unsigned = cold.Sendable(client.chain_id, sender, int(made["nonce"]), int(made["gas"]), price, transaction)
        show_transaction(unsigned)
        click.echo()
    files.write(output, cold.dump_unsigned(unsigned))
    say(f"Written to {output}. Nothing was signed or sent.", bold=True, colour="green")
    if isinstance(unsigned, cold.Sendable):
        say(
            f"Until it is sent, send nothing else from {sender}: this is its transaction number {unsigned.nonce}. What "
            "has a deadline has to be sent before it."
        )
    say("Next: carry it over, as a file or as QR codes, and sign it there:")
    command_line(f"recovery qr {quote(output)}", f"recovery keys sign {quote(output.name)} --signer KEY")


def _require_chain(named: int, connected: int) -> None:
    from ..chains import chain_name

    if named != connected:
        raise Refused(
            f"It is for {chain_name(named)}, and this is {chain_name(connected)}. Nothing was sent. Choose the other "
            "network with --network."
        )


# ------------------------------------------------------------------------------------------------- sign


@click.command(short_help="Sign a file, without any network")
@click.argument("file", type=FILE)
@click.option("--signer", required=True, metavar="KEY", help="Your key: a keystore, an Ape account, or paper.")
@click.option("--nonce", type=click.IntRange(0), metavar="N", help="Of a file that lacks it: how many it has sent.")
@_FEE
@click.option("--tip", type=FEE, metavar="FEE", help="How much of it goes to whoever mines it.  [default: 1 gwei]")
@click.option("--gas", type=click.IntRange(21_000), metavar="N", help="Gas limit, of a file that lacks it.")
@_OUTPUT
@unlocking
@yes_option
@_MAINNET
def sign(
    file: Path,
    signer: str,
    nonce: int | None,
    max_fee: int | None,
    tip: int | None,
    gas: int | None,
    output: Path | None,
    keys: Keyring,
    yes: bool,
    mainnet_unaudited: bool,
) -> None:
    """Sign a transaction or a message on a computer that has no network.

    FILE is what `recovery keys prepare`, --unsigned or --typed-data has written, also as
    text or as a picture of QR codes. You see what it does, decoded here and not by
    whoever wrote it. What comes out holds no secret.
    """
    from ..keys import cold
    from . import keys as keyring
    from .show_signing import show_transaction, show_typed

    output = output or Path(f"{file.stem.removesuffix('-to-sign')}-signed.json")
    require_free(output)
    key = keyring.find(signer)
    text = files.read(file)
    unsigned = _unsigned(text, files.source_name(file))
    signed: SignedTransaction | Signature
    if isinstance(unsigned, cold.Typed):
        if {nonce, max_fee, tip, gas} != {None}:
            raise InvalidInput("--nonce, --gas and fees are for transactions, and this is a message. Leave them out.")
        _require_signer(key, unsigned.signer)
        show_typed(unsigned)
        _acknowledge(unsigned.document["domain"].get("chainId"), mainnet_unaudited)
        confirm("Sign it?", yes)
        signed = _sign_typed(unsigned, keys, key)
    else:
        sendable = _whole(unsigned, key, keys, nonce, max_fee, tip, gas)
        _require_signer(key, sendable.sender)
        show_transaction(sendable)
        _acknowledge(sendable.chain_id, mainnet_unaudited)
        confirm("Sign it?", yes)
        signed = _sign_transaction(sendable, keys, key)
    files.write(output, cold.dump_signed(signed))
    click.echo()
    say(f"Signed, and written to {output}. Nothing was sent.", bold=True, colour="green")
    say("Next: carry it back, as a file or as QR codes:")
    command_line(f"recovery qr {quote(output)}")
    if isinstance(signed, cold.SignedTransaction):
        say("There, send it:")
        command_line(f"recovery keys send {quote(output.name)} --network URL")
    else:
        say("There, give it to the command that wrote what was signed. This is it, too:")
        command_line(f"--signature 0x{signed.signature.hex()}")


def _unsigned(text: str, source: str) -> Sendable | Typed | tuple[Any, dict[str, Any]]:
    """What a file asks to have signed.

    Raises:
        InvalidInput: Nothing, or it is signed with another command.
    """
    from ..keys import cold

    kind = files.kind_of(text)
    if kind == "recovery-request":
        raise InvalidInput(
            f"{source} is a request. Guardians sign it with: recovery approve {quote(source)} --kit KIT --signer KEY. "
            "That needs no network either."
        )
    if kind in files.NAMES:
        return cold.load_unsigned(text, source)
    return cold.load_plain(text, source)


def _require_signer(key: Key, expected: str | None) -> None:
    if key.address and expected and key.address != expected:
        raise InvalidInput(f"That is the key of {key.address}; {expected} is to sign. Nothing was signed.")


def _acknowledge(chain_id: Any, acknowledged: bool) -> None:
    if str(chain_id).isdecimal():
        unaudited(int(chain_id), acknowledged)


def _whole(
    unsigned: Sendable | tuple[Any, dict[str, Any]],
    key: Key,
    ring: Keyring,
    nonce: int | None,
    max_fee: int | None,
    tip: int | None,
    gas: int | None,
) -> Sendable:
    """A transaction that lacks nothing, with what is said on the command line.

    Raises:
        InvalidInput: It lacks something, or is told what it has already.
    """
    from ..keys import cold

    if isinstance(unsigned, cold.Sendable):
        if {nonce, max_fee, tip, gas} != {None}:
            raise InvalidInput(
                "This file has nonce, gas and fees already. Leave those options out, or prepare another file."
            )
        return unsigned
    transaction, content = unsigned
    maximum = max_fee or (cold.wei(content["maxFeePerGas"]) if "maxFeePerGas" in content else None)
    limit = gas or content.get("gas")
    lacking = [("--nonce", nonce), ("--max-fee", maximum), ("--gas", limit)]
    if missing := [option for option, value in lacking if value is None]:
        raise InvalidInput(
            f"The file does not say everything that is signed. Give {', '.join(missing)}; or where there is a network, "
            "have it looked up: recovery keys prepare FILE --from ADDR --network URL"
        )
    assert nonce is not None and maximum is not None  # noqa: S101 - nothing is missing
    sender = cold.address(content["from"]) if "from" in content else key.address
    if sender is None:  # a key on paper, or a keystore without its address
        sender = str(ring.open(key, "says whose transaction it is").address)
    price = (("maxFeePerGas", maximum), ("maxPriorityFeePerGas", min(tip or GWEI, maximum)))
    return cold.Sendable(content["chainId"], sender, nonce, files.integer(limit), price, transaction)


def _sign_typed(typed: Typed, ring: Keyring, key: Key) -> Signature:
    from ..keys.cold import Signature

    signing = ring.open(key, "signs this message")
    address = str(signing.address)
    if typed.signer not in (None, address):
        raise InvalidInput(f"That is the key of {address}; {typed.signer} is to sign. Nothing was signed.")
    signature = bytes(signing.sign_message(typed.signable).signature)
    if typed.signed_by(signature) != address:
        raise Refused("The signature that was just made is not right. Nothing was written; try again.")
    return Signature(typed.digest, address, signature)


def _sign_transaction(sendable: Sendable, ring: Keyring, key: Key) -> SignedTransaction:
    from ..keys.cold import SignedTransaction

    signing = ring.open(key, f"signs a transaction of {sendable.sender}")
    if str(signing.address) != sendable.sender:
        raise InvalidInput(f"That is the key of {signing.address}; {sendable.sender} is to sign. Nothing was signed.")
    raw = bytes(signing.sign_transaction(sendable.params()).raw_transaction)
    signed = SignedTransaction.of(raw, sendable.transaction.summary)
    if not signed.meant.says_the_same(sendable):
        raise Refused("What was just signed is another transaction. Nothing was written; try another key or device.")
    return signed


# ------------------------------------------------------------------------------------------------- send


@click.command(short_help="Send a transaction that was signed elsewhere")
@click.argument("file", type=FILE)
@click.option("--for", "asked", type=FILE, metavar="FILE", help="What was to be signed, to see that it is the same.")
@click.option("--confirmations", type=click.IntRange(1, 1000), default=1, metavar="N", help="Blocks to wait for.")
@reading
@yes_option
@_MAINNET
def send(file: Path, asked: Path | None, confirmations: int, where: Where, yes: bool, mainnet_unaudited: bool) -> None:
    """Send a transaction that was signed on another computer.

    Before, it is decoded and compared with the chain: whose it is, whether its turn has
    come, whether it can be paid for, and whether it would succeed.
    """
    from ..keys import cold
    from .keys import Keyring
    from .paying import follow
    from .show_signing import show_transaction

    signed = cold.load_signed(files.read(file), files.source_name(file))
    if isinstance(signed, cold.Signature):
        raise InvalidInput(
            f"This is a signature of {signed.signer} over a message, and there is nothing to send. Give it to the "
            f"command that wrote what was signed: --signature 0x{signed.signature.hex()}"
        )
    if asked is not None:
        _require_asked(signed.meant, asked)
    pay = Paying(
        where.network, where.deployment, None, Keyring(), yes, mainnet_unaudited, False, None, None, confirmations
    )
    client = where.connect()
    _require_chain(signed.meant.chain_id, client.chain_id)
    show_transaction(signed.meant)
    unaudited(client.chain_id, mainnet_unaudited)
    _require_sendable(client, signed)
    confirm("Send it?", yes)
    sent = follow(pay, client, lambda how, store, tell: _sent(client, signed, how, store, tell))
    say(f"Mined in block {sent.block}: {signed.summary or 'what was signed'}.", bold=True, colour="green")


def _require_asked(meant: Sendable, path: Path) -> None:
    """Refuses what is not what somebody was asked to sign.

    Raises:
        Refused: It differs.
    """
    from ..keys import cold

    asked = _unsigned(files.read(path), str(path))
    if isinstance(asked, cold.Typed):
        raise InvalidFile(f"{path} is a message to be signed, and this is a transaction.")
    if isinstance(asked, cold.Sendable):
        same = meant.says_the_same(asked)
    else:
        transaction, content = asked
        same = (meant.chain_id, meant.transaction.to, meant.transaction.value, meant.transaction.data) == (
            content["chainId"],
            transaction.to,
            transaction.value,
            transaction.data,
        )
    if not same:
        raise Refused(
            f"What was signed is not what {path} asks for. Nothing was sent. Do not send it: find out who has changed "
            "it, and on which of the two computers."
        )


def _require_sendable(client: RecoveryClient, signed: SignedTransaction) -> None:
    """Says early what a chain would refuse, or let wait for ever.

    Raises:
        Refused: It cannot be sent, now or at all.
    """
    from ..rpc import number, run
    from .durations import ether

    meant, identifier = signed.meant, f"0x{signed.hash.hex()}"
    count = run(client.web3, number("eth_getTransactionCount", meant.sender, "latest", limit=2**64))
    if meant.nonce < count:
        if run(client.web3, _known(identifier)) is not None:
            raise Refused(f"It was sent already, and is mined: {identifier}.")
        raise Refused(
            f"{meant.sender} has sent another transaction in its place: it is number {meant.nonce}, and the next one "
            f"is {count}. Nothing was sent. Prepare it anew, and have it signed again."
        )
    pending = run(client.web3, number("eth_getTransactionCount", meant.sender, "pending", limit=2**64))
    if meant.nonce > pending:
        raise Refused(
            f"It is number {meant.nonce} of {meant.sender}, and number {pending} has not been sent. Nothing was sent, "
            "as it would wait for that one. Send what comes before first."
        )
    balance = client.balance(meant.sender)
    if balance < meant.most:
        raise Refused(
            f"{meant.sender} has {ether(balance)}, but up to {ether(meant.most)} may be needed. Nothing was sent. Send "
            "it some and try again: the signed file stays good."
        )
    if client.simulate(meant.transaction, meant.sender) > meant.gas:
        raise Refused("It was signed with too little gas for what it does now. Nothing was sent. Prepare it anew.")


def _known(identifier: str) -> Steps[Any]:
    """A transaction as the node has it, or None."""
    from ..rpc import Ask

    return (yield Ask("eth_getTransactionByHash", (identifier,)))


def _sent(client: RecoveryClient, signed: SignedTransaction, how: Any, store: Any, tell: Any) -> Any:
    """Written down before it is sent, so that a run that is broken off can be taken up: recovery pending."""
    from dataclasses import replace

    from ..intents import Attempt, Intent
    from ..sending import Progress, purpose_of

    meant = signed.meant
    attempt = Attempt(signed.hash, signed.raw, meant.max_fee, dict(meant.price).get("maxPriorityFeePerGas", 0))
    intent = Intent(
        meant.chain_id,
        meant.sender,
        meant.nonce,
        meant.gas,
        replace(meant.transaction, summary=signed.summary or "do what was signed elsewhere"),
        purpose_of(meant.chain_id, meant.transaction),
        client.time(),
        (attempt,),
    )
    if not any(each.attempts[-1].hash == signed.hash for each in store.of(meant.chain_id, meant.sender)):
        store.add(intent)
    tell(Progress("stored", intent))
    return replace(client.follow(intent, None, how, store, tell, True), resumed=False)
