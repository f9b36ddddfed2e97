from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from recovery import lens
from recovery.errors import ChainError, InvalidFile, InvalidInput
from recovery.folder import AccountNote, Folder
from recovery.keys.schedule import Due, What
from recovery.monitor import reading, report
from recovery.monitor.judge import (
    Level,
    Structure,
    judge,
    load_structure,
    rank,
    structures,
    with_schedule,
    without_schedule,
    worst,
)
from recovery.plan import Guardian, PathPlan, PolicyPlan
from recovery.policy import CHANGE_WINDOW, DAY, HOUR, Right
from recovery.request import Approvals, approve
from recovery.state import AccountState, PathStatus, RequestState
from tests.live import Live
from tests.recovery.samples import NOTE
from tests.world import SECRET, freeze, owners_of, person, policy_of, rotate, sign, signer

NOW = 1_800_000_000
YEAR = 365 * DAY
ACCOUNT = "0x" + "11" * 20

POLICY = policy_of(rotate("ana", "ben"), rotate("ana", "ben", inactivity=YEAR), freeze("ana"))
KNOWN = Structure(POLICY, ("friends", "heirs", "alarm"))
IDLE = PathStatus(RequestState.IDLE, 0, 0, 0)


def state(**more: object) -> AccountState:
    """A quiet account, but for what is given."""
    quiet = AccountState(
        account=ACCOUNT,
        time=NOW,
        readable=True,
        policy_hash=POLICY.hash[:24],
        epoch=1,
        change_delay=POLICY.change_delay,
        blockers=0,
        change_policy_hash=bytes(24),
        change_eta=0,
        last_active=NOW - DAY,
        frozen_until=0,
        cool_until=0,
        paths=(IDLE, IDLE, IDLE),
    )
    return replace(quiet, **more)  # type: ignore[arg-type]


def request(kind: RequestState, ready_at: int, expires_at: int) -> AccountState:
    return state(paths=(IDLE, PathStatus(kind, 1, ready_at, expires_at), IDLE))


def found(state: AccountState, structure: Structure | None = KNOWN) -> list[tuple[Level, str]]:
    return [(finding.level, finding.kind) for finding in judge(state, structure).findings]


def test_a_quiet_account_is_fine() -> None:
    assert found(state()) == []
    assert judge(state(), KNOWN).level is Level.FINE


@pytest.mark.parametrize(
    ("left", "level"), [(DAY + 1, Level.ATTENTION), (DAY, Level.URGENT), (DAY - 1, Level.URGENT), (1, Level.URGENT)]
)
def test_a_pending_request_is_urgent_on_the_last_day_to_stop_it(left: int, level: Level) -> None:
    assert found(request(RequestState.PENDING, NOW + left, NOW + 30 * DAY)) == [(level, "request-pending")]


@pytest.mark.parametrize("left", [30 * DAY, DAY, 1])
def test_a_ready_request_is_urgent_because_anybody_can_finalize_it(left: int) -> None:
    assert found(request(RequestState.READY, NOW - 1, NOW + left)) == [(Level.URGENT, "request-ready")]


def test_an_expired_request_needs_attention_only() -> None:
    assert found(request(RequestState.EXPIRED, NOW - DAY, NOW)) == [(Level.ATTENTION, "request-expired")]


@pytest.mark.parametrize(
    ("eta", "expected"),
    [
        (NOW + DAY + 1, [(Level.ATTENTION, "change-pending")]),
        (NOW + DAY, [(Level.URGENT, "change-pending")]),
        (NOW + 1, [(Level.URGENT, "change-pending")]),
        (NOW, [(Level.URGENT, "change-ready")]),
        (NOW - CHANGE_WINDOW + 1, [(Level.URGENT, "change-ready")]),
        (NOW - CHANGE_WINDOW, []),
    ],
)
def test_a_change_is_urgent_from_its_last_day_of_waiting_until_it_is_past(
    eta: int, expected: list[tuple[Level, str]]
) -> None:
    assert found(state(change_eta=eta)) == expected


def test_a_change_that_a_recovery_holds_up_is_not_urgent() -> None:
    assert found(state(change_eta=NOW, blockers=1)) == [(Level.ATTENTION, "change-held-up")]


