"""The third story: a thief has the owner's key, and everything that he tries."""

from __future__ import annotations

from pathlib import Path

from .. import files
from ..building import Transaction
from ..explain import duration, when
from ..messages import Call
from ..plan import PathPlan, PolicyPlan
from ..policy import DAY, Right
from ..quorum import Approval, Member
from ..request import Approvals, Request, SignedApproval, approve
from ..state import RequestState
from .people import Friend, Person, collect, plan
from .stage import Stage, ether, short

STOLEN, NEW, THIEF = Person("Mia's stolen key"), Person("Mia's new key"), Person("Thief")
FRIENDS = ("Ben", "Carla", "Dev")
ALARM, THEFT = 0, 1
_ETHER = 10**18


def play(stage: Stage, folder: Path) -> int:
    """Plays it.

    Args:
        stage: Where.
        folder: For the files that the guardians pass to each other.

    Returns:
        What the thief keeps, in wei.

    Raises:
        DemoFailed: Something did not go as told.
    """
    stage.chapter("A thief has Mia's key")
    stage.tell(
        "A thief holds the same key as the owner, so what the owner can stop, he can stop too. Mia's policy has "
        "two ways in. Path “alarm”: any one of three friends can freeze the wallet, for seven days. Path “theft”: "
        "any two replace the key after five days, and the key's holder cannot cancel it. A change of "
        "the policy itself waits three days."
    )
    client = stage.client
    policy = _policy(stage)
    wallet = client.deployment.wallet_address(STOLEN.owners, policy.policy)
    stage.does(
        "Mia",
        "creates her wallet and puts 10 ether into it.",
        client.create_wallet(STOLEN.owners, policy.policy),
        Transaction(wallet, b"", "fund the wallet", 10 * _ETHER),
    )
    stage.require("The policy of Mia's wallet", client.policy(wallet), policy.policy)
    stage.fact("wallet", wallet)
    stage.fact("holds", ether(stage.balance(wallet)))
    kits = {name: Friend.receive(folder, policy, name, client, wallet) for name in FRIENDS}

    stage.tell("One night she types her words into the wrong page.")
    begun = stage.chain.now
    taken = _first_night(stage, wallet, policy)
    _alarm(stage, wallet, policy, kits)
    alone = stage.chain.now - begun
    at_risk = stage.balance(wallet)
    _struggle(stage, wallet, policy, kits, folder)

    saved = stage.balance(wallet)
    home = Person("Mia's savings").address
    before = stage.balance(home)
    stage.does("Mia", "moves what is left with her new key.", stage.batch(wallet, NEW.owners, [NEW], Call(home, saved)))
    stage.require("What was saved", stage.balance(home) - before, saved)
    stage.require("Saved and stolen", saved + taken, 10 * _ETHER)
    stage.fact("saved", ether(stage.balance(home) - before))
    stage.fact("stolen", f"{ether(taken)}, sent before anybody had noticed")
    stage.tell(
        f"Nothing brings back what a thief has sent, and between the theft and the freeze he had {duration(alone)} "
        f"in which he could have sent the other {ether(at_risk)} too. That is why a wallet with much in it has two "
        "owners, 2-of-2, and a path for the loss of either: one stolen key then sends nothing."
    )
    return taken


def _policy(stage: Stage) -> PolicyPlan:
    everybody = tuple((name, 1) for name in FRIENDS)
    return plan(
        f"Mia {stage.chain.now}",
        3 * DAY,
        FRIENDS,
        PathPlan("alarm", Right.FREEZE, everybody, 1, window=7 * DAY),
        PathPlan("theft", Right.ROTATE, everybody, 2, False, False, 0, 5 * DAY, 14 * DAY),
    )


def _first_night(stage: Stage, wallet: str, policy: PolicyPlan) -> int:
    """What the thief gets away with, and what not. Returns what he has got, in wei."""
    before = stage.balance(THIEF.address)
    stage.does("Thief", "sends himself 3 ether, to see.", _steal(stage, wallet, 3))
    taken = stage.balance(THIEF.address) - before
    stage.require("What the thief has got", taken, 3 * _ETHER)
    stage.fact("stolen", f"{ether(taken)}; the wallet holds {ether(stage.balance(wallet))}")
    request = _freeze(stage, wallet, policy)
    pretended = Approval(0, Member(THIEF.signer, 1, bytes(32)), THIEF.sign(request.message))
    stage.is_refused(
        "Thief",
        "wants to freeze the wallet himself, to shut Mia and her friends out.",
        stage.client.submit(Approvals(request, (SignedApproval(request.digest, pretended),))),
        "ApprovalNotFromMember",
    )
    return taken


