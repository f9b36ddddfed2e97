"""What the contracts refuse, in words that say what to do next.

Every custom error of the shipped ABIs has a sentence here; a test sees to that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from functools import cache
from typing import Any, cast

from eth_utils import abi as abi_utils

from . import contracts
from .codec import decode
from .errors import Refused

RIGHTS = ("replace the owners", "freeze", "veto")


def listing(names: Sequence[str], last: str = "and") -> str:
    """Ana, Ben and Carl."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def when(time: int, now: int | None = None) -> str:
    """A time for people: date in UTC, and how far it is from `now`.

    Args:
        time: Seconds since 1970.
        now: Seconds since 1970, or None to leave the distance out.
    """
    if time > 253_402_300_799:  # beyond the year 9999, which datetime cannot say
        return "never"
    date = datetime.fromtimestamp(time, timezone.utc).strftime("%a %d %b %Y %H:%M UTC")
    if now is None:
        return date
    return f"{date} (in {duration(time - now)})" if time > now else f"{date} ({duration(now - time)} ago)"


def duration(seconds: int) -> str:
    """A length of time in its two largest units: "3 days 4 hours"."""
    if seconds < 60:
        return _count(max(0, seconds), "second")
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60))
    parts = []
    for name, size in units:
        if seconds >= size:
            parts.append(_count(seconds // size, name))
            seconds %= size
    return " ".join(parts[:2])


def _count(number: int, name: str) -> str:
    return f"{number} {name}" + ("" if number == 1 else "s")


SENTENCES: dict[str, Callable[..., str]] = {
    # policy
    "PolicyChangeDelayInvalid": lambda _: "A change of policy must wait 1 to 90 whole days.",
    "PolicyPathCountInvalid": lambda n: f"A policy has 1 to 32 paths, not {n}.",
    "PolicyWithoutRotation": lambda: "No path of the policy may replace the owners, so it could recover nothing.",
    "PolicyPathUnknown": lambda p: f"The policy has no path {p}.",
    "PathEncodingInvalid": lambda: "A path is not encoded as ABI encoders do it. Use another program to encode it.",
    "PathMemberCountInvalid": lambda p, n: f"Path {p}: a path has 1 to 32 guardians, not {n}.",
    "PathMemberEmpty": lambda p, m: f"Path {p}: guardian {m} has an empty commitment.",
    "PathThresholdZero": lambda p: f"Path {p}: with threshold 0 anybody could act.",
    "PathDelayInvalid": lambda p, _: f"Path {p}: rotate waits 1 hour to 365 days; freeze and veto act at once.",
    "PathWindowInvalid": lambda p, _: (
        f"Path {p}: a request's window is 1 hour to 365 days in whole hours, a freeze lasts 1 hour to 30 days."
    ),
    "PathInactivityInvalid": lambda p, _: f"Path {p}: inactivity is 0 or at least 7 days, and for rotate only.",
    "PathFlagsInvalid": lambda p: f"Path {p}: only requests of a rotate path can be cancelled or vetoed.",
    "PathUnsupported": lambda p: f"Path {p}: this kind of account cannot do what the path says.",
    "PolicyMissing": lambda a: f"{a} has no recovery policy on this chain. Check the address and the network.",
    "PolicyAlreadyConfigured": lambda a: f"{a} has a policy already. Schedule a change instead.",
    "PolicyMismatch": lambda a: (
        f"The policy of {a} is another one by now. Get the kit or policy file that belongs to the present policy."
    ),
    "ModuleNotEnabled": lambda a: f"{a} does not let this module recover it.",
    "ChangeNotPending": lambda _: "No such change of policy is pending: it was applied, dropped, vetoed or replaced.",
    "ChangeNotReady": lambda eta, end: f"The change can be applied from {when(eta)} to {when(end)}.",
    "ChangeBlocked": lambda n: (
        f"{n} recover{'y' if n == 1 else 'ies'} that the owner cannot cancel {'is' if n == 1 else 'are'} under way. "
        "The policy can change once it is finalized, cancelled, vetoed or cleared."
    ),
    "ChangeVetoUsed": lambda p: f"Veto path {p} has stopped a change in this epoch already; it can do so once.",
    "PathRightMismatch": lambda a, e: f"This path may {RIGHTS[a]}, but the action needs one that may {RIGHTS[e]}.",
    # owners
    "OwnersCountInvalid": lambda n: f"An account has 1 to 32 owners, not {n}.",
    "OwnersThresholdInvalid": lambda t, n: f"{t} of {n} owners cannot sign.",
    "OwnersUnsorted": lambda p: f"Owner {p} stands twice or out of order.",
    "OwnerInvalid": lambda p: (
        f"Owner {p} could never sign for the account: it is zero, too short, the account itself, "
        "or its verifier has no code on this chain."
    ),
    # approvals
    "ApprovalsUnsorted": lambda p: f"Approval {p} stands twice or out of order: one guardian counts once.",
    "ApprovalNotFromMember": lambda p: f"Approval {p} is of nobody in this path. Leave it out.",
    "ApprovalInvalid": lambda p: (
        f"The signature of approval {p} does not fit. It may be for an older policy or request: ask for it again."
    ),
    "ApprovalsInsufficient": lambda w, t: f"Approvals weigh {w} together; {t} are needed. Ask more guardians.",
    "DeadlinePassed": lambda d: f"These approvals were good until {when(d)}. Make a new request and ask again.",
    # requests
    "RecoveryAlreadyStarted": lambda p, end: (
        f"A recovery on path {p} is under way until {when(end)}; there is one at a time."
    ),
    "RecoveryNotStarted": lambda p: f"No recovery, or another one, is under way on path {p}.",
    "RecoveryMismatch": lambda p: f"Another recovery is under way on path {p}: path, owners or threshold differ.",
    "RecoveryNotReady": lambda ready, end: (
        f"Not yet, or not any more. This recovery can be finalized from {when(ready)} to {when(end)}."
    ),
    "RecoveryExpired": lambda end: f"This recovery expired on {when(end)}. Guardians can start another one.",
    "RecoveryStillOpen": lambda end: f"This recovery can still be finalized until {when(end)}.",
    "RecoveryNotCancellable": lambda p: (
        f"The owner cannot cancel a recovery on path {p}; that is how it stands against a thief."
    ),
    "RecoveryNotVetoable": lambda p: f"A recovery on path {p} cannot be vetoed.",
    "RecoveryNonceExhausted": lambda: "This path has used up its requests. Change the policy to go on.",
    "RecoveryNotInactive": lambda last, wait: (
        f"The owner has been active: this path opens on {when(last + wait)}, if the owner stays silent."
        if last
        else "Nothing is known of the owner's activity, so this path cannot be used."
    ),
    "RotationFailed": lambda a: f"{a} did not take the new owners. Nothing has changed.",
    # freeze
    "FreezeCoolingDown": lambda end: f"The account was frozen lately and can be frozen again from {when(end)}.",
    "FreezeNotFound": lambda _: "The account is not frozen, or not by this path.",
    "FreezeFailed": lambda a: f"{a} did not obey. Nothing has changed.",
    # wallet
    "WalletAlreadyInitialized": lambda: "The wallet has owners already.",
    "WalletUnauthorized": lambda _: "The wallet's owners have not signed this, or it was changed since.",
    "WalletFrozen": lambda end: (
        f"The wallet is frozen until {when(end)}. Until then it can only cancel requests, "
        "schedule or drop a change of policy, and send a heartbeat."
    ),
    "WalletDeadlineInvalid": lambda d: (
        f"The batch was good until {when(d)}, or lies more than a day ahead. Sign again."
    ),
    "WalletModeUnsupported": lambda _: "The wallet executes single batches (ERC-7821) only.",
    "AccountUnauthorized": lambda a: f"{a} may not do this.",
    "ERC7579DecodingError": lambda: "The batch is not encoded as ERC-7821 says.",
    "LensAccountsInvalid": lambda n: f"Accounts come as 20 bytes each; {n} bytes were given.",
}


@cache
def _errors() -> dict[bytes, dict[str, Any]]:
    found = {}
    for name in contracts.CONTRACTS:
        for item in contracts.load(name).abi:
            if item["type"] == "error":
                found[bytes(abi_utils.function_abi_to_4byte_selector(cast(Any, item)))] = item
    return found


def explain(data: bytes) -> Refused:
    """Turns what a contract has reverted with into an error that says what to do.

    Args:
        data: The returned bytes: selector and arguments.

    Returns:
        The error, to be raised. Its `code` is the contract error's name.
    """
    item = _errors().get(data[:4])
    if item is None:
        return _refused("reverted", f"The contract refused it{_reason(data)}.")
    try:
        values = decode([argument["type"] for argument in item["inputs"]], data[4:])
    except Exception:  # a node that cuts answers off
        return _refused(item["name"], f"The contract refused it: {item['name']}.")
    if item["name"] not in SENTENCES:
        return _refused(item["name"], f"The contract refused it: {item['name']}{values}.")
    return refusal(item["name"], *values)


def refusal(code: str, *arguments: Any, message: str = "") -> Refused:
    """What the contracts would refuse, foreseen.

    Args:
        code: The name of their error.
        arguments: Its arguments.
        message: What to say if there is something better to say than without knowing the account.

    Returns:
        The error, to be raised.
    """
    return _refused(code, message or SENTENCES[code](*arguments), arguments)


def _refused(code: str, message: str, arguments: tuple[Any, ...] = ()) -> Refused:
    error = Refused(message)
    error.code = code
    error.arguments = arguments
    return error


def _reason(data: bytes) -> str:
    """Of a plain `revert("...")`, or nothing."""
    if data[:4] != bytes.fromhex("08c379a0"):
        return ""
    try:
        text = "".join(c for c in decode(["string"], data[4:])[0][:200] if c.isprintable())
        return f": {text}"
    except Exception:  # whatever it is, it is no reason that could be shown
        return ""
