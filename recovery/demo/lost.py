"""The first story: a key is lost, and three friends of five bring its owner back."""

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

OLD, NEW = Person("Ana's old phone"), Person("Ana's new phone")
FRIENDS = ("Ben", "Carla", "Dev", "Eva", "Finn")
#: Approves by a transaction, and needs the fee for it.
ON_CHAIN = Person("Finn")
_ETHER = 10**18


def play(stage: Stage, folder: Path) -> None:
    """Plays it.

    Args:
        stage: Where.
        folder: For the files that the guardians pass to each other.

    Raises:
        DemoFailed: Something did not go as told.
    """
    stage.chapter("Ana loses her phone")
    stage.tell(
        "Ana's wallet obeys one key, on her phone. Five friends are her guardians: any three of them can "
        "give the wallet a new owner, three days after they have said so in public. Should three ever turn "
        "against her, these are the days in which she can stop them. Who they are is not on the chain."
    )
    client = stage.client
    friends = PathPlan(
        "friends", Right.ROTATE, tuple((name, 1) for name in FRIENDS), 3, True, False, 0, 3 * DAY, 30 * DAY
    )
    policy = plan(f"Ana {stage.chain.now}", 7 * DAY, FRIENDS, friends)
    wallet = client.deployment.wallet_address(OLD.owners, policy.policy)
    stage.does(
        "Ana",
        "creates her wallet and puts 10 ether into it.",
        client.create_wallet(OLD.owners, policy.policy),
        Transaction(wallet, b"", "fund the wallet", 10 * _ETHER),
    )
    stage.require("The policy of Ana's wallet", client.policy(wallet), policy.policy)
    stage.require("The owner of Ana's wallet", client.owners(wallet), OLD.owners)
    stage.fact("wallet", wallet)
    stage.fact("owner", f"{short(client.owners(wallet).signers[0])}, her old phone")
    stage.fact("holds", ether(stage.balance(wallet)))
    kits = {name: Friend.receive(folder, policy, name, client, wallet) for name in FRIENDS}
    stage.does("Ana", f"gives each friend a kit, a small file: {', '.join(FRIENDS)}.")

    stage.tell("In summer her phone falls into the sea. She buys a new one and calls Ben.")
    stage.time_passes(180 * DAY)
    file = kits["Ben"].ask(client, 0, NEW.owners, 3 * DAY, folder / "request.json")
    request = Request.loads(files.read(file))
    stage.does("Ben", f"makes a request with his kit: {file.name}, {file.stat().st_size:,} bytes.")
    stage.fact("new owner", f"{short(request.owners.signers[0])}, her new phone")
    approvals = [kits["Ben"].approve(client, file)]
    stage.does("Ben", f"approves it himself, by file: {approvals[0].name}.")
    approvals.append(kits["Carla"].approve(client, file))
    stage.does("Carla", f"checks with Ana, approves, and sends Ben {approvals[1].name}.")
    two = Approvals.of(request, collect(approvals))
    stage.is_refused("Ben", "tries with the two approvals that he has.", client.submit(two), "ApprovalsInsufficient")

    finn = kits["Finn"]
    digest = finn.read(client, file).digest
    stage.does(
        "Finn",
        "approves by a transaction; his device signs nothing else.",
        client.approve_digest(digest),
        sender=finn.person.account,
    )
    stage.require("Finn's approval on the chain", client.is_approved(finn.person.signer, digest), True)
    stage.fact("on chain", f"{short(finn.person.address)} approves 0x{digest.hex()[:16]}…")
    approvals.append(finn.approve(client, file, on_chain=True))
    complete = Approvals.of(request, collect(approvals))
    stage.require("Approvals still missing", complete.missing, 0)
    stage.does("Ben", "starts the recovery with three approvals.", client.submit(complete))
    status = client.state(wallet, 1).paths[0]
    stage.require("The request", status.state, RequestState.PENDING)
    stage.require("The new owners asked for", client.requested_owners(wallet, 0), NEW.owners)
    stage.fact("state", status.state.name.lower())
    stage.fact("ready", when(status.ready_at, stage.chain.now))
    stage.fact("expires", when(status.expires_at))

    finalize = client.finalize(wallet, 0, policy.policy.paths[0], NEW.owners)
    stage.is_refused("Ben", "is impatient and tries to finish at once.", finalize, "RecoveryNotReady")
    stage.time_passes(3 * DAY)
    stage.require("The request", client.state(wallet, 1).paths[0].state, RequestState.READY)
    stage.does("Stranger", "finishes it: anybody may, for the guardians have spoken.", finalize)
    stage.require("The owner of Ana's wallet", client.owners(wallet), NEW.owners)
    stage.fact("owner", f"{short(client.owners(wallet).signers[0])}, her new phone")

    shop = Person("Ana's savings").address
    before = stage.balance(shop)
    payment = Call(shop, 4 * _ETHER)
    stage.does("Ana", "moves 4 ether with her new phone.", stage.batch(wallet, NEW.owners, [NEW], payment))
    stage.require("What was moved", stage.balance(shop) - before, 4 * _ETHER)
    stage.fact("moved", f"{ether(stage.balance(shop) - before)}; the wallet holds {ether(stage.balance(wallet))}")
    old = stage.batch(wallet, OLD.owners, [OLD], payment)
    stage.is_refused("A diver", "finds the old phone and tries the same.", old, "WalletUnauthorized")
    stage.fact("holds", ether(stage.balance(wallet)))