def _alarm(stage: Stage, wallet: str, policy: PolicyPlan, kits: dict[str, Friend]) -> None:
    """One guardian freezes; the thief's key is good for nothing that pays."""
    stage.time_passes(6 * 3600, "Mia sees it at breakfast and calls Ben")
    client = stage.client
    request = _freeze(stage, wallet, policy)
    ben = kits["Ben"]
    approval = approve(request, ben.opening(ALARM), ben.person.sign(request.message))
    stage.does("Ben", "freezes the wallet, alone and at once.", client.submit(Approvals.of(request, [approval])))
    state = client.state(wallet, 2)
    stage.require("The wallet is frozen", state.frozen, True)
    stage.fact("frozen", f"until {when(state.frozen_until)}")
    stage.is_refused("Thief", "wants the other 7 ether.", _steal(stage, wallet, 7), "WalletFrozen")
    stage.is_refused(
        "Thief",
        "wants to put a key of his own in place of Mia's.",
        stage.batch(wallet, STOLEN.owners, [STOLEN], client.rotate_owners_call(THIEF.owners)),
        "WalletFrozen",
    )
    stage.fact("holds", f"{ether(stage.balance(wallet))}, as before")


def _struggle(stage: Stage, wallet: str, policy: PolicyPlan, kits: dict[str, Friend], folder: Path) -> None:
    """The recovery that the thief cannot stop, and what he tries."""
    client = stage.client
    file = kits["Carla"].ask(client, THEFT, NEW.owners, 2 * DAY, folder / "request.json")
    approvals = collect([kits[name].approve(client, file) for name in ("Carla", "Dev")])
    start = client.submit(Approvals.of(Request.loads(files.read(file)), approvals))
    stage.does("Carla", "starts the recovery on path “theft”, with Dev.", start)
    state = client.state(wallet, 2)
    status = state.paths[THEFT]
    stage.require("The request", status.state, RequestState.PENDING)
    stage.fact("new owner", f"{short(client.requested_owners(wallet, THEFT).signers[0])}, Mia's new key")
    stage.fact("ready", f"{when(status.ready_at, stage.chain.now)}; the wallet stays frozen longer")
    stage.require("The freeze outlasts the delay", state.frozen_until > status.ready_at, True)
    cancel = stage.batch(
        wallet, STOLEN.owners, [STOLEN], client.cancel_call(client.state(wallet, 0).epoch, THEFT, status.nonce)
    )
    stage.is_refused("Thief", "tries to cancel it, as an owner would.", cancel, "RecoveryNotCancellable")

    mine = plan(
        "Thief", DAY, ("Thief",), PathPlan("mine", Right.ROTATE, (("Thief", 1),), 1, False, False, 0, 3600, 3600)
    )
    change = stage.client.schedule_change_call(mine.policy)
    stage.does(
        "Thief",
        "schedules another policy, with himself as the only guardian. A frozen wallet can do that much: an owner "
        "may have to.",
        stage.batch(wallet, STOLEN.owners, [STOLEN], change),
    )
    state = client.state(wallet, 2)
    stage.require("The pending change", state.change_policy_hash, mine.policy.hash[:24])
    stage.fact("change", f"possible from {when(state.change_eta)}")
    stage.time_passes(state.change_eta - stage.chain.now, "Three days pass")
    apply = stage.client.apply_change(wallet)
    stage.is_refused("Thief", "tries to put his policy in force.", apply, "ChangeBlocked")

    stage.time_passes(status.ready_at - stage.chain.now, "The five days are over")
    finalize = client.finalize(wallet, THEFT, policy.policy.paths[THEFT], NEW.owners)
    stage.does("Dev", "finishes the recovery.", finalize)
    state = client.state(wallet, 2)
    stage.require("The owner of Mia's wallet", client.owners(wallet), NEW.owners)
    stage.require("The freeze is over", state.frozen, False)
    stage.require("The policy of Mia's wallet", client.policy(wallet), policy.policy)
    stage.fact("owner", f"{short(client.owners(wallet).signers[0])}, Mia's new key")
    stage.fact("frozen", "no longer" if not state.frozen else "still")
    stage.fact("change", "none pending: his died with the recovery" if not state.change_eta else "still pending")
    stage.is_refused("Thief", "tries his policy once more.", apply, "ChangeNotPending")
    stage.is_refused("Thief", "tries the key that he stole.", _steal(stage, wallet, 7), "WalletUnauthorized")


def _steal(stage: Stage, wallet: str, amount: int) -> Transaction:
    return stage.batch(wallet, STOLEN.owners, [STOLEN], Call(THIEF.address, amount * _ETHER))


def _freeze(stage: Stage, wallet: str, policy: PolicyPlan) -> Request:
    client = stage.client
    return client.request_freeze(wallet, policy.policy.proof(ALARM), policy.paths[ALARM].label, client.deadline())
