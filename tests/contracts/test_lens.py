"""The lens says exactly what the module and the wallets say, for many accounts at once."""

from __future__ import annotations

import random
from typing import Any

import pytest
from eth_utils import to_checksum_address

from recovery.messages import Call
from recovery.policy import DAY, HOUR
from tests.contracts.wallet_world import ZERO, Purse, Scene
from tests.world import freeze, owners_of, person, policy_of, rotate, veto

pytest_plugins = ["tests.contracts.wallet_fixtures"]

HEAD = 5
WAYS = (
    rotate("ana", "ben", "carl"),
    freeze("fay"),
    rotate("ana", "ben", owner_cancels=False, vetoable=True, delay=HOUR, window=2 * HOUR),
    veto("vic"),
)


def read(scene: Scene, accounts: list[str], paths: int) -> list[list[int]]:
    packed = b"".join(bytes.fromhex(account[2:]) for account in accounts)
    words = scene.lens.functions.read(scene.deployment.module, packed, paths).call()
    width = HEAD + paths
    assert len(words) == width * len(accounts)
    return [words[i : i + width] for i in range(0, len(words), width)]


def decoded(words: list[int], now: int) -> dict[str, object]:
    """The packed words, taken apart as design.md lays them out."""
    known, policy, change, active, freezing, *slots = words
    requests = []
    for slot in slots:
        ready = slot >> 32 & 0xFFFFFFFF
        expires = ready + (slot >> 18 & 0x3FFF) * HOUR
        if not slot >> 64:
            requests.append([0, slot & 0x7FFF, 0, 0, False, False, False])
            continue
        flags = [bool(slot >> bit & 1) for bit in (17, 16, 15)]
        requests.append([1 if now < ready else 2 if now < expires else 3, slot & 0x7FFF, ready, expires, *flags])
    return {
        "known": known,
        "policy": [
            (policy >> 64).to_bytes(24, "big"),
            policy >> 32 & 0xFFFFFFFF,
            (policy >> 8 & 0xFF) * DAY,
            policy & 0xFF,
        ],
        "change": [(change >> 64).to_bytes(24, "big"), change >> 32 & 0xFFFFFFFF],
        "active": active,
        "freeze": [freezing >> 32, freezing & 0xFFFFFFFF],
        "requests": requests,
    }


def views(scene: Scene, account: str, paths: int) -> dict[str, object]:
    """The same from the module, one call each."""
    module = scene.module.functions
    return {
        "known": 1,
        "policy": module.policyOf(account).call(),
        "change": module.changeOf(account).call(),
        "active": module.lastActiveOf(account).call(),
        "freeze": module.freezeOf(account).call(),
        "requests": [[*module.requestOf(account, i).call(), *flags(i, module, account)] for i in range(paths)],
    }


def packed(state: dict[str, Any]) -> dict[str, Any]:
    """What of it the packed words say: the freeze without its id."""
    return {**state, "freeze": state["freeze"][:2]}


def flags(path: int, module: Any, account: str) -> list[bool]:
    """What the policy says of a path, as long as a request of it is open."""
    if not module.requestOf(account, path).call()[0]:
        return [False, False, False]
    structure = WAYS[path].path
    return [structure.owner_cancels, structure.vetoable, structure.blocks_changes]


def status(scene: Scene, account: str, paths: int) -> dict[str, object]:
    """The same from the lens, unpacked."""
    answer = scene.lens.functions.status(scene.deployment.module, account, paths).call()
    time, readable, policy_hash, epoch, delay, blockers, change, eta, active, freeze, requests = answer
    assert time == scene.now
    return {
        "known": int(readable),
        "policy": [policy_hash, epoch, delay, blockers],
        "change": [change, eta],
        "active": active,
        "freeze": list(freeze),
        "requests": [list(request) for request in requests],
    }


def agree(scene: Scene, accounts: list[str], paths: int = 4) -> list[dict[str, object]]:
    expected = [views(scene, account, paths) for account in accounts]
    assert [decoded(words, scene.now) for words in read(scene, accounts, paths)] == [packed(s) for s in expected]
    assert [status(scene, account, paths) for account in accounts] == expected
    return expected


