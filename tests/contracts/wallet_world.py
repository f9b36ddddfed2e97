"""A chain as the wallet's tests want it: every transaction's outcome and revert data, and every second of its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from eth_abi import encode
from eth_account import Account
from eth_utils import function_signature_to_4byte_selector, to_checksum_address
from web3.exceptions import ContractLogicError

from recovery.messages import Call, Message, batch
from recovery.policy import DAY, HOUR, Policy
from recovery.quorum import Owners
from tests.contracts.conftest import MODE_BATCH, MODE_OPDATA, Bench, opdata
from tests.world import FOREVER, Way, freeze, owners_of, person, policy_of, rotate, sign, signer

ETHER = 10**18
ZERO = "0x" + "00" * 20
#: Errors of code that is not ours, or that is only met inside of it.
FOREIGN_ERRORS = {
    "AccountUnauthorized": ["address"],
    "ERC7579DecodingError": [],
    "FailedOp": ["uint256", "string"],
    "FailedOpWithRevert": ["uint256", "string", "bytes"],
    "MockRefused": ["uint256"],
}


@dataclass(frozen=True)
class Outcome:
    """What became of a transaction: its return data, or what it reverted with."""

    ok: bool
    output: bytes
    receipt: Any

    @property
    def topics(self) -> list[bytes]:
        """The first topic of every log, in order."""
        return [bytes(log["topics"][0]) for log in self.receipt["logs"]]


@dataclass(frozen=True)
class Purse:
    """A wallet, who owns it, and under which policy."""

    contract: Any
    owners: Owners
    names: tuple[str, ...]
    ways: tuple[Way, ...]
    policy: Policy

    @property
    def address(self) -> str:
        return str(self.contract.address)

    def read(self, view: str, *args: Any) -> Any:
        return self.contract.functions[view](*args).call()

    def call(self, method: str, *args: Any, to: str | None = None, value: int = 0) -> Call:
        """A call of the wallet to itself."""
        return Call(to or self.address, value, encoded(self.contract.functions[method](*args)))

    def owned_by(self, *names: str, threshold: int = 1) -> Purse:
        """The same wallet after its owners have been replaced."""
        return replace(self, owners=owners_of(*names, threshold=threshold), names=names)

    @property
    def balance(self) -> int:
        return int(self.contract.w3.eth.get_balance(self.address))


class Scene:
    """The contracts on the chain of one test."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.project = bench, bench.project
        self.web3 = bench.chain.provider.web3
        self.chain_id = int(bench.chain.chain_id)
        self.relayer = str(bench.relayer.address)
        self.stranger = str(bench.accounts[1].address)
        self.deployment = bench.deployment
        self.module = self.contract("WalletRecoveryModule", self.deployment.module)
        self.factory = self.contract("RecoveryWalletFactory", self.deployment.factory)
        self.lens = self.contract("RecoveryLens", self.deployment.lens)

    # --------------------------------------------------------------------------------------- the chain

    def rpc(self, method: str, *params: Any) -> Any:
        answer = self.web3.provider.make_request(method, list(params))
        assert "error" not in answer, answer
        return answer["result"]

    @property
    def now(self) -> int:
        """The time of the latest block; the next is later."""
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def travel_to(self, time: int) -> None:
        self.rpc("evm_setNextBlockTimestamp", time)
        self.rpc("evm_mine")

    def to_morning(self) -> int:
        """Goes to the beginning of the next UTC day and returns when it ends."""
        self.travel_to((self.now // DAY + 1) * DAY)
        return self.now + DAY

    def contract(self, name: str, address: str) -> Any:
        abi = getattr(self.project, name).contract_type.model_dump(mode="json")["abi"]
        return self.web3.eth.contract(address=to_checksum_address(address), abi=abi)

    def deploy(self, name: str, *args: Any) -> Any:
        factory = getattr(self.project, name)
        abi = factory.contract_type.model_dump(mode="json")["abi"]
        code = bytes(factory.contract_type.deployment_bytecode.to_bytes())
        data = self.web3.eth.contract(abi=abi, bytecode=code).constructor(*args).data_in_transaction
        outcome = self.send(None, data)
        assert outcome.ok
        return self.contract(name, outcome.receipt["contractAddress"])

    def code(self, name: str) -> bytes:
        """The deployed code of a contract without immutables."""
        return bytes(getattr(self.project, name).contract_type.runtime_bytecode.to_bytes())

    def delegate(self, name: str, to: str) -> Outcome:
        """Delegates a person's EOA (EIP-7702) to `to`, or with zero to nothing; somebody else pays."""
        who, sponsor = person(name), person("sponsor")
        authorization = Account.sign_authorization(
            {
                "chainId": self.chain_id,
                "address": to_checksum_address(to),
                "nonce": self.web3.eth.get_transaction_count(who.address),
            },
            who.key,
        )
        transaction = Account.sign_transaction(
            {
                "type": 4,
                "chainId": self.chain_id,
                "nonce": self.web3.eth.get_transaction_count(sponsor.address),
                "to": sponsor.address,
                "value": 0,
                "gas": 200_000,
                "maxFeePerGas": 0,
                "maxPriorityFeePerGas": 0,
                "authorizationList": [authorization],
            },
            sponsor.key,
        )
        return self.outcome(self.rpc("eth_sendRawTransaction", "0x" + transaction.raw_transaction.hex()))

    def send(
        self,
        to: str | None,
        data: Any = b"",
        *,
        sender: str | None = None,
        value: int = 0,
        at: int | None = None,
        gas: int = 8_000_000,
        **more: Any,
    ) -> Outcome:
        """One transaction, in a block at exactly the time `at` if given. Anybody can be its sender."""
        if at is not None:
            self.rpc("evm_setNextBlockTimestamp", at)
        data = data if isinstance(data, str) else "0x" + bytes(data).hex()
        transaction = {
            "from": sender or self.relayer,
            "data": data,
            "value": hex(value),
            "gas": hex(gas),
            **more,
        }
        if to is not None:
            transaction["to"] = to
        if sender is not None:
            self.rpc("anvil_impersonateAccount", sender)
        return self.outcome(self.rpc("eth_sendTransaction", {"gasPrice": "0x0", **transaction}))

    def outcome(self, transaction: Any) -> Outcome:
        receipt = self.web3.eth.wait_for_transaction_receipt(transaction, poll_latency=0.002)
        if receipt["status"] == 1:
            return Outcome(True, b"", receipt)
        trace = self.rpc(
            "debug_traceTransaction",
            transaction,
            {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}},
        )
        return Outcome(False, bytes.fromhex(trace.get("output", "0x")[2:]), receipt)

    def invoke(self, function: Any, **options: Any) -> Outcome:
        """Sends a bound function of a contract."""
        return self.send(function.address, encoded(function), **options)

    def ask(self, function: Any, **options: Any) -> Outcome:
        """The same without a transaction."""
        try:
            transaction = {"from": self.relayer, "gas": 8_000_000, **options}
            transaction |= {"to": function.address, "data": encoded(function)}
            return Outcome(True, bytes(self.web3.eth.call(transaction)), None)
        except ContractLogicError as error:
            data = error.data if isinstance(error.data, str) else "0x"
            return Outcome(False, bytes.fromhex(data.removeprefix("0x")), None)

    # ------------------------------------------------------------------------------------- the wallets

    def purse(self, *ways: Way, owners: Sequence[str | bytes] = ("owner",), threshold: int = 1) -> Purse:
        """A new wallet with one ether."""
        ways = ways or (rotate("ana", "ben", "carl"), freeze("fay", "gus"))
        who, policy = owners_of(*owners, threshold=threshold), policy_of(*ways)
        made = self.create(who, policy)
        assert made.ok, made.output
        address = self.deployment.wallet_address(who, policy)
        assert self.send(address, value=ETHER).ok
        names = tuple(name for name in owners if isinstance(name, str))
        return Purse(self.contract("RecoveryWallet", address), who, names, ways, policy)

    def create(self, owners: Owners, policy: Policy) -> Outcome:
        return self.invoke(
            self.factory.functions.createWallet(owners.to_abi(), owners.threshold, policy.change_delay, policy.to_abi())
        )

    def module_call(self, method: str, *args: Any, value: int = 0) -> Call:
        return Call(self.deployment.module, value, encoded(self.module.functions[method](*args)))

    def message(self, purse: Purse, calls: Sequence[Call], deadline: int, **changed: Any) -> Message:
        """What the owners sign; `changed` may name another chain_id, wallet, nonce or owners."""
        values = {"chain_id": self.chain_id, "wallet": purse.address, **changed}
        if "nonce" not in values:
            values["nonce"] = purse.read("batchNonce")
        owners = values.get("owners", purse.owners)
        return batch(values["chain_id"], values["wallet"], calls, owners, values["nonce"], deadline)

    def proof(self, purse: Purse, message: Message, by: Sequence[str] | None = None) -> bytes:
        names = purse.names if by is None else by
        return purse.owners.proof({signer(name): sign(name, message) for name in names})

    def signed(
        self,
        purse: Purse,
        *calls: Call,
        by: Sequence[str] | None = None,
        deadline: int | None = None,
        **changed: Any,
    ) -> Any:
        """A batch signed by `by` (by default all owners), to be relayed by anybody."""
        deadline = self.now + HOUR if deadline is None else deadline
        proof = self.proof(purse, self.message(purse, calls, deadline, **changed), by)
        return self.execution(purse, calls, deadline, proof)

    def execution(self, purse: Purse, calls: Sequence[Call], deadline: int, proof: bytes) -> Any:
        return purse.contract.functions.execute(MODE_OPDATA, opdata(calls, deadline.to_bytes(6, "big") + proof))

    def relay(self, purse: Purse, *calls: Call, at: int | None = None, **options: Any) -> Outcome:
        """Relays a batch signed by all owners."""
        return self.invoke(self.signed(purse, *calls, **options), at=at)

    def plain(self, purse: Purse, *calls: Call, sender: str | None = None, **options: Any) -> Outcome:
        """Executes a batch without signatures, as the wallet itself unless another sender is given."""
        function = purse.contract.functions.execute(MODE_BATCH, executions(calls))
        return self.invoke(function, sender=sender or purse.address, **options)

    # ----------------------------------------------------------------------------------- the guardians

    def freezing(self, purse: Purse, path: int = 1, by: Sequence[str] = ("fay",)) -> Any:
        """The call with which guardians freeze."""
        message = self.bench.acting(purse, path).freeze(self.bench.nonce(purse, path), FOREVER)
        approvals = purse.ways[path].approvals(by, message)
        return self.module.functions.freeze(purse.address, purse.policy.proof(path).to_abi(), FOREVER, approvals)

    def freeze(self, purse: Purse, path: int = 1) -> int:
        """Freezes and returns until when."""
        assert self.invoke(self.freezing(purse, path)).ok
        return int(purse.read("frozenUntil"))

    def start(
        self,
        purse: Purse,
        owners: Owners,
        by: Sequence[str] = ("ana", "ben"),
        path: int = 0,
        at: int | None = None,
    ) -> Outcome:
        message = self.bench.recover_message(purse, owners, path)
        return self.invoke(
            self.module.functions.start(
                purse.address,
                purse.policy.proof(path).to_abi(),
                owners.to_abi(),
                owners.threshold,
                FOREVER,
                purse.ways[path].approvals(by, message),
            ),
            at=at,
        )

    def finalize(self, purse: Purse, owners: Owners, path: int = 0) -> Outcome:
        structure = purse.policy.paths[path].to_abi()
        return self.invoke(
            self.module.functions.finalize(purse.address, path, structure, owners.to_abi(), owners.threshold)
        )

    def recover(self, purse: Purse, *names: str) -> Purse:
        """Replaces the owners through path 0 and returns the wallet with its new ones."""
        owners = owners_of(*names)
        assert self.start(purse, owners).ok
        self.travel_to(self.now + purse.policy.paths[0].delay)
        assert self.finalize(purse, owners).ok
        return replace(purse, owners=owners, names=names)

    # -------------------------------------------------------------------------------------- assertions

    @cached_property
    def errors(self) -> dict[str, list[str]]:
        names = dict(FOREIGN_ERRORS)
        for contract in ("WalletRecoveryModule", "RecoveryWallet", "RecoveryLens"):
            for error in getattr(self.project, contract).contract_type.errors:
                names[error.name] = [field.canonical_type for field in error.inputs]
        return names

    def error(self, name: str, *args: Any) -> bytes:
        """What a contract reverts with."""
        types = self.errors[name]
        selector = function_signature_to_4byte_selector(f"{name}({','.join(types)})")
        return bytes(selector) + (encode(types, args) if args else b"")

    def refused(self, outcome: Outcome, name: str, *args: Any) -> bool:
        """Asserts that it reverted with this error; without arguments, with whichever of its arguments."""
        assert not outcome.ok, f"should have been refused with {name}"
        expected = self.error(name, *args)
        actual = outcome.output if args else outcome.output[:4]
        assert actual == expected, f"{name} expected, but it was 0x{outcome.output.hex()}"
        return True


def encoded(function: Any) -> bytes:
    """The calldata of a bound function."""
    return bytes.fromhex(function._encode_transaction_data()[2:])


def executions(calls: Sequence[Call]) -> bytes:
    """abi.encode(Execution[])."""
    return encode(["(address,uint256,bytes)[]"], [[call.to_abi() for call in calls]])