def test_removal_is_told_from_another_policy() -> None:
    removal, other = (state(change_eta=NOW + 2 * DAY, change_policy_hash=hash) for hash in (bytes(24), b"x" * 24))
    assert judge(removal).findings[0].message.startswith("removal of recovery")
    assert judge(other).findings[0].message.startswith("a change of policy")


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (DAY + 1, [(Level.ATTENTION, "frozen")]),
        (DAY, [(Level.URGENT, "frozen")]),
        (1, [(Level.URGENT, "frozen")]),
        (0, []),
    ],
)
def test_a_freeze_is_urgent_on_its_last_day(left: int, expected: list[tuple[Level, str]]) -> None:
    assert found(state(frozen_until=NOW + left)) == expected


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (30 * DAY, []),
        (30 * DAY - 1, [(Level.ATTENTION, "inactivity-soon")]),
        (1, [(Level.ATTENTION, "inactivity-soon")]),
        (0, [(Level.ATTENTION, "inactivity-open")]),
        (-YEAR, [(Level.ATTENTION, "inactivity-open")]),
    ],
)
def test_a_path_of_inactivity_gives_notice_30_days_before_it_opens(
    left: int, expected: list[tuple[Level, str]]
) -> None:
    assert found(state(last_active=NOW + left - YEAR)) == expected


def test_of_an_unknown_policy_or_an_unset_clock_nothing_is_said_of_inactivity() -> None:
    silent = state(last_active=NOW - 2 * YEAR)
    assert found(silent, None) == []
    assert found(silent, Structure(policy_of(rotate("ana", "ben", inactivity=YEAR)))) == []  # of another account
    assert found(state(last_active=0)) == []


def test_what_has_no_policy_or_cannot_be_read_needs_attention() -> None:
    assert found(state(policy_hash=bytes(24))) == [(Level.ATTENTION, "no-policy")]
    assert found(state(policy_hash=bytes(24), readable=False)) == [(Level.ATTENTION, "no-policy")]
    assert found(state(readable=False)) == [(Level.ATTENTION, "unreadable")]


def test_the_most_urgent_comes_first_and_of_equals_the_soonest() -> None:
    later = replace(request(RequestState.PENDING, NOW + 3 * DAY, NOW + 9 * DAY), account="later")
    sooner = replace(state(frozen_until=NOW + 2 * DAY), account="sooner")
    urgent = replace(state(change_eta=NOW + HOUR), account="urgent")
    without = replace(state(policy_hash=bytes(24)), account="without")
    fine = replace(state(), account="fine")
    verdicts = [judge(one, KNOWN) for one in (fine, without, later, urgent, sooner)]
    assert [verdict.state.account for verdict in rank(verdicts)] == ["urgent", "sooner", "later", "without", "fine"]
    assert worst(verdicts) is Level.URGENT
    assert worst([]) is Level.FINE


def test_of_one_account_the_most_urgent_finding_comes_first() -> None:
    busy = replace(request(RequestState.PENDING, NOW + 3 * DAY, NOW + 9 * DAY), frozen_until=NOW + HOUR)
    assert found(busy) == [(Level.URGENT, "frozen"), (Level.ATTENTION, "request-pending")]


# ------------------------------------------------------------------------------------------- schedule


def due(at: int, what: What = What.DRILL, name: str = "", **more: object) -> Due:
    return Due(what, b"due's id", name, None, YEAR, None, at, NOW, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (-1, []),
        (0, [(Level.ATTENTION, "drill-due")]),
        (30 * DAY - 1, [(Level.ATTENTION, "drill-due")]),
        (30 * DAY, [(Level.URGENT, "drill-due")]),
    ],
)
def test_what_is_due_needs_attention_and_is_urgent_30_days_later(late: int, expected: list[tuple[Level, str]]) -> None:
    verdict = with_schedule(judge(state(), KNOWN), [due(NOW - late)])
    assert [(finding.level, finding.kind) for finding in verdict.findings] == expected
    assert verdict.level is (expected[0][0] if expected else Level.FINE)


def test_what_the_chain_says_comes_before_what_is_due_and_as_urgent() -> None:
    dates = [due(NOW - 40 * DAY), due(NOW - DAY, What.REMINDER, "Test the Ledger")]
    ready = judge(request(RequestState.READY, NOW - 1, NOW + DAY), KNOWN)
    verdict = with_schedule(ready, dates)
    assert [finding.kind for finding in verdict.findings] == ["request-ready", "drill-due", "reminder-due"]
    pending = with_schedule(judge(request(RequestState.PENDING, NOW + 9 * DAY, NOW + 30 * DAY), KNOWN), dates[1:])
    assert [finding.kind for finding in pending.findings] == ["request-pending", "reminder-due"]
    overdue = with_schedule(judge(replace(state(), account="0x" + "22" * 20), KNOWN), dates)
    assert rank([overdue, ready]) == [ready, overdue]


def test_a_schedule_that_cannot_be_read_needs_attention_and_hides_nothing() -> None:
    verdict = without_schedule(judge(request(RequestState.READY, NOW - 1, NOW + DAY), KNOWN), "It is damaged.")
    assert [finding.kind for finding in verdict.findings] == ["request-ready", "schedule-unreadable"]
    assert "What is due is not known. It is damaged." in " ".join(" ".join(report.as_text([verdict])).split())
    assert without_schedule(judge(state(), KNOWN), "It is damaged.").level is Level.ATTENTION


