"""A wallet under a policy of every kind of path, where what is foreseen is held against what the chain says."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from recovery.actions import Action, Cancel, Freeze, Recover, Thaw, VetoChange, VetoRequest
from recovery.building import Transaction
from recovery.errors import Refused
from recovery.messages import Call
from recovery.policy import DAY, Policy
from recovery.request import Approvals, Request, approve
from recovery.state import AccountState
from tests.live import ETHER, Live
from tests.world import Way, freeze, owners_of, person, policy_of, rotate, sign, signer, veto

NOBODY = "0x" + "77" * 20
MONTH = 30 * DAY
OWNERS, NEW = owners_of("owner"), owners_of("new")
#: What the paths are called here is their place among these.
FRIENDS, THEFT, HEIR, ICE, VETO, FROST, BLOCK = range(7)
WAYS: tuple[tuple[Way, tuple[str, ...]], ...] = (
    (rotate("ana", "ben"), ("ana", "ben")),
    (rotate("ana", "ben", owner_cancels=False, vetoable=True), ("ana", "ben")),
    (rotate("carl", threshold=1, inactivity=MONTH, delay=DAY, window=2 * MONTH), ("carl",)),
    (freeze("ana"), ("ana",)),
    (veto("dora"), ("dora",)),
    (freeze("ben"), ("ben",)),
    (veto("carl"), ("carl",)),
)
POLICY = policy_of(*(way for way, _ in WAYS))
OTHER = policy_of(WAYS[0][0], change_delay=8 * DAY)


@dataclass
class Scene:
    """One wallet, and what may be done with it."""

    live: Live
    wallet: str
    policy: Policy = POLICY

    @property
    def state(self) -> AccountState:
        return self.live.client.state(self.wallet, len(WAYS))

    def status(self, path: int) -> Any:
        return self.state.paths[path]

    def at(self, time: int) -> None:
        """The chain's next block is of this time."""
        self.live.ask("evm_setNextBlockTimestamp", time)
        self.live.ask("evm_mine")
        assert self.state.time == time

    def request(self, path: int, action: Action, deadline: int = 2**32 - 1, **changes: Any) -> Request:
        state, client = self.state, self.live.client
        proof = self.policy.proof(path)
        made = Request(
            *(31337, client.deployment.module, self.wallet, state.epoch, proof, f"path {path}", action, deadline)
        )
        return dataclasses.replace(made, **changes)

    def submit(self, request: Request, ways: Any = WAYS) -> Transaction:
        """With the approvals of the whole quorum."""
        way, names = ways[request.proof.index]
        members = {member.signer: member for member in way.members}
        return self.live.client.submit(
            Approvals.of(
                request, [approve(request, members[signer(name)], sign(name, request.message)) for name in names]
            )
        )

    def recover(self, path: int, owners: Any = NEW) -> Transaction:
        return self.submit(self.request(path, Recover(owners, self.status(path).nonce)))

    def cancel(self, path: int) -> Transaction:
        return self.submit(self.request(path, Cancel(self.status(path).nonce)))

    def veto(self, path: int) -> Transaction:
        return self.submit(self.request(VETO, VetoRequest(path, self.status(path).nonce)))

    def veto_change(self, by: int = VETO) -> Transaction:
        state = self.state
        return self.submit(self.request(by, VetoChange(state.change_policy_hash, state.change_eta)))

    def freeze(self, path: int) -> Transaction:
        return self.submit(self.request(path, Freeze(self.status(path).nonce)))

    def thaw(self, path: int) -> Transaction:
        return self.submit(self.request(path, Thaw((self.state.freeze_id or (0, 0, 0))[2])))

    def finalize(self, path: int) -> Transaction:
        return self.live.client.finalize(self.wallet, path, POLICY.paths[path], NEW)

    def by_wallet(self, call: Call) -> Transaction:
        """What the wallet itself calls, for a simulation in its name."""
        return Transaction(call.to, call.data, "")

    def owner_cancels(self, path: int) -> Transaction:
        return self.by_wallet(self.live.client.cancel_call(self.state.epoch, path, self.status(path).nonce))

    def send(self, transaction: Transaction) -> None:
        self.live.client.send(transaction, person("relayer"))

    def batch(self, *calls: Call) -> Transaction:
        """A batch that the owner signs and anybody relays."""
        deadline = self.state.time + DAY // 2
        message = self.live.client.batch(self.wallet, OWNERS, calls, deadline)
        proof = OWNERS.proof({signer("owner"): sign("owner", message)})
        return self.live.client.execute(self.wallet, calls, deadline, proof, "")

    def starts(self, path: int) -> None:
        self.send(self.recover(path))
        assert self.status(path).is_open

    def schedules(self, policy: Policy = OTHER) -> None:
        self.send(self.batch(self.live.client.schedule_change_call(policy)))
        assert self.state.change_eta

    def shows_life(self) -> None:
        self.send(self.batch(self.live.client.heartbeat_call()))

    def refused(self, foreseen: Callable[[], Any], transaction: Transaction, code: str, sender: str = "") -> str:
        """Both the foresight and the chain refuse it with this code and the same arguments; what is said."""
        with pytest.raises(Refused) as before:
            foreseen()
        with pytest.raises(Refused) as by_chain:
            self.live.client.simulate(transaction, sender or person("relayer").address)
        assert before.value.code == by_chain.value.code == code
        assert plain(before.value.arguments) == plain(by_chain.value.arguments)
        return before.value.message

    def passes(self, foreseen: Callable[[], Any], transaction: Transaction, sender: str = "") -> Any:
        """Neither refuses it; what the foresight returns."""
        found = foreseen()
        assert self.live.client.simulate(transaction, sender or person("relayer").address) > 21_000
        return found


def plain(arguments: tuple[Any, ...]) -> list[Any]:
    return [each.lower() if isinstance(each, str) else each for each in arguments]


def with_wallet(live: Live) -> Scene:
    """A wallet under the policy, made and funded."""
    live.client.send(live.client.create_wallet(OWNERS, POLICY), person("payer"))
    wallet = live.client.deployment.wallet_address(OWNERS, POLICY)
    live.fund(wallet, ETHER)
    return Scene(live, wallet)
