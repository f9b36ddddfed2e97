"""A rehearsal: the owner's own policy, with stand-ins for everybody, on a chain in memory."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eth_utils import keccak

from .. import files
from ..building import Transaction
from ..errors import Refused
from ..explain import duration
from ..messages import Call
from ..plan import PathPlan, PolicyPlan
from ..policy import DAY, Right
from ..quorum import Owners
from ..request import Approvals, Request
from .chain import in_memory
from .people import Friend, Person, collect
from .show import prepare
from .stage import Stage, ether, short

_ETHER = 10**18


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """How it went.

    Attributes:
        path: Label of the path that was used.
        guardians: Who has helped.
        seconds: How long it took, people included.
    """

    path: str
    guardians: tuple[str, ...]
    seconds: float


def choose(plan: PolicyPlan) -> tuple[PathPlan, list[str]]:
    """The quickest path that needs neither silence nor a key of the owner's, and the fewest guardians that it takes.

    Raises:
        Refused: There is none.
    """
    own = {signer for _, signer in plan.owners}
    found: list[tuple[int, int, PathPlan, list[str]]] = []
    for place, path in enumerate(plan.paths):
        if path.right is not Right.ROTATE or path.inactivity:
            continue
        helping: list[str] = []
        missing = path.threshold
        for name, weight in sorted(path.guardians, key=lambda each: -each[1]):
            if missing > 0 and plan.guardian(name).signer not in own:
                helping.append(name)
                missing -= weight
        if missing <= 0:
            found.append((path.delay, place, path, helping))
    if not found:
        raise Refused("No path of this policy gets you back without a key of yours and without waiting for silence.")
    _, _, path, helping = min(found, key=lambda each: each[:2])
    return path, helping


def rehearse(
    plan: PolicyPlan,
    write: Callable[[str], None],
    hear: Callable[[str, Sequence[str], bytes], None],
    *,
    color: bool = True,
) -> Rehearsed:
    """Recovers an account with this policy, whose keys are all lost.

    Args:
        plan: The policy.
        write: Takes each line.
        hear: Asks whoever sits there for words of a request, as a guardian: gets the guardian's name, the six words,
            and the request's digest.
        color: Whether to use colours.

    Raises:
        Refused: No path of it helps where every key is lost, or the words are others.
        DemoFailed: A step did not go as told.
        MissingExtra: The chain in memory needs packages that are not installed.
    """
    from ..six_words import six_words

    begun = time.monotonic()
    path, helping = choose(plan)
    index = plan.paths.index(path)
    relayer = Person("Relayer")
    chain = in_memory((relayer.address,))
    client = prepare(chain, relayer)
    stage = Stage(chain, client, relayer.account, write, color=color)
    old, new = Owners.of([Person("the lost key").signer]), Person("your new key")
    actors = _with_stand_ins(plan)
    wallet = client.deployment.wallet_address(old, actors.policy)

    stage.tell(
        "A rehearsal of about ninety seconds, with your policy and the names of your guardians, on a chain in memory. "
        "Everybody's keys are stand-ins: nothing of it is real, and nobody hears of it."
    )
    stage.does(
        "You",
        "have an account with your policy, and 1 ether in it.",
        client.create_wallet(old, actors.policy),
        Transaction(wallet, b"", "fund the wallet", _ETHER),
    )
    stage.line("    This morning every key of yours is gone. You have nothing but telephone numbers.")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        kits = {name: Friend.receive(folder, actors, name, client, wallet) for name in helping}
        file = kits[helping[0]].ask(client, index, new.owners, 3 * DAY, folder / "request.json")
        request = Request.loads(files.read(file))
        words = six_words(request.digest)
        stage.does(helping[0], f"writes down, with their kit, what you read on the phone: {short(new.signer)}.")
        stage.line()
        stage.line("    On their screen stand six words, which belong to this request alone:")
        stage.line(f"        {' '.join(words)}")
        stage.line(f"    You read them to {' and '.join(helping)} on the phone.")
        stage.line()
        hear(helping[-1], words, request.digest)
        approvals = [kits[name].approve(client, file) for name in helping]
        stage.does(" and ".join(helping), "sign.")
        complete = Approvals.of(request, collect(approvals))
    stage.does("Anybody", "starts it.", client.submit(complete))
    finalize = client.finalize(wallet, index, actors.policy.paths[index], new.owners)
    stage.is_refused("A thief", "cannot hurry it.", finalize, "RecoveryNotReady")
    stage.time_passes(path.delay, f"{duration(path.delay)} pass, in which it can be seen and stopped")
    stage.does("Anybody", "finishes it.", finalize)
    stage.require("The owner", client.owners(wallet), new.owners)
    shop = Person("a shop").address
    stage.does("You", "pay with your new key.", stage.batch(wallet, new.owners, [new], Call(shop, _ETHER // 2)))
    stage.require("What was paid", stage.balance(shop), _ETHER // 2)
    stage.fact("left", ether(stage.balance(wallet)))
    return Rehearsed(path.label, tuple(helping), time.monotonic() - begun)


def _with_stand_ins(plan: PolicyPlan) -> PolicyPlan:
    """The same policy with another secret, and keys for everybody that are worth nothing."""
    guardians = tuple(replace(each, signer=Person(each.name).signer) for each in plan.guardians)
    return replace(plan, secret=keccak(text="rehearsal"), guardians=guardians, owners=(), owners_threshold=0)
