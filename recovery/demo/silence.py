"""The second story: an heir must wait for a year of silence, and for the owner to have had a last chance."""

from __future__ import annotations

from pathlib import Path

from .. import files
from ..building import Transaction
from ..explain import when
from ..messages import Call
from ..plan import PathPlan
from ..policy import DAY, Right
from ..request import Approvals, Request
from ..state import RequestState
from .people import Friend, Person, collect, plan
from .stage import Stage, ether, short

OWNER, HEIR = Person("Gil's key"), Person("Hana's key")
HEIRS = ("Hana", "Ida")
YEAR = 365 * DAY
_ETHER = 10**18


def play(stage: Stage, folder: Path) -> None:
    """Plays it.

    Args:
        stage: Where.
        folder: For the files that the guardians pass to each other.

    Raises:
        DemoFailed: Something did not go as told.
    """
    stage.chapter("Gil falls silent")
    stage.tell(
        "Gil sails alone. If he does not use his wallet for a year, his daughter Hana and the notary Ida may "
        "together make it Hana's. From the day they start, Gil has another 30 days to be heard of."
    )
    client = stage.client
    heirs = PathPlan(
        "heirs", Right.ROTATE, tuple((name, 1) for name in HEIRS), 2, True, False, YEAR, 30 * DAY, 90 * DAY
    )
    policy = plan(f"Gil {stage.chain.now}", 7 * DAY, HEIRS, heirs)
    wallet = client.deployment.wallet_address(OWNER.owners, policy.policy)
    stage.does(
        "Gil",
        "creates his wallet, puts 20 ether into it and sails.",
        client.create_wallet(OWNER.owners, policy.policy),
        Transaction(wallet, b"", "fund the wallet", 20 * _ETHER),
    )
    stage.require("The policy of Gil's wallet", client.policy(wallet), policy.policy)
    stage.fact("wallet", wallet)
    stage.fact("holds", ether(stage.balance(wallet)))
    state = client.state(wallet, 1)
    stage.fact("active", f"counted until {when(state.last_active)}, the end of that day")
    stage.fact("opens", f"{when(state.inactive_at(YEAR))}, if he stays silent")
    kits = {name: Friend.receive(folder, policy, name, client, wallet) for name in HEIRS}

    stage.time_passes(330 * DAY, "330 days without a word")
    early = _request(stage, kits, folder / "early.json")
    stage.is_refused(
        "Hana", "tries, a month early, with Ida's approval and her own.", client.submit(early), "RecoveryNotInactive"
    )

    stage.time_passes(40 * DAY, "40 days more")
    claim = _request(stage, kits, folder / "claim.json")
    stage.does("Hana", "starts, with both approvals: a year has passed.", client.submit(claim))
    status = client.state(wallet, 1).paths[0]
    stage.require("The request", status.state, RequestState.PENDING)
    stage.fact("state", status.state.name.lower())
    stage.fact("ready", when(status.ready_at, stage.chain.now))

    stage.time_passes(10 * DAY, "Ten days later a harbour, and a telephone")
    beat = stage.batch(wallet, OWNER.owners, [OWNER], client.heartbeat_call())
    before = state.last_active
    stage.does("Gil", "is alive, and has his wallet say so.", beat)
    state = client.state(wallet, 1)
    stage.require("Gil's activity has moved", state.last_active > before, True)
    stage.fact("active", f"counted until {when(state.last_active)}")
    stage.time_passes(20 * DAY)
    finalize = client.finalize(wallet, 0, policy.policy.paths[0], HEIR.owners)
    stage.require("The request by its times", client.state(wallet, 1).paths[0].state, RequestState.READY)
    stage.is_refused("Hana", "sees that it is ready and tries to finish.", finalize, "RecoveryNotInactive")
    clear = client.clear_active(wallet, 0, policy.policy.paths[0], HEIR.owners)
    stage.does("Stranger", "clears the claim away, as it can never be finished.", clear)
    status = client.state(wallet, 1).paths[0]
    stage.require("The request", status.state, RequestState.IDLE)
    stage.require("The owner of Gil's wallet", client.owners(wallet), OWNER.owners)
    stage.fact(
        "state",
        f"{status.state.name.lower()}; the owner is {short(client.owners(wallet).signers[0])}, Gil's key, as before",
    )

    stage.tell("Gil sails again. This time nobody hears of him.")
    wait = client.state(wallet, 1).inactive_at(YEAR) - stage.chain.now
    stage.time_passes(wait, "A year of silence")
    last = _request(stage, kits, folder / "last.json")
    stage.does("Hana", "starts again, with two new approvals.", client.submit(last))
    status = client.state(wallet, 1).paths[0]
    stage.fact("ready", when(status.ready_at, stage.chain.now))
    stage.time_passes(status.ready_at - stage.chain.now, "30 days in which nobody objects")
    stage.does("Hana", "finishes it.", finalize)
    stage.require("The owner of Gil's wallet", client.owners(wallet), HEIR.owners)
    stage.fact("owner", f"{short(client.owners(wallet).signers[0])}, Hana's key")
    home = Person("Hana's savings").address
    before = stage.balance(home)
    amount = stage.balance(wallet)
    stage.does("Hana", "moves all of it.", stage.batch(wallet, HEIR.owners, [HEIR], Call(home, amount)))
    stage.require("What Hana received", stage.balance(home) - before, 20 * _ETHER)
    stage.fact("moved", f"{ether(stage.balance(home) - before)}; the wallet holds {ether(stage.balance(wallet))}")


def _request(stage: Stage, kits: dict[str, Friend], file: Path) -> Approvals:
    """A request by Hana, approved by both, all by file."""
    kits["Hana"].ask(stage.client, 0, HEIR.owners, 3 * DAY, file)
    approvals = [kit.approve(stage.client, file) for kit in kits.values()]
    return Approvals.of(Request.loads(files.read(file)), collect(approvals))