def wallets(scene: Scene) -> dict[str, Purse]:
    """One wallet in every state that there is."""
    names = [
        "idle",
        "pending",
        "ready",
        "expired",
        "changing",
        "removing",
        "frozen",
        "thawed",
        "recovered",
        "removed",
    ]
    purses = {name: scene.purse(*WAYS, owners=[name]) for name in names}
    heir = owners_of("heir")
    assert scene.relay(purses["removed"], scene.module_call("scheduleRemoval")).ok
    scene.travel_to(scene.now + 7 * DAY)
    assert scene.invoke(scene.module.functions.applyChange(purses["removed"].address)).ok
    purses["recovered"] = scene.recover(purses["recovered"], "heir")
    assert scene.start(purses["expired"], heir, path=2).ok
    scene.travel_to(scene.now + 4 * HOUR)
    assert scene.start(purses["ready"], heir, path=2).ok
    scene.travel_to(scene.now + HOUR + 60)
    assert scene.start(purses["pending"], heir).ok
    assert scene.start(purses["pending"], heir, path=2).ok
    new = policy_of(rotate("new"), change_delay=90 * DAY)
    schedule = scene.module_call("scheduleChange", new.change_delay, new.to_abi())
    assert scene.relay(purses["changing"], schedule).ok
    assert scene.relay(purses["removing"], scene.module_call("scheduleRemoval")).ok
    scene.freeze(purses["frozen"])
    scene.freeze(purses["thawed"])
    scene.bench.thaw(purses["thawed"], ["fay"], 1)
    return purses


def test_the_lens_reads_every_state_as_the_module_says_it(scene):
    purses = wallets(scene)
    states = dict(zip(purses, agree(scene, [purse.address for purse in purses.values()]), strict=True))
    # And these are the states that they should be.
    requests = {name: [request[0] for request in state["requests"]] for name, state in states.items()}
    assert requests["pending"] == [1, 0, 1, 0]
    assert requests["ready"] == [0, 0, 2, 0]
    assert requests["expired"] == [0, 0, 3, 0]
    assert requests["idle"] == requests["recovered"] == [0, 0, 0, 0]
    assert states["pending"]["policy"][3] == 1
    assert states["recovered"]["policy"][1] == 2
    assert states["removed"]["policy"][:2] == [bytes(24), 2]
    assert states["changing"]["change"][1] > 0
    assert states["changing"]["change"][0] != bytes(24) == states["removing"]["change"][0]
    assert states["removing"]["change"][1] > 0
    until, cool, *identifier = states["frozen"]["freeze"]
    assert identifier == [1, 1, 1]
    assert until > scene.now
    assert cool - until == 5 * DAY
    assert states["thawed"]["freeze"][0] == 0 < states["thawed"]["freeze"][1]
    # Whatever the time, the same words say the same.
    scene.travel_to(scene.now + 40 * DAY)
    agree(scene, [purse.address for purse in purses.values()])


@pytest.mark.parametrize("seed", range(3))
def test_the_lens_agrees_after_any_history(scene, seed):
    """Random histories of a wallet; whatever was refused changed nothing."""
    dice = random.Random(seed)
    purse = scene.purse(*WAYS)
    for _ in range(8):
        choice = dice.randrange(6)
        if choice == 0:
            scene.start(purse, owners_of("heir"), path=dice.choice([0, 2]))
        elif choice == 1:
            scene.relay(purse, scene.module_call("scheduleRemoval"))
        elif choice == 2:
            scene.relay(purse, scene.module_call("cancel", 1, 0, scene.bench.nonce(purse)))
        elif choice == 3:
            scene.invoke(scene.freezing(purse))
        elif choice == 4:
            scene.relay(purse, Call(ZERO))
        scene.travel_to(scene.now + dice.choice([60, HOUR, DAY, 6 * DAY]))
        agree(scene, [purse.address])


def test_a_slot_word_says_who_may_stop_the_request(scene):
    purse = scene.purse(*WAYS)
    for path in (0, 2):
        assert scene.start(purse, owners_of("heir"), path=path).ok
    ((*_, first, _, second, _),) = read(scene, [purse.address], 4)
    # blocks 15, vetoable 16, owner cancels 17
    assert first >> 15 & 7 == 0b100
    assert second >> 15 & 7 == 0b011


