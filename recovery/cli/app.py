"""The lazy group of all commands, and what becomes of errors."""

from __future__ import annotations

import errno
import importlib
import json
import os
import sys
import textwrap
from typing import IO, Any

import click

from ..errors import InvalidInput, RecoveryError
from .options import JSON, PROFILE
from .session import SENT, Flight

#: Sections of the help, and for each command the file that holds it and what it does.
SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Prepare": {
        "setup": ("setup", "Protect an account, step by step"),
        "policy": ("policy", "Decide who can get you back, and how; change it later"),
        "wallet": ("wallet", "Create a wallet with that policy, look at it, send from it"),
        "keys": ("owner_keys", "Make and keep your own keys, and sign offline"),
        "guardian": ("guardian", "Be a guardian, and look after yours"),
        "kit": ("kit", "Make what guardians keep, as files and on paper"),
        "bundle": ("bundle", "Keep everything that brings you back in one file"),
        "backup": ("backup", "Split a key among people you trust, and put it together"),
        "plan": ("runbook", "Write down for owner, guardians and heirs what to do"),
    },
    "Recover": {
        "request": ("request", "Write down what guardians are asked to do"),
        "words": ("six", "Show a request's six words, to read them out"),
        "approve": ("approve", "Sign a request, as a guardian, or take it back"),
        "start": ("submit", "Start the recovery, once enough guardians have signed"),
        "finalize": ("finalize", "Put the new owners in place, when the waiting time is over"),
    },
    "Defend": {
        "panic": ("panic", "Your key is stolen: freeze at once, and prepare the way back"),
        "cancel": ("cancel", "Stop a recovery that you did not ask for"),
        "veto": ("submit", "Stop a recovery or a change of policy, with a veto path"),
        "freeze": ("submit", "Stop all spending at once, for a while"),
        "freeze-card": ("freeze_card", "Print a freeze that was signed ahead, for any phone to send"),
        "thaw": ("submit", "End a freeze, by the guardians who began it"),
        "clear": ("finalize", "Clear away a recovery that can never be finalized"),
        "tricked": ("tricked", "As a guardian: stop what you have approved"),
    },
    "Watch": {
        "status": ("status", "What to do now, and why"),
        "history": ("history", "What has happened, from the chain's events"),
        "heartbeat": ("heartbeat", "Show that the owner is alive"),
        "pending": ("pending", "Transactions of runs that were broken off"),
    },
    "Pass on": {
        "qr": ("qr", "Show a file as QR codes or as text"),
        "scan": ("scan", "Read a file from pictures or text"),
    },
    "Try": {
        "demo": ("demo", "Recover an account on a chain in memory, and see every step"),
        "completion": ("completion", "Have your shell complete commands and names"),
    },
}
COMMANDS = {name: place for section in SECTIONS.values() for name, place in section.items()}


class Failure(click.ClickException):
    """An error of this package, as click shows it."""

    heading = "Error: "

    def __init__(self, message: str, exit_code: int, code: str = "") -> None:
        super().__init__(message)
        self.exit_code, self.code = exit_code, code

    def show(self, file: IO[Any] | None = None) -> None:
        """Prints `Error: …`, folded where somebody reads it and whole where a program does."""
        text = self.heading + self.message
        if sys.stderr.isatty():
            text = "\n".join(
                textwrap.fill(line, 80, break_long_words=False, break_on_hyphens=False) for line in text.split("\n")
            )
        click.echo(text, file=file, err=file is None)
        if self.code:  # a program reads the output
            click.echo(json.dumps({"error": {"code": self.code, "message": self.message}}, ensure_ascii=False))


class Stopped(Failure):
    """Somebody has pressed Ctrl-C: no error, but nothing was finished either."""

    heading = ""


class LazyGroup(click.Group):
    """Imports a command's file when the command is used, and no sooner."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module = importlib.import_module(f".{place[0]}", __package__)
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command, or says which is the nearest."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS and not ctx.resilient_parsing:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" There are: {', '.join(COMMANDS)}."
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The static table: nothing is imported for it."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, text) for name, (_, text) in commands.items()], col_max=12)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command. Whatever goes wrong becomes one clear sentence, never a traceback."""
        ctx.meta[SENT] = Flight()
        try:
            return super().invoke(ctx)
        except RecoveryError as error:
            usage = isinstance(error, InvalidInput) and not ctx.meta[SENT].hash
            code = error.code if ctx.find_root().meta.get(JSON) else ""
            raise Failure(_told(ctx, error.message), 2 if usage else 1, code) from error
        except (KeyboardInterrupt, click.Abort) as error:
            click.echo(err=True)
            raise Stopped(_stopped(ctx), 1) from error
        except (click.ClickException, click.exceptions.Exit):
            raise
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read our output has seen enough
                raise
            raise Failure(f"{error.strerror or error}. {_stopped(ctx)}", 1) from error
        except Exception as error:
            if os.environ.get("RECOVERY_DEBUG"):
                raise
            raise Failure(
                f"Something unexpected happened ({type(error).__name__}); this is a fault in ape-recovery. "
                f"{_stopped(ctx)} Set RECOVERY_DEBUG=1 to see where, and please report it.",
                1,
            ) from error


def _told(ctx: click.Context, message: str) -> str:
    """What went wrong, and what may have been sent all the same."""
    flight: Flight = ctx.meta[SENT]
    if not flight.hash or flight.hash in message:
        return message
    if flight.mined:
        return f"Transaction {flight.hash} was mined. What went wrong came after it: {message}"
    return f"{message} Transaction {flight.hash} may have been sent. {_AGAIN}"


def _stopped(ctx: click.Context) -> str:
    flight: Flight = ctx.meta[SENT]
    if not flight.hash:
        return "Stopped. Nothing was sent."
    if flight.mined:
        return f"Stopped, but transaction {flight.hash} was mined before. Look at the account before you go on."
    return f"Stopped, but transaction {flight.hash} may have been sent. {_AGAIN}"


_AGAIN = "Run the same command again to go on with it: nothing is sent twice. What is left over: recovery pending"


def _profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    from .completion import complete_profile

    return list(complete_profile(incomplete))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="Begin with: recovery setup",
    no_args_is_help=True,
)
@click.option(
    "--profile",
    metavar="NAME",
    envvar="RECOVERY_PROFILE",
    shell_complete=_profiles,
    help='A profile in ape-config.yaml that stands in for options.  [default: the one called "default"]',
)
@click.version_option(package_name="ape-recovery", message="ape-recovery %(version)s")
@click.pass_context
def cli(ctx: click.Context, profile: str | None) -> None:
    """Get back into an Ethereum account with the help of people you trust.

    An owner names guardians once. When the owner's keys are lost or stolen, or the
    owner has been silent too long, enough guardians together put new owners in
    place, after a public waiting time. They never hold what is in the account.
    """
    ctx.find_root().meta[PROFILE] = profile
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        ctx.color = False
