"""What the actions cost: `python -m benchmarks.gas [--json | --check]`.

Every number is the gas used that a receipt on Anvil names, under Osaka's rules; nothing is estimated. Keys, salts and
times are fixed, so a number changes only if the contracts do. Without an option the committed snapshot is written
anew, with --check it is compared to the last unit, and every number with its limit.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_utils import keccak
from web3 import Web3
from web3.contract import Contract

from benchmarks import chain
from recovery.contracts import Deployment
from recovery.messages import Acting, Call, Message, batch, operation
from recovery.policy import DAY, HOUR, Policy, Right
from recovery.policy import Path as RecoveryPath
from recovery.quorum import Approval, Member, Owners, derive_salt, sort_approvals
from recovery.signer import Signer

SNAPSHOT = Path(__file__).with_name("gas.json")
LIMITS = {
    "configure": 64_000,
    "configure_32": 90_000,
    "start_2of3": 82_500,
    "start_3of5": 92_500,
    "finalize": 54_000,
    "wallet_create": 155_000,
    "wallet_send": 58_000,
}
ENTRY_POINT_DATA = "node_modules/@account-abstraction/contracts/artifacts/EntryPoint.json"
ENTRY_POINT = "0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108"
ENTRY_POINT_SALT = "0x0a59dbff790c23c976a548690c27297883cc66b4c67024f9117b0238995e35e9"
MODE_BATCH = bytes.fromhex("01") + bytes(31)
MODE_OPDATA = bytes.fromhex("01000000000078210001") + bytes(22)


@dataclass
class Scene:
    """A chain with the contracts, and what the rows are measured with."""

    web3: Web3
    deployment: Deployment

    def __post_init__(self) -> None:
        self.module = chain.contract(self.web3, self.deployment.module, "WalletRecoveryModule")
        self.factory = chain.contract(self.web3, self.deployment.factory, "RecoveryWalletFactory")
        self.owner = chain.key("owner")
        self.owners = Owners.of([Signer.parse(self.owner.address)])

    def now(self) -> int:
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def travel(self, seconds: int) -> None:
        """Makes a block so much later than the latest one."""
        for method, arguments in (("evm_setNextBlockTimestamp", [self.now() + seconds]), ("evm_mine", [])):
            self.web3.provider.make_request(method, arguments)  # type: ignore[arg-type]

    def guardians(self, count: int) -> list[LocalAccount]:
        return [chain.key(f"guardian {i}") for i in range(count)]

    def policy(self, count: int, threshold: int) -> tuple[Policy, list[Member]]:
        secret = keccak(text="ape-recovery benchmark secret")
        members = [
            Member(Signer.parse(guardian.address), 1, derive_salt(secret, i))
            for i, guardian in enumerate(self.guardians(count))
        ]
        path = RecoveryPath(
            Right.ROTATE, True, False, 0, 3 * DAY, 30 * DAY, threshold, tuple(m.commitment for m in members)
        )
        return Policy(7 * DAY, (path,)), members

    def wallet(self, policy: Policy) -> tuple[Contract, int]:
        gas = self.call(
            self.factory.functions.createWallet(
                self.owners.to_abi(), self.owners.threshold, policy.change_delay, policy.to_abi()
            )
        )
        address = self.deployment.wallet_address(self.owners, policy)
        return chain.contract(self.web3, address, "RecoveryWallet"), gas

    def call(self, function: Any, **transaction: Any) -> int:
        to = transaction.pop("to", function.address)
        receipt = chain.send(self.web3, {"to": to, "data": function._encode_transaction_data(), **transaction})
        return int(receipt["gasUsed"])

    def acting(self, account: str, policy: Policy) -> Acting:
        epoch = self.module.functions.policyOf(account).call()[1]
        return Acting(self.web3.eth.chain_id, self.deployment.module, account, epoch, policy.proof(0))


def sign(account: LocalAccount, message: Message) -> bytes:
    return bytes(account.sign_message(message.signable).signature)


def configure(scene: Scene, count: int, threshold: int) -> int:
    """A first policy of one path, through an account that only forwards to its module."""
    from tools.build_artifacts import compile_contracts

    artifact = compile_contracts()["MockForwardingAccount"]
    data = artifact["bytecode"] + scene.deployment.module[2:].lower().rjust(64, "0")
    account = chain.send(scene.web3, {"data": data})["contractAddress"]
    policy, _ = scene.policy(count, threshold)
    return scene.call(scene.module.functions.configure(policy.change_delay, policy.to_abi()), to=account)


def recovery(scene: Scene, count: int, threshold: int) -> tuple[int, int]:
    """Start and finalize: one new owner for one old, by signatures of EOA guardians."""
    policy, members = scene.policy(count, threshold)
    wallet, _ = scene.wallet(policy)
    heir = Owners.of([Signer.parse(chain.key("heir").address)])
    deadline = scene.now() + 3 * DAY
    message = scene.acting(wallet.address, policy).recover(0, heir, deadline)
    approvals = sort_approvals(
        Approval(i, members[i], sign(guardian, message))
        for i, guardian in enumerate(scene.guardians(count)[:threshold])
    )
    started = scene.call(
        scene.module.functions.start(
            wallet.address,
            policy.proof(0).to_abi(),
            heir.to_abi(),
            heir.threshold,
            deadline,
            [a.to_abi() for a in approvals],
        )
    )
    scene.travel(3 * DAY + HOUR)
    finalized = scene.call(
        scene.module.functions.finalize(wallet.address, 0, policy.paths[0].to_abi(), heir.to_abi(), heir.threshold)
    )
    return started, finalized


def wallet_rows(scene: Scene) -> dict[str, int]:
    """A wallet's life: created, used by a relayed batch and by a UserOperation."""
    policy, _ = scene.policy(5, 3)
    wallet, created = scene.wallet(policy)
    recipient = chain.key("recipient").address
    for address in (wallet.address, recipient):
        chain.send(scene.web3, {"to": address, "value": 10**18})

    def relay() -> int:
        calls = [Call(recipient, 10**15)]
        deadline = scene.now() + HOUR
        nonce = wallet.functions.batchNonce().call()
        message = batch(scene.web3.eth.chain_id, wallet.address, calls, scene.owners, nonce, deadline)
        signer = scene.owners.signers[0]
        proof = deadline.to_bytes(6, "big") + scene.owners.proof({signer: sign(scene.owner, message)})
        data = scene.web3.codec.encode(
            ["(address,uint256,bytes)[]", "bytes"], [[call.to_abi() for call in calls], proof]
        )
        return scene.call(wallet.functions.execute(MODE_OPDATA, data))

    relay()  # neither the first batch nor the first of the day
    sent = relay()
    return {"wallet_create": created, "wallet_send": sent, "userop_send": user_operation(scene, wallet, recipient)}


