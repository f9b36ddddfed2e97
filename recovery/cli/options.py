"""Options that commands share, each collected into one object that does what they are about."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import InvalidInput, RecoveryError

if TYPE_CHECKING:
    from ..client import RecoveryClient
    from ..folder import Folder
    from ..settings import Profile, Settings
    from .keys import Key, Keyring
    from .sources import Source

_F = TypeVar("_F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path, dir_okay=False)
#: In the context: the name of the profile, the settings once they are read, and whether a program reads the output.
PROFILE, SETTINGS, JSON = "recovery.profile", "recovery.settings", "recovery.json"


# ---------------------------------------------------------------------------------------------- types


class AddressType(click.ParamType):
    """An address, with its checksum if it has one, or a name in the address book."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns it with ERC-55 checksum."""
        if ctx is not None and ctx.resilient_parsing:
            return str(value)  # while the shell completes, nothing is looked up
        from ..signer import Signer
        from .session import refuse_secret

        refuse_secret(value, "an address")
        if not value.strip().lower().startswith("0x") and not re.fullmatch(r"\s*[0-9a-fA-F]{40}\s*", value):
            named = settings().address(value)
            if named is None:
                import difflib

                near = difflib.get_close_matches(value, [name for name, _ in settings().address_book], n=1)
                raise InvalidInput(
                    f"{value[:50]!r} is neither an address (0x and 40 hexadecimal digits) nor a name in the address "
                    "book (ape-config.yaml, recovery: address_book:)." + (f" Did you mean {near[0]!r}?" if near else "")
                )
            return named
        if not int(value.strip().removeprefix("0x") or "0", 16):
            raise InvalidInput("The zero address is nobody's: whatever goes there is lost. Nothing was sent.")
        signer = Signer.parse(value)
        if not signer.is_address:
            raise InvalidInput(f"{value[:50]}... is too long for an address (0x and 40 hexadecimal digits).")
        return signer.address

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Names of the address book."""
        from .completion import complete_address

        return complete_address(incomplete)


class DurationType(click.ParamType):
    """A length of time, such as "3 days", in seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Returns seconds."""
        from .durations import parse_duration

        return value if isinstance(value, int) else parse_duration(value)


class FeeType(click.ParamType):
    """What a unit of gas may cost, such as "30 gwei", in wei."""

    name = "fee"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Returns wei."""
        from .durations import parse_value

        fee = value if isinstance(value, int) else parse_value(value)
        if not fee:
            raise InvalidInput('--max-fee should be more than nothing, for example "30 gwei".')
        return fee


ADDRESS, DURATION, FEE = AddressType(), DurationType(), FeeType()


# ------------------------------------------------------------------------------------------- settings


def settings() -> Settings:
    """What stands in ape-config.yaml, read once a command."""
    from ..settings import load

    meta = click.get_current_context().find_root().meta
    if SETTINGS not in meta:
        meta[SETTINGS] = load()
    found: Settings = meta[SETTINGS]
    return found


def profile() -> Profile:
    """The profile that was chosen, or the one called "default"; empty if there is none."""
    return settings().profile(click.get_current_context().find_root().meta.get(PROFILE))


# --------------------------------------------------------------------------------------------- objects


@dataclasses.dataclass(frozen=True)
class Where:
    """Which chain.

    Attributes:
        network: Address of a node, or a choice of Ape's.
        deployment: File with the contracts' addresses, if they are not the usual ones.
    """

    network: str | None
    deployment: Path | None

    @classmethod
    def of(cls, given: dict[str, Any]) -> Where:
        """From what was given and the profile."""
        return cls(given.pop("network") or profile().network, given.pop("deployment") or profile().deployment)

    def connect(self) -> RecoveryClient:
        """A client of the chain, whose contracts were compared with the shipped ones."""
        from .network import connect

        return connect(self.network, self.deployment)


@dataclasses.dataclass(frozen=True)
class Paying(Where):
    """Who pays for a transaction, and how it is sent.

    Attributes:
        account: Name of the key that pays.
        keys: Opens keys.
        yes: Do not ask.
        acknowledged: Mainnet although unaudited.
        dry_run: Only show what would be sent.
        unsigned: Write the transaction to this file instead of sending it.
        max_fee: The most to pay for a unit of gas, in wei.
        confirmations: How many blocks to wait for.
    """

    account: str | None
    keys: Keyring
    yes: bool
    acknowledged: bool
    dry_run: bool
    unsigned: Path | None
    max_fee: int | None
    confirmations: int

    @classmethod
    def of(cls, given: dict[str, Any]) -> Paying:
        """From what was given and the profile."""
        from .keys import Keyring
        from .session import require_free

        where = Where.of(given)
        if given["dry_run"] and given["unsigned"]:
            raise InvalidInput("Give --dry-run or --unsigned, not both.")
        if given["unsigned"]:
            require_free(given["unsigned"], "--unsigned")
        return cls(
            where.network,
            where.deployment,
            given.pop("account") or profile().account,
            Keyring(given.pop("password_fd")),
            given.pop("yes"),
            given.pop("mainnet_unaudited"),
            given.pop("dry_run"),
            given.pop("unsigned"),
            given.pop("max_fee") or profile().max_fee,
            given.pop("confirmations") or profile().confirmations or 1,
        )

    @property
    def sends(self) -> bool:
        """Whether something is sent in the end."""
        return not self.dry_run and self.unsigned is None

    def payer(self) -> Key | None:
        """Who pays, found before anything else is done; None if it takes nobody.

        Raises:
            InvalidInput: Nobody was named, or there is no such key.
        """
        from . import keys

        if self.account is not None:
            return keys.find(self.account)
        if self.sends:
            raise InvalidInput("Who pays the fee? Give --account: a keystore file, or the alias of an Ape account.")
        return None