def test_what_is_due_is_told_without_naming_who_has_shares() -> None:
    held = due(NOW - DAY, What.SHARES, "61207365", never=("Xaver",), old=("Yara", "Zoe"))
    verdict = with_schedule(judge(state(), KNOWN), [held, due(NOW + DAY)])
    data = report.as_json([verdict], 1)["accounts"][0]
    text = " ".join(" ".join(report.as_text([verdict])).split())
    assert "Of set 61207365 3 holders have not shown their shares for a year (since 14 Jan 2027)." in text
    assert "Next on its schedule" not in text
    assert [(each["what"], each["dueAt"], each["state"]) for each in data["schedule"]] == [
        ("shares", NOW - DAY, "due"),
        ("drill", NOW + DAY, "later"),
    ]
    assert (data["findings"][0]["kind"], data["findings"][0]["at"]) == ("shares-due", NOW - DAY)
    for name in ("Xaver", "Yara", "Zoe"):
        assert name not in text + json.dumps(data)


def test_of_a_schedule_of_which_nothing_is_due_the_next_is_told() -> None:
    verdict = with_schedule(judge(state(), KNOWN), [due(NOW + DAY), due(NOW + 2 * DAY)])
    assert "Next on its schedule, on 16 Jan 2027: Practise a recovery." in " ".join(report.as_text([verdict]))
    assert "schedule" not in " ".join(report.as_text([with_schedule(judge(state(), KNOWN), [])]))
    assert report.as_json([judge(state(), KNOWN)], 1)["accounts"][0]["schedule"] is None
    assert report.as_json([with_schedule(judge(state(), KNOWN), [])], 1)["accounts"][0]["schedule"] == []


# ----------------------------------------------------------------------------------------- input, output


def test_addresses_are_read_one_a_line_once_each_and_without_remarks() -> None:
    lines = ["", "# friends", f"  {ACCOUNT}  # Ana", ACCOUNT, "0x" + "22" * 20]
    assert reading.addresses(lines) == [ACCOUNT, "0x" + "22" * 20]


