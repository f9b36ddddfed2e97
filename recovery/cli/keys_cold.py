"""`recovery keys prepare` and `sign`: signing on a computer without a network, and what goes before.

The cold half is `sign`: it needs nothing but a file and a key. `prepare` reads the chain.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import files
from ..errors import InvalidInput, Refused
from .options import _MAINNET, ADDRESS, FEE, FILE, Where, reading, unlocking, yes_option
from .session import command_line, confirm, quote, require_free, say, unaudited

if TYPE_CHECKING:
    from ..keys.cold import Sendable, Signature, Signed, SignedTransaction, Typed, Unsigned
    from .keys import Key, Keyring

GWEI = 10**9
_OUTPUT = click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to write it.")
_FEE = click.option("--max-fee", type=FEE, metavar="FEE", help='The most to pay for a unit of gas, such as "30 gwei".')


# ---------------------------------------------------------------------------------------------- prepare


@click.command(short_help="Add what only the chain knows, for a computer without network")
@click.argument("file", type=FILE, required=False, metavar="[FILE]")
@click.option("--from", "sender", type=ADDRESS, metavar="ADDR", help="Who is to sign.")
@click.option(
    "--delegate",
    metavar="CODE",
    help="Instead of FILE: have a plain key's account use this code (EIP-7702): an address, wallet for RecoveryWallet, "
    "or none.",
)
@click.option("--own-transaction", "own", is_flag=True, help="With --delegate: the account itself will send it.")
@_FEE
@_OUTPUT
@reading
def prepare(
    file: Path | None,
    sender: str | None,
    delegate: str | None,
    own: bool,
    max_fee: int | None,
    output: Path | None,
    where: Where,
) -> None:
    """Prepare a transaction for a computer that has no network.

    FILE is what --unsigned has written: nonce, gas and fees are added as the chain has
    them now. What --typed-data has written needs no chain, and only gets an envelope, so
    that it can be shown as a QR code.

    With --delegate it is an authorization (EIP-7702) of the plain key in --from. Once
    that is signed, give the signed file as FILE, with whoever pays in --from: what
    comes out is the transaction that carries it.
    """
    from ..keys import cold
    from .show_signing import show_authorization, show_transaction

    if (file is None) == (delegate is None) or (own and delegate is None):
        raise click.UsageError("Name a FILE, or give --delegate, alone or with --own-transaction.")
    stem = "delegate" if file is None else file.stem
    if stem.endswith("-signed"):  # an authorization, and now the transaction that carries it
        stem = stem.removesuffix("-signed") + "-transaction"
    output = output or Path(f"{stem}-to-sign.json")
    require_free(output)
    unsigned: Unsigned
    if delegate is not None:
        from .keys_delegate import wanted

        unsigned = wanted(where.connect(), delegate, sender, own)
        show_authorization(unsigned)
        click.echo()
    else:
        assert file is not None  # noqa: S101 - it is one of the two
        unsigned = _prepared(file, sender, max_fee, where)
        if isinstance(unsigned, cold.Sendable):
            show_transaction(unsigned)
            click.echo()
    files.write(output, cold.dump_unsigned(unsigned))
    say(f"Written to {output}. Nothing was signed or sent.", bold=True, colour="green")
    if isinstance(unsigned, cold.Authorization):
        say(f"Until it is carried out, send nothing from {sender}: it is good for its nonce {unsigned.nonce} alone.")
    if isinstance(unsigned, cold.Sendable):
        say(
            f"Until it is sent, send nothing else from {unsigned.sender}: this is its transaction number "
            f"{unsigned.nonce}. What has a deadline has to be sent before it."
        )
    say("Next: carry it over, as a file or as QR codes, and sign it there:")
    command_line(f"recovery qr {quote(output)}", f"recovery keys sign {quote(output.name)} --signer KEY")


def _prepared(file: Path, sender: str | None, max_fee: int | None, where: Where) -> Unsigned:
    """What a file asks to have signed, with what the chain knows.

    Raises:
        InvalidInput: It is not said who is to sign, or it is signed already.
        Refused: It could not be sent.
    """
    from ..keys import cold

    text, source = files.read(file), files.source_name(file)
    if files.kind_of(text) == cold.SIGNED:
        signed = cold.load_signed(text, source)
        if not isinstance(signed, cold.SignedAuthorization):
            raise InvalidInput(
                f"{source} is signed already. If it is a transaction: recovery keys send {quote(source)}"
            )
        from .keys_delegate import carrier

        if sender is None:
            raise InvalidInput("Who pays for the transaction that carries it? Give --from with the address.")
        client = where.connect()
        require_chain(signed.meant.chain_id, client.chain_id)
        return carrier(client, signed, sender, max_fee)
    plain = cold.load_plain(text, source)
    if isinstance(plain, cold.Typed):
        return cold.Typed(sender, plain.document)
    transaction, content = plain
    sender = sender or (cold.address(content["from"]) if "from" in content else None)
    if sender is None:
        raise InvalidInput("Who is to sign it? Give --from with the address: nonce and balance are theirs.")
    cap = max_fee or (cold.wei(content["maxFeePerGas"]) if "maxFeePerGas" in content else None)
    client = where.connect()
    require_chain(content["chainId"], client.chain_id)
    made = client.prepare(transaction, sender, cap)
    price = tuple(
        (name, int(made[name], 16)) for name in ("maxFeePerGas", "maxPriorityFeePerGas", "gasPrice") if name in made
    )
    return cold.Sendable(client.chain_id, sender, int(made["nonce"]), int(made["gas"]), price, transaction)


def require_chain(named: int, connected: int) -> None:
    """Refuses what is for another chain than the one that is asked.

    Raises:
        Refused: It is.
    """
    from ..chains import chain_name

    if named != connected:
        raise Refused(
            f"It is for {chain_name(named)}, and this is {chain_name(connected)}. Nothing was sent. Choose the other "
            "network with --network."
        )


# ------------------------------------------------------------------------------------------------- sign


@click.command(short_help="Sign a file, without any network")
@click.argument("file", type=FILE)
@click.option(
    "--signer", required=True, metavar="KEY", help="Your key: a keystore, an Ape account, paper, or a module's."
)
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
    """Sign a transaction, a message or an authorization on a computer without network.

    FILE is what `recovery keys prepare`, --unsigned or --typed-data has written, also as
    text or as a picture of QR codes. You see what it does, decoded here and not by
    whoever wrote it. What comes out holds no secret.
    """
    from ..keys import cold
    from . import keys as keyring
    from .show_signing import show_authorization, show_transaction, show_typed

    output = output or Path(f"{file.stem.removesuffix('-to-sign')}-signed.json")
    require_free(output)
    key = keyring.find(signer)
    text = files.read(file)
    unsigned = asked_for(text, files.source_name(file))
    signed: Signed
    if not isinstance(unsigned, (cold.Sendable, tuple)) and {nonce, max_fee, tip, gas} != {None}:
        raise InvalidInput("--nonce, --gas and fees are for transactions, and this is a message. Leave them out.")
    if isinstance(unsigned, cold.Authorization):
        from . import keys_delegate

        _require_signer(keys_delegate.require_able(key), unsigned.authority)
        show_authorization(unsigned)
        _acknowledge(unsigned.chain_id, mainnet_unaudited)
        confirm("Sign it?", yes)
        signed = keys_delegate.sign(unsigned, keys, key)
    elif isinstance(unsigned, cold.Typed):
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
    elif isinstance(signed, cold.SignedAuthorization):
        say("There, make a transaction that carries it; anybody can pay for it:")
        command_line(f"recovery keys prepare {quote(output.name)} --from ADDR --network URL")
        say("This is it in RLP, for other programs. Whoever has it can have it carried out:")
        command_line(f"0x{signed.raw.hex()}")
    else:
        say("There, give it to the command that wrote what was signed. This is it, too:")
        command_line(f"--signature 0x{signed.signature.hex()}")


def asked_for(text: str, source: str) -> Unsigned | tuple[Any, dict[str, Any]]:
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

    if sendable.authorizations:
        from .keys_delegate import require_able

        require_able(key)
    signing = ring.open(key, f"signs a transaction of {sendable.sender}")
    if str(signing.address) != sendable.sender:
        raise InvalidInput(f"That is the key of {signing.address}; {sendable.sender} is to sign. Nothing was signed.")
    raw = bytes(signing.sign_transaction(sendable.params()).raw_transaction)
    signed = SignedTransaction.of(raw, sendable.transaction.summary)
    if not signed.meant.says_the_same(sendable):
        raise Refused("What was just signed is another transaction. Nothing was written; try another key or device.")
    return signed