def junk(scene: Scene) -> dict[str, str]:
    """Accounts of all kinds that are no wallets."""

    def put(number: int, code: str) -> str:
        address = to_checksum_address(f"0x{0xC0DE0000 + number:040x}")
        scene.rpc("anvil_setCode", address, "0x" + code)
        return address

    gone = person("gone").address
    assert scene.delegate("gone", scene.deployment.wallet).ok
    assert scene.delegate("gone", ZERO).ok
    return {
        "nobody": "0x" + "12" * 20,
        "zero": ZERO,
        "a precompile": "0x" + "00" * 19 + "04",
        "the module": scene.deployment.module,
        "an EOA no longer delegated": gone,
        "stops": put(1, "00"),
        "reverts": put(2, "60006000fd"),
        "returns too little": put(3, "601f6000f3"),
        "reverts with a lot": put(4, "620100006000fd"),
        "returns a lot of nothing": put(5, "62010000601f5360006000f3"),
    }


def test_an_account_that_cannot_be_read_does_not_hide_the_others(scene):
    """Cases: 34, 47"""
    first, last = scene.purse(), scene.purse(owners=["last"])
    strange = junk(scene)
    accounts = [first.address, *strange.values(), last.address]
    words = read(scene, accounts, 2)
    assert decoded(words[0], scene.now) == packed(views(scene, first.address, 2))
    assert decoded(words[-1], scene.now) == packed(views(scene, last.address, 2))
    for name, each in zip(strange, words[1:-1], strict=True):
        assert each == [0] * 7, name
    for name, account in strange.items():
        answer = status(scene, account, 2)
        assert (answer["known"], answer["active"], answer["freeze"]) == (0, 0, [0] * 5), name


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("fe", id="invalid opcode"),
        pytest.param("5b600056", id="endless loop"),
    ],
)
def test_accounts_that_burn_all_gas_do_not_hide_the_others(scene, code):
    """Cases: 34"""
    first, last = scene.purse(), scene.purse(owners=["last"])
    burners = [f"0x{number:040x}" for number in range(0xB00, 0xB03)]
    for burner in burners:
        scene.rpc("anvil_setCode", burner, "0x" + code)
    words = read(scene, [first.address, *burners, last.address], 2)
    assert decoded(words[0], scene.now) == packed(views(scene, first.address, 2))
    assert words[1:-1] == [[0] * 7] * 3
    assert decoded(words[-1], scene.now) == packed(views(scene, last.address, 2))


def test_a_policy_is_read_even_if_its_account_cannot_be_asked_any_more(scene):
    """Cases: 62: an EOA that has left its delegation still has its policy and its requests."""
    name, address = "leaver", person("leaver").address
    policy, owners = policy_of(*WAYS), owners_of("phone")
    assert scene.delegate(name, scene.deployment.wallet).ok
    wallet = scene.contract("RecoveryWallet", address)
    initialize = wallet.functions.initialize(owners.to_abi(), 1, policy.change_delay, policy.to_abi())
    assert scene.invoke(initialize, sender=address).ok
    assert scene.start(Purse(wallet, owners, ("phone",), WAYS, policy), owners_of("heir")).ok
    assert scene.delegate(name, ZERO).ok
    ((known, word, *_, request, _),) = read(scene, [address], 2)
    assert known == 0
    assert (word >> 64).to_bytes(24, "big") == policy.hash[:24]
    assert request >> 64
    answer = status(scene, address, 2)
    assert answer["known"] == 0
    assert answer["requests"][0][0] == 1


def test_the_lens_refuses_what_are_no_addresses_and_takes_none(scene):
    module = scene.deployment.module
    for length in (1, 19, 21, 39):
        outcome = scene.ask(scene.lens.functions.read(module, bytes(length), 1))
        assert scene.refused(outcome, "LensAccountsInvalid", length)
    assert read(scene, [], 3) == []
    purse = scene.purse()
    assert len(read(scene, [purse.address], 0)[0]) == HEAD
    assert scene.lens.functions.status(module, purse.address, 0).call()[-1] == []


def test_many_accounts_are_read_in_one_call(scene):
    """Cases: 32"""
    purse = scene.purse()
    accounts = [purse.address, "0x" + "12" * 20] * 200
    words = read(scene, accounts, 2)
    assert words[0] == words[398]
    assert words[1] == words[399] == [0] * 7