@pytest.mark.parametrize("wrong", ["Ana", "0x1234", "0x" + "11" * 21, "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96046"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        reading.addresses([wrong])


def test_owners_folders_are_known_by_their_accounts(tmp_path: Path) -> None:
    mine = Folder.create(tmp_path / "mine", NOTE)
    assert reading.owners([mine.path, mine.path]) == {str(NOTE.account): mine}
    copy = Folder.create(tmp_path / "copy", NOTE)
    early = Folder.create(tmp_path / "early", AccountNote("Olga"))
    for paths, because in (
        ([mine.path, copy.path], "of the same account"),
        ([early.path], "does not exist yet. Go on with: recovery setup"),
        ([tmp_path], "is not an owner's folder"),
    ):
        with pytest.raises(InvalidInput, match=because):
            reading.owners(paths)


def plan() -> PolicyPlan:
    people = (Guardian("ana", signer("ana"), 0), Guardian("ben", signer("ben"), 1))
    members = (("ana", 1), ("ben", 1))
    return PolicyPlan(
        SECRET,
        7 * DAY,
        people,
        (
            PathPlan("friends", Right.ROTATE, members, 2, True, False, 0, 3 * DAY, 30 * DAY),
            PathPlan("heirs", Right.ROTATE, members, 2, True, False, YEAR, 30 * DAY, 30 * DAY),
            PathPlan("alarm", Right.FREEZE, members, 1, window=5 * DAY),
        ),
    )


def test_a_policy_file_and_a_kit_tell_the_same_structure() -> None:
    policy = plan()
    kit = policy.kit("ana", 1, ACCOUNT, ACCOUNT)
    expected = (policy.policy.hash[:24], Structure(policy.policy, ("friends", "heirs", "alarm")))
    assert load_structure(policy.dumps(), "policy.json") == load_structure(kit.dumps(), "kit.json") == expected
    assert structures([policy]) == dict([expected])


def test_another_file_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidFile, match=r"list\.json"):
        load_structure("hello", "list.json")


def test_the_text_says_what_is_urgent_why_and_when_paths_open() -> None:
    quiet = replace(state(), account="0x" + "22" * 20)
    verdicts = rank([judge(quiet, KNOWN), judge(state(frozen_until=NOW + HOUR), None)])
    lines = report.as_text(verdicts)
    text = " ".join(" ".join(lines).split())
    assert lines[0] == f"URGENT     {ACCOUNT}"
    assert "Frozen until" in text
    assert "Its policy is not known here" in text
    assert "Path “heirs” opens in 364 days of silence." in text
    assert text.endswith("1 urgent, 1 fine; as of Fri 15 Jan 2027 08:00 UTC.")
    assert max(map(len, lines)) <= 80
    assert report.as_text([]) == []


def test_the_json_says_all_of_it_and_null_for_what_is_not_known() -> None:
    busy = replace(request(RequestState.READY, NOW - 1, NOW + HOUR), change_eta=NOW + 2 * DAY, blockers=1)
    data = json.loads(json.dumps(report.as_json([judge(busy, KNOWN)], 1)))
    account = data["accounts"][0]
    assert (data["chainId"], data["time"], data["level"]) == (1, NOW, "urgent")
    assert [(f["level"], f["kind"], f["path"]) for f in account["findings"]] == [
        ("urgent", "request-ready", 1),
        ("attention", "change-held-up", None),
    ]
    assert account["inactivity"] == [{"path": 1, "opensAt": NOW + 364 * DAY, "secondsLeft": 364 * DAY}]
    ready = {"path": 1, "state": "ready", "nonce": 1, "readyAt": NOW - 1, "expiresAt": NOW + HOUR}
    assert account["requests"] == [ready]
    assert account["change"]["eta"] == NOW + 2 * DAY
    assert account["frozenUntil"] is None
    unknown = report.as_json([judge(state(), None)], 1)["accounts"][0]
    assert unknown["inactivity"] is None
    assert report.as_json([], 1) == {"chainId": 1, "time": None, "level": "fine", "accounts": []}


# -------------------------------------------------------------------------------------------- the chain


def test_packed_words_say_the_same_as_one_account_in_words(live: Live) -> None:
    client, relayer, policy = live.client, person("relayer"), plan()
    owners = owners_of("owner")
    wallet = client.deployment.wallet_address(owners, policy.policy)
    client.send(client.create_wallet(owners, policy.policy), relayer)
    asked = client.request(wallet, policy.policy.proof(0), "friends", owners_of("heir"), client.deadline(DAY))
    signed = [approve(asked, policy.member(name, 1), sign(name, asked.message)) for name in ("ana", "ben")]
    client.send(client.submit(Approvals.of(asked, signed)), relayer)
    freezing = client.request_freeze(wallet, policy.policy.proof(2), "freeze", client.deadline())
    approval = approve(freezing, policy.member("ana", 1), sign("ana", freezing.message))
    client.send(client.submit(Approvals.of(freezing, [approval])), relayer)

    nobody = "0x" + "22" * 20
    live.travel(HOUR)
    for paths in (0, 3, 32):
        read = client.states([wallet, nobody, wallet], paths)
        for one in read:
            # Anvil answers calls at a time of its own, a second or so after its latest block.
            single = client.state(one.account, paths)
            assert replace(single, time=one.time, freeze_id=None) == one
        assert [one.account for one in read] == [wallet, nobody, wallet]
    pending = client.states([wallet])[0]
    assert pending.frozen
    assert pending.paths[0].state is RequestState.PENDING
    live.travel(3 * DAY)
    assert client.states([wallet])[0].paths[0].state is RequestState.READY
    live.travel(30 * DAY)
    assert client.states([wallet])[0].paths[0].state is RequestState.EXPIRED


def test_many_accounts_are_read_in_several_calls_at_one_block(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lens, "WORDS", 21)  # three accounts a call
    accounts = [f"0x{number:040x}" for number in range(0x1001, 0x100B)]
    read = live.client.states(accounts, 2)
    assert [one.account.lower() for one in read] == accounts
    assert len({one.time for one in read}) == 1
    assert live.client.states([]) == []


def test_an_account_that_burns_all_gas_does_not_hide_the_others(live: Live) -> None:
    client, policy = live.client, policy_of(rotate("ana", "ben"))
    wallet = client.deployment.wallet_address(owners_of("owner"), policy)
    client.send(client.create_wallet(owners_of("owner"), policy), person("relayer"))
    burner = "0x" + "33" * 20
    live.ask("anvil_setCode", burner, "0xfe")  # INVALID takes all that it is given
    read = client.states([burner, wallet, burner, burner, ACCOUNT])
    assert [(one.readable, one.configured) for one in read] == [
        (False, False),
        (True, True),
        (False, False),
        (False, False),
        (False, False),
    ]


def test_a_chain_without_the_lens_is_told_from_one_where_all_is_fine(live: Live) -> None:
    live.ask("anvil_setCode", live.client.deployment.lens, "0x")
    with pytest.raises(ChainError, match="There is no lens"):
        live.client.states([ACCOUNT])


def test_more_paths_than_a_policy_can_have_are_refused(live: Live) -> None:
    with pytest.raises(InvalidInput):
        live.client.states([ACCOUNT], 33)