def user_operation(scene: Scene, wallet: Contract, recipient: str) -> int:
    """The same transfer through the EntryPoint v0.8, neither the first operation nor the first of the day."""
    artifact = json.loads(Path(ENTRY_POINT_DATA).read_text(encoding="utf-8"))
    chain.send(
        scene.web3,
        {"to": "0x4e59b44847b379578588920cA78FbF26c0B4956C", "data": ENTRY_POINT_SALT + artifact["bytecode"][2:]},
    )
    entry_point = scene.web3.eth.contract(address=Web3.to_checksum_address(ENTRY_POINT), abi=artifact["abi"])
    chain.send(
        scene.web3,
        {
            "to": ENTRY_POINT,
            "value": 10**18,
            "data": entry_point.functions.depositTo(wallet.address)._encode_transaction_data(),
        },
    )
    calls = scene.web3.codec.encode(["(address,uint256,bytes)[]"], [[Call(recipient, 10**15).to_abi()]])
    call_data = wallet.functions.execute(MODE_BATCH, calls)._encode_transaction_data()
    beneficiary = chain.key("bundler").address
    chain.send(scene.web3, {"to": beneficiary, "value": 1})
    used = 0
    for nonce in range(2):
        gas = (100_000).to_bytes(16, "big")
        fees = (10**9).to_bytes(16, "big") + (10**9).to_bytes(16, "big")
        packed = [wallet.address, nonce, b"", call_data, gas + gas, 60_000, fees, b"", b""]
        digest = entry_point.functions.getUserOpHash(tuple(packed)).call()
        signature = sign(scene.owner, operation(scene.web3.eth.chain_id, wallet.address, digest, scene.owners))
        packed[8] = scene.owners.proof({scene.owners.signers[0]: signature})
        used = scene.call(entry_point.functions.handleOps([tuple(packed)], beneficiary))
    return used


def measure() -> dict[str, int]:
    """All rows, each on a chain as fresh as the first."""
    rows: dict[str, int] = {}
    with chain.anvil() as web3:
        # By the clock of this computer a deadline would be another one on a slow day, and so would signatures.
        web3.provider.make_request("anvil_setBlockTimestampInterval", [1])  # type: ignore[arg-type]
        scene = Scene(web3, chain.deploy(web3))

        def fresh(row: Callable[[], dict[str, int]]) -> None:
            snapshot = web3.provider.make_request("evm_snapshot", [])["result"]  # type: ignore[arg-type]
            rows.update(row())
            web3.provider.make_request("evm_revert", [snapshot])  # type: ignore[arg-type]

        fresh(lambda: {"configure": configure(scene, 3, 2)})
        fresh(lambda: {"configure_32": configure(scene, 32, 2)})
        for threshold, count in ((2, 3), (3, 5), (2, 32)):

            def row(threshold: int = threshold, count: int = count) -> dict[str, int]:
                started, finalized = recovery(scene, count, threshold)
                result = {f"start_{threshold}of{count}": started}
                return result | ({"finalize": finalized} if count == 3 else {})

            fresh(row)
        fresh(lambda: wallet_rows(scene))
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the rows; exits with 1 if one is over its limit or, with --check, not as committed."""
    parser = argparse.ArgumentParser(description="Gas of each action, from receipts.")
    parser.add_argument("--json", action="store_true", help="print one JSON object and write nothing")
    parser.add_argument("--check", action="store_true", help="compare with the committed snapshot")
    options = parser.parse_args(arguments)
    rows = measure()
    over = [f"{name} {gas:,} > {LIMITS[name]:,}" for name, gas in rows.items() if gas > LIMITS.get(name, gas)]
    if options.json:
        print(json.dumps(rows))
    else:
        for name, gas in rows.items():
            print(f"{name:14} {gas:>9,}" + (f"  of {LIMITS[name]:,}" if name in LIMITS else ""))
    for line in over:
        print(f"Over its limit: {line}", file=sys.stderr)
    if options.check:
        committed = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
        if committed != rows:
            print("Gas has changed. If that is meant: make bench, and commit benchmarks/gas.json", file=sys.stderr)
            return 1
    elif not options.json:
        SNAPSHOT.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