def _collected(command: _F, name: str, build: Callable[[dict[str, Any]], Any], *options: Callable[[_F], _F]) -> _F:
    """The command with these options, which it gets as one object."""

    @functools.wraps(command)
    def wrapper(**given: Any) -> Any:
        return command(**{name: build(given)}, **given)

    result: Any = wrapper
    for option in reversed(options):
        result = option(result)
    return result  # type: ignore[no-any-return]


_NETWORK = click.option(
    "--network",
    metavar="WHERE",
    envvar="RECOVERY_NETWORK",
    help="Address of a node (http, https, ws, wss) or, with Ape, a choice such as ethereum:sepolia:node. "
    "Also from RECOVERY_NETWORK.",
)
_DEPLOYMENT = click.option(
    "--deployment",
    type=FILE,
    metavar="FILE",
    help="JSON with module, factory, wallet and lens, if the contracts do not stand at the usual addresses.",
)
_PAYING: tuple[Any, ...] = (
    click.option(
        "--account",
        metavar="KEY",
        help="Who pays for the transaction: a keystore file, or the alias of an Ape account (keyfile, hardware, KMS).",
    ),
    click.option("--dry-run", is_flag=True, help="Only show the call, who pays and what it costs. Signs nothing."),
    click.option(
        "--unsigned",
        type=FILE,
        metavar="FILE",
        help="Write the transaction to FILE, for whoever signs and sends it elsewhere, instead of sending it.",
    ),
    click.option("--max-fee", type=FEE, metavar="FEE", help='The most to pay for a unit of gas, such as "30 gwei".'),
    click.option(
        "--confirmations", type=click.IntRange(1, 1000), metavar="N", help="Blocks to wait for.  [default: 1]"
    ),
)
_PASSWORD = click.option(
    "--password-fd",
    type=click.IntRange(min=0),
    metavar="N",
    help="Read passwords from this file descriptor, one line for each key in the order they are needed.",
)
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
_MAINNET = click.option(
    "--mainnet-unaudited",
    is_flag=True,
    help="Act on a mainnet although these contracts have not been audited.",
)


def _remember(ctx: click.Context, _: click.Parameter, value: bool) -> bool:
    ctx.find_root().meta[JSON] = value
    return value


json_option = click.option(
    "--json",
    "as_json",
    is_flag=True,
    is_eager=True,
    callback=_remember,
    help="Print JSON, also of what goes wrong: error, with code and message.",
)


def reading(command: _F) -> _F:
    """Options of a command that reads the chain; it gets them as `where`."""
    return _collected(command, "where", Where.of, _NETWORK, _DEPLOYMENT)


def following(command: _F) -> _F:
    """Options of a command that deals with what was sent; it gets them as `pay`."""
    return _collected(command, "pay", Paying.of, _NETWORK, _DEPLOYMENT, *_PAYING, _PASSWORD, yes_option, _MAINNET)


def sending(command: _F) -> _F:
    """Options of a command that sends a transaction; it gets them as `pay`.

    If it has nothing to send, it is said what has become of what earlier runs were sending.
    """

    @functools.wraps(command)
    def wrapper(pay: Paying, **given: Any) -> Any:
        from .paying import left_over

        try:
            result = command(pay=pay, **given)
        except RecoveryError:
            left_over(pay)
            raise
        left_over(pay)
        return result

    return following(wrapper)  # type: ignore[return-value, unused-ignore]


def knowing(command: _F) -> _F:
    """`--kit` and `--policy`: what is known of the policy; the command gets it as `source`, None if nothing is."""

    def build(given: dict[str, Any]) -> Source | None:
        from .sources import from_files

        kit, policy = given.pop("kit_file"), given.pop("policy_file")
        if kit is None and policy is None:
            kit, policy = profile().kit, None if profile().kit else profile().policy
        return from_files(kit, policy)

    return _collected(
        command,
        "source",
        build,
        click.option("--kit", "kit_file", type=FILE, metavar="FILE", help="A guardian's kit."),
        click.option("--policy", "policy_file", type=FILE, metavar="FILE", help="Or the owner's policy file."),
    )


def owning(command: _F) -> _F:
    """`--signer`, once for each owner that signs; the command gets their names as `signers`."""

    def build(given: dict[str, Any]) -> tuple[str, ...]:
        names = given.pop("signers") or profile().signers
        return tuple(names)

    return _collected(
        command,
        "signers",
        build,
        click.option(
            "--signer",
            "signers",
            multiple=True,
            metavar="KEY",
            help="An owner who signs: a keystore file, or the alias of an Ape account. Repeat for more owners.",
        ),
    )


FOLDER = click.option(
    "--folder",
    "folder_path",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    envvar="RECOVERY_FOLDER",
    help="The owner's folder. Also from RECOVERY_FOLDER.",
)


def foldered(command: _F) -> _F:
    """`--folder`: the owner's folder, opened; the command gets it as `folder`."""

    def build(given: dict[str, Any]) -> Folder:
        from ..folder import Folder

        path = given.pop("folder_path") or profile().folder
        if path is None:
            raise InvalidInput(
                "Which folder? Give --folder with the owner's folder, or set RECOVERY_FOLDER. For example: "
                "--folder my-recovery"
            )
        return Folder.open(path)

    return _collected(command, "folder", build, FOLDER)


def unlocking(command: _F) -> _F:
    """`--password-fd`, for a command that opens keys and sends nothing; it gets them as `keys`."""

    def build(given: dict[str, Any]) -> Keyring:
        from .keys import Keyring

        return Keyring(given.pop("password_fd"))

    return _collected(command, "keys", build, _PASSWORD)
