"""`recovery status`: what to do, when, by whom, for how much; requests; several chains; no log search unasked."""

from __future__ import annotations

import dataclasses
import json
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest

from recovery.building import Transaction
from recovery.cli.situation import GAS, May
from recovery.contracts import canonical_deployment
from recovery.messages import Call
from recovery.plan import PolicyPlan
from recovery.policy import DAY, HOUR
from recovery.request import Approvals, Request, approve
from tests.cli.conftest import NEW, PAYER, Console, Setting, asked, established, recovering, signed
from tests.live import Live, running
from tests.proxy import SECRET, node
from tests.recovery.samples import forged
from tests.world import freeze, owners_of, person, policy_of, rotate, sign, signer, veto

POLICY = ("--policy", "policy.json")


@pytest.fixture(scope="session")
def other_chain() -> Iterator[Live]:
    with running() as live:
        yield live


@pytest.fixture
def other(other_chain: Live) -> Iterator[Live]:
    """A second chain, with another number: its contracts say so, too."""
    with other_chain.undone():
        other_chain.ask("anvil_setChainId", 5)
        try:
            yield other_chain
        finally:
            other_chain.ask("anvil_setChainId", 31337)


def start(console: Console, out: str = "friends.json", heir: str = NEW) -> tuple[str, ...]:
    asked(console, out, "--path", "friends", "--new-owner", heir)
    return ("start", out, *signed(console, out, "ana", "ben"), *PAYER)


def as_wallet(live: Live, wallet: str, call: Call) -> None:
    """Has the wallet call something, as its owners could."""
    live.ask("anvil_impersonateAccount", wallet)
    live.fund(wallet)
    content = {"from": wallet, "to": call.to, "data": "0x" + call.data.hex(), "gas": hex(500_000)}
    live.web3.eth.wait_for_transaction_receipt(live.ask("eth_sendTransaction", content))
    live.ask("anvil_stopImpersonatingAccount", wallet)


# ---------------------------------------------------------------------------------------- what is asked


@pytest.mark.parametrize("options", [(), POLICY, ("--kit", "kits/kit-ana.json"), ("--json",), ("--ics", "dates.ics")])
def test_nothing_is_searched_for_unless_asked(
    live: Live, console: Console, setting: Setting, options: tuple[str, ...]
) -> None:
    console.run(*start(console), passwords=1)
    with node(live.url) as watched:
        console.run("status", setting.wallet, *options, "--network", watched.url)
        assert "eth_getLogs" not in watched.methods
        assert len(watched.methods) <= 9


def test_a_request_needs_no_search_either_and_events_do(live: Live, console: Console, setting: Setting) -> None:
    console.run(*start(console), passwords=1)
    request = ("--request", "friends.json", "--approval", "friends-ana.json")
    for options, searches in ((request, False), ((*request, *POLICY), False), (("--events",), True)):
        with node(live.url) as watched:
            console.run("status", setting.wallet, *options, "--network", watched.url)
            assert ("eth_getLogs" in watched.methods) == searches


def test_nothing_is_imported_that_it_does_not_need(live: Live, console: Console, setting: Setting) -> None:
    program = (
        "import sys\nfrom recovery.cli import main\ntry: main()\nexcept SystemExit as e: assert not e.code\n"
        "found = {'ape', 'PIL', 'segno', 'zxingcpp', 'rich', 'yaml', 'eth_tester'} & sys.modules.keys()\n"
        "assert not found, found"
    )
    command = [sys.executable, "-c", program, "status", setting.wallet, *POLICY]
    done = subprocess.run(command, capture_output=True, text=True, cwd=console.home)
    assert done.returncode == 0, done.stderr


# ------------------------------------------------------------------------------------- what to do, and when


def test_a_recovery_under_way_comes_first_with_the_command_that_stops_it(
    live: Live, console: Console, setting: Setting
) -> None:
    console.run(*start(console), passwords=1)
    said = console.run("status", setting.wallet, *POLICY).out
    lines = [line for line in said.split("\n") if line]
    assert lines[1].startswith('  ▶ Recovery under way on path "friends": ready in 3 days.')
    (command,) = [line.strip() for line in lines if line.startswith("      recovery")]
    assert command == f"recovery cancel {setting.wallet} --path 0 --signer KEY --account KEY"
    words = shlex.split(command.replace("--signer KEY", "--signer owner").replace("--account KEY", "--account payer"))
    console.run(*words[1:], "-y", passwords=2)
    assert "▶ Nothing to do. No recovery is under way." in console.run("status", setting.wallet).out


def test_the_commands_name_the_network_if_it_was_named(live: Live, console: Console, setting: Setting) -> None:
    console.run(*start(console), passwords=1)
    command = f"recovery cancel {setting.wallet} --path 0 --signer KEY --account KEY"
    with node(live.url) as elsewhere:
        said = console.run("status", setting.wallet, "--network", elsewhere.url).out
    assert f"      {command} --network URL\n" in said and SECRET not in said
    assert f"      {command}\n" in console.run("status", setting.wallet).out


def test_the_timeline_has_everything_in_order_and_now_among_it(live: Live, console: Console, setting: Setting) -> None:
    console.run(*start(console), passwords=1)
    live.travel(4 * DAY)
    said = console.run("status", setting.wallet, *POLICY).out
    texts = ["recovery started on path", "ready, anybody can finalize", "UTC  now", 'path "friends": expires']
    places = [said.index(text) for text in texts]
    assert places == sorted(places)
    assert f"recovery finalize {setting.wallet} --path 0 --account KEY" in said
    assert "▶ If this was not you, cancel it now, as the owner:" in said


def test_who_may_do_what_is_said_with_its_cost(live: Live, console: Console, defence: Setting) -> None:
    recovering(console, "theft")
    data = json.loads(console.run("status", defence.wallet, *POLICY, "--json").out)
    assert [(may["who"], may["what"]) for may in data["may"]] == [
        ('guardians of path "theft"', "cancel by guardians"),
        ('guardians of path "watch"', "veto"),
        ("anybody", "finalize"),
    ]
    said = console.run("status", defence.wallet, *POLICY).words
    assert 'Guardians of path "theft" cancel the recovery on path "theft": now, about 0.0' in said
    assert 'Guardians of path "watch" veto the recovery on path "theft": now, about 0.0' in said
    assert 'Anybody finalize the recovery on path "theft": in 7 days, about 0.0' in said
    assert "the owner cannot cancel it" in said


def test_names_of_paths_are_quoted_in_commands(live: Live, console: Console) -> None:
    text = (console.home / "policy.yaml").read_text().replace("name: theft", 'name: "my \\"old\\" friends; $HOME"')
    (console.home / "policy.yaml").write_text(text)
    console.run("policy", "new", "policy.yaml")
    plan = PolicyPlan.loads((console.home / "policy.json").read_text())
    setting = established(live, console, plan, "owner")
    label = plan.paths[1].label
    asked(console, "r.json", "--path", label, "--new-owner", NEW)
    console.run("start", "r.json", *signed(console, "r.json", "ana", "carl"), *PAYER, passwords=1)
    said = console.run("status", setting.wallet, *POLICY).out
    (command,) = [line.strip() for line in said.split("\n") if "--action cancel" in line]
    assert shlex.split(command)[-1] == label


def test_a_freeze_is_said_first(live: Live, console: Console, defence: Setting) -> None:
    asked(console, "freeze.json", "--action", "freeze", "--path", "panic", kit="dora")
    console.run("freeze", "freeze.json", *signed(console, "freeze.json", "dora"), *PAYER, passwords=1)
    said = console.run("status", defence.wallet, *POLICY).words
    assert "▶ Frozen until" in said and "nothing can be spent" in said and "the freeze ends" in said
    assert 'Guardians of path "panic" thaw the freeze: now' in said


def test_a_change_of_policy_is_said_with_the_command_that_drops_it(
    live: Live, console: Console, defence: Setting
) -> None:
    as_wallet(live, defence.wallet, live.client.schedule_removal_call())
    said = console.run("status", defence.wallet, *POLICY).words
    assert "▶ Removal of the policy is scheduled: possible in 7 days. If this was not you, drop it:" in said
    assert f"recovery policy drop {defence.wallet} --signer KEY --account KEY" in said
    assert 'Guardians of path "watch" veto the removal of the policy: now' in said
    live.travel(8 * DAY)
    said = console.run("status", defence.wallet, *POLICY).words
    assert "can be applied by anybody until" in said and f"recovery policy apply {defence.wallet} --account KEY" in said


def test_what_holds_up_a_change_is_said_with_the_way_out(live: Live, console: Console, defence: Setting) -> None:
    recovering(console, "theft")
    live.travel(3 * DAY)
    as_wallet(live, defence.wallet, live.client.schedule_removal_call())
    live.travel(8 * DAY)
    said = console.run("status", defence.wallet).words
    assert "but not while a recovery that the owner cannot cancel holds it up." in said
    assert "policy apply" not in said and "--then-apply" not in said
    live.travel(27 * DAY)
    said = console.run("status", defence.wallet).out
    assert "That one has expired; to clear it away and apply the change in one step:" in " ".join(said.split())
    (command,) = [line.strip() for line in said.split("\n") if "--then-apply" in line]
    words = shlex.split(command.replace("KEY", "payer"))
    console.run(*words[1:], "-y", passwords=1)
    assert not live.client.state(defence.wallet, 0).configured
    assert "no recovery policy: nobody could get it back" in console.run("status", defence.wallet).words


def test_an_expired_recovery_that_holds_up_changes_is_to_be_cleared(
    live: Live, console: Console, defence: Setting
) -> None:
    recovering(console, "theft")
    live.travel(60 * DAY)
    said = console.run("status", defence.wallet).words
    assert "has expired" in said and "still holds up any change of the policy:" in said
    assert f"recovery clear {defence.wallet} --path 1 --account KEY" in said


def test_silence_is_said_with_the_day_on_which_the_heir_comes_in(
    live: Live, console: Console, setting: Setting
) -> None:
    assert 'path "heir" opens' in console.run("status", setting.wallet, *POLICY).words
    live.travel(400 * DAY)
    said = console.run("status", setting.wallet, *POLICY).words
    assert 'The owner has been silent so long that path "heir" is open. Owner, if you are alive:' in said
    assert f"recovery heartbeat {setting.wallet} --signer KEY --account KEY" in said


# ----------------------------------------------------------------------------------- requests and approvals


def test_approvals_are_counted_with_who_gave_them(live: Live, console: Console, setting: Setting) -> None:
    asked(console, "friends.json", "--path", "friends", "--new-owner", NEW)
    ask = ("status", setting.wallet, "--request", "friends.json")
    said = console.run(*ask).words
    assert "Request to replace the owners, by path 'friends'" in said and f"New owner {NEW}" in said
    assert "Approvals 0 of 2 votes 2 votes missing" in said
    ana, ben = signed(console, "friends.json", "ana", "ben")
    said = console.run(*ask, "--approval", ana).words
    assert f"1 of 2 votes, by Ana ({person('ana').address}) 1 vote missing" in said
    said = console.run(*ask, "--approval", ana, "--approval", ben).words
    assert "2 of 2 votes, by Ana" in said and "complete: anybody can submit it" in said


def test_what_stands_on_the_chain_counts_if_the_guardian_is_known(
    live: Live, console: Console, setting: Setting
) -> None:
    request = asked(console, "friends.json", "--path", "friends", "--new-owner", NEW)
    live.client.send(live.client.approve_digest(request.digest), person("ben"))
    ask = ("status", setting.wallet, "--request", "friends.json")
    assert "0 of 2 votes" in console.run(*ask).words  # who Ben is only files know
    assert "0 of 2 votes" in console.run(*ask, "--kit", "kits/kit-ana.json").words
    assert "1 of 2 votes, by Ben (on the chain)" in console.run(*ask, "--kit", "kits/kit-ben.json").words
    assert "1 of 2 votes, by Ben (on the chain)" in console.run(*ask, *POLICY).words
    (ana,) = signed(console, "friends.json", "ana")
    said = console.run(*ask, *POLICY, "--approval", ana).words
    assert "2 of 2 votes" in said
    assert "complete: with an approval file of Ben (on the chain), too, anybody can submit it" in said
    data = json.loads(console.run(*ask, *POLICY, "--approval", ana, "--json").out)["request"]
    assert (data["votes"], data["missing"], data["started"], data["problem"]) == (2, 0, False, None)
    assert [each["onChain"] for each in data["approvals"]] == [False, True]
    live.client.send(live.client.revoke_digest(request.digest), person("ben"))
    assert "0 of 2 votes" in console.run(*ask, *POLICY).words


def test_an_approval_that_is_none_does_not_count(live: Live, console: Console, setting: Setting) -> None:
    asked(console, "friends.json", "--path", "friends", "--new-owner", NEW)
    ana, ben = signed(console, "friends.json", "ana", "ben")
    text = (console.home / ben).read_text()
    signature = json.loads((console.home / ana).read_text())["signature"]
    ask = ("status", setting.wallet, "--request", "friends.json", "--approval", ana, "--approval", ben)
    (console.home / ben).write_text(forged(text, signature=signature))
    said = console.run(*ask).words
    assert (
        "1 of 2 votes, by Ana" in said
        and f"{ben} does not hold a signature of Ben" in said
        and "1 vote missing" in said
    )
    (console.home / ben).write_text(forged(text, signature="0x"))
    said = console.run(*ask).words
    assert "1 of 2 votes" in said and "has approved on the chain, but the chain does not" in said
    data = json.loads(console.run(*ask, "--json").out)["request"]
    assert data["votes"] == 1 and len(data["invalid"]) == 1


def test_a_started_request_is_recognised_and_says_who_the_new_owner_is(
    live: Live, console: Console, setting: Setting
) -> None:
    console.run(*start(console), passwords=1)
    said = console.run("status", setting.wallet, "--request", "friends.json").words
    assert "It has been started: this is the recovery that is under way." in said
    assert f"The new owner would be {NEW}." in said


def test_another_request_with_the_same_number_is_not_taken_for_the_one_under_way(
    live: Live, console: Console, setting: Setting
) -> None:
    """Two were collected for: the thief's was the first. Whoever looks with the other one must not be soothed."""
    asked(console, "mine.json", "--path", "friends", "--new-owner", NEW)
    thief = person("thief").address
    console.run(*start(console, "his.json", thief), passwords=1)
    done = console.run("status", setting.wallet, "--request", "mine.json")
    assert "is NOT the one that your request asks for" in " ".join(done.err.split())
    assert "The new owner would be" not in done.words and "has been started already" in done.words
    data = json.loads(console.run("status", setting.wallet, "--request", "mine.json", "--json").out)
    assert data["request"]["started"] is False and data["paths"][0]["newOwners"] is None
    assert thief in console.run("status", setting.wallet, "--request", "his.json").words
    assert thief in console.run("status", setting.wallet, "--events").words


def test_a_request_with_other_owners_than_it_says_is_not_taken_for_the_one_under_way(
    live: Live, console: Console, setting: Setting
) -> None:
    """Same owners, another threshold: another request."""
    two = ("--new-owner", NEW, "--new-owner", person("dora").address)
    asked(console, "one.json", "--path", "friends", *two, "--threshold", "1")
    asked(console, "two.json", "--path", "friends", *two, "--threshold", "2")
    console.run("start", "two.json", *signed(console, "two.json", "ana", "ben"), *PAYER, passwords=1)
    assert "It has been started" in console.run("status", setting.wallet, "--request", "two.json").words
    assert "is NOT the one" in console.run("status", setting.wallet, "--request", "one.json").words


def test_a_request_that_is_void_says_why(live: Live, console: Console, setting: Setting) -> None:
    request = asked(console, "friends.json", "--path", "friends", "--new-owner", NEW)
    ask = ("status", setting.wallet, "--request")
    (console.home / "other.json").write_text(dataclasses.replace(request, account=NEW).dumps())
    console.refuses(*ask, "other.json", because=f"other.json is for {NEW}, not for", code=2)
    console.refuses("status", setting.wallet, "--approval", "x", because="--approval goes with --request", code=2)
    console.refuses(*ask, "kits/kit-ana.json", because="is a guardian's kit", code=2)
    live.travel(5 * DAY)
    assert "The request's deadline has passed" in console.run(*ask, "friends.json").words
    data = json.loads(console.run(*ask, "friends.json", "--json").out)
    assert "deadline has passed" in data["request"]["problem"]


def test_requests_for_other_things_are_followed_too(live: Live, console: Console, defence: Setting) -> None:
    recovering(console, "theft")
    asked(console, "veto.json", "--action", "veto", "--path", "watch", "--stop", "theft", kit="carl")
    files = signed(console, "veto.json", "carl", "dora")
    ask = ("status", defence.wallet, "--request", "veto.json", "--approval", files[0])
    said = console.run(*ask).words
    assert "Request to stop the recovery that is under way, by path 'watch'" in said and "1 of 2 votes" in said
    console.run("veto", "veto.json", *files, *PAYER, passwords=1)
    assert "there is nothing to stop" in console.run(*ask).words


# ------------------------------------------------------------------------------------------ calendar


def test_the_dates_to_come_go_into_a_calendar(live: Live, console: Console, setting: Setting) -> None:
    console.run(*start(console), passwords=1)
    said = console.run("status", setting.wallet, *POLICY, "--ics", "my dates.ics").out
    assert "3 dates written to 'my dates.ics'." in said
    text = (console.home / "my dates.ics").read_text()
    assert text.count("BEGIN:VEVENT") == 3 and "ready" in text and "expires" in text
    console.refuses("status", setting.wallet, "--ics", "my dates.ics", because="exists already", code=2)


def test_where_there_is_no_date_no_calendar_is_written(live: Live, console: Console, setting: Setting) -> None:
    console.refuses("status", setting.wallet, "--ics", "dates.ics", because="no date to come, so no calendar file")


# ------------------------------------------------------------------------------------------ several chains


def test_several_chains_are_looked_at_in_turn(live: Live, other: Live, console: Console, setting: Setting) -> None:
    said = console.run("status", setting.wallet, "--also", other.url).words
    assert "on local test chain (chain 31337) ▶ Nothing to do." in said
    assert "on chain 5 ▶ Nothing that could be recovered stands here." in said
    other.client.send(other.client.create_wallet(setting.owners, setting.plan.policy), person("payer"))
    options = (*POLICY, "--also", other.url, "--ics", "twice.ics")
    data = json.loads(console.run("status", setting.wallet, *options, "--json").out)
    assert [(each["chainId"], each["configured"]) for each in data] == [(31337, True), (5, True)]
    assert (console.home / "twice.ics").read_text().count("BEGIN:VEVENT") == 2


def test_a_chain_that_cannot_be_asked_does_not_hide_the_others(live: Live, console: Console, setting: Setting) -> None:
    gone = f"http://127.0.0.1:9/v3/{SECRET}"
    done = console.run("status", setting.wallet, "--also", gone)
    assert "▶ Nothing to do." in done.out and "http://127.0.0.1: The node does not answer." in " ".join(
        done.err.split()
    )
    assert SECRET not in done.out + done.err
    data = json.loads(console.run("status", setting.wallet, "--also", gone, "--json").out)
    assert data[0]["configured"] and data[1]["error"]["code"] == "node-unreachable"
    assert SECRET not in json.dumps(data)
    for options in ((), ("--json",)):
        with pytest.raises(AssertionError):  # no sentence: each network has said its own
            console.run("status", setting.wallet, "--network", gone, "--also", gone, *options, code=1)
        assert "node does not answer" in "".join(console.said[-2:])
    console.refuses("status", setting.wallet, "--network", gone, because="The node does not answer.")


def test_commands_for_another_chain_name_its_network(
    live: Live, other: Live, console: Console, setting: Setting
) -> None:
    other.client.send(other.client.create_wallet(setting.owners, setting.plan.policy), person("payer"))
    other.travel(400 * DAY)
    said = console.run("status", setting.wallet, *POLICY, "--also", other.url).out
    assert f"recovery heartbeat {setting.wallet} --signer KEY --account KEY --network URL" in said


def test_a_policy_that_another_chain_does_not_have_is_not_used_there(
    live: Live, other: Live, console: Console, setting: Setting
) -> None:
    different = policy_of(rotate("ana", "ben"))
    other.client.send(other.client.create_wallet(setting.owners, different), person("payer"))
    there = canonical_deployment().wallet_address(setting.owners, different)
    done = console.run("status", there, *POLICY, "--network", other.url)
    assert "Your file is of another policy than the account has now." in done.err and "Dora" not in done.out


# ------------------------------------------------------------------------------------------------ programs


def test_programs_get_everything_that_people_read(live: Live, console: Console, setting: Setting) -> None:
    console.run(*start(console), passwords=1)
    data = json.loads(console.run("status", setting.wallet, *POLICY, "--json").out)
    (todo,) = data["todo"]
    assert todo["urgent"] and todo["commands"] == [
        f"recovery cancel {setting.wallet} --path 0 --signer KEY --account KEY"
    ]
    assert {date["kind"] for date in data["dates"]} >= {"started", "ready", "expires"}
    assert data["paths"][0]["ownerCancels"] is True and "request" not in data


# ----------------------------------------------------------------------------------------------------- gas


def test_the_gas_of_each_step_is_as_receipts_say(live: Live) -> None:
    """Within a quarter of the table that `status` counts costs with."""
    client, owners = live.client, owners_of("owner")
    ways = (
        rotate("ana", "ben", "carl", vetoable=True),
        rotate("ana", "ben", "carl", owner_cancels=False, vetoable=True),
        freeze("ana", "ben", threshold=2),
        veto("ana", "ben"),
        veto("ana", "ben", threshold=2),
    )
    policy = policy_of(*ways)
    client.send(client.create_wallet(owners, policy), person("payer"))
    wallet = client.deployment.wallet_address(owners, policy)
    live.fund(wallet)

    def gas(what: str, transaction: Transaction) -> None:
        with live.undone():
            found.append((what, used(transaction)))

    def used(transaction: Transaction) -> int:
        return client.send(transaction, person("payer")).gas_used

    def agreed(request: Request, *who: str) -> Transaction:
        members = {each.signer: each for each in ways[request.proof.index].members}
        approvals = [approve(request, members[signer(name)], sign(name, request.message)) for name in who]
        return client.submit(Approvals.of(request, approvals))

    def batch(call: Call) -> Transaction:
        deadline = client.deadline(HOUR)
        message = client.batch(wallet, owners, [call], deadline)
        proof = owners.proof({signer("owner"): sign("owner", message)})
        return client.execute(wallet, [call], deadline, proof, "try")

    found: list[tuple[str, int]] = []
    proofs = [policy.proof(index) for index in range(len(ways))]
    heir, until = owners_of("heir"), client.deadline(2 * DAY)
    for path in (0, 1):
        with live.undone():
            used(agreed(client.request(wallet, proofs[path], "path", heir, until), "ana", "ben"))
            gas("cancel by guardians", agreed(client.request_cancel(wallet, proofs[path], "path", until), "ana", "ben"))
            for veto_path, who in ((3, ("ana",)), (4, ("ana", "ben"))):
                gas("veto", agreed(client.request_veto(wallet, proofs[veto_path], "veto", path, until), *who))
            if path == 0:
                status = client.state(wallet)
                cancel = client.cancel_call(status.epoch, 0, status.paths[0].nonce)
                gas("cancel", batch(cancel))
                with live.undone():
                    used(batch(client.heartbeat_call()))  # later ones are cheaper
                    gas("cancel", batch(cancel))
            live.travel(3 * DAY)
            gas("finalize", client.finalize(wallet, path, policy.paths[path], heir))
            live.travel(31 * DAY)
            gas("clear", client.clear_expired(wallet, path))
    used(batch(client.schedule_change_call(policy_of(rotate("ana", "ben")))))
    status = client.state(wallet)
    gas("drop", batch(client.drop_change_call(status.change_policy_hash, status.change_eta)))
    for veto_path, who in ((3, ("ana",)), (4, ("ana", "ben"))):
        request = client.request_veto(wallet, proofs[veto_path], "veto", None, until)
        gas("veto of a change", agreed(request, *who))
    with live.undone():
        live.travel(7 * DAY)
        gas("apply", client.apply_change(wallet))
    used(agreed(client.request_freeze(wallet, proofs[2], "freeze", until), "ana", "ben"))
    gas("thaw", agreed(client.request_thaw(wallet, proofs[2], "freeze", until), "ana", "ben"))

    assert {what for what, _ in found} == GAS.keys()
    for what, measured in found:
        assert 0.75 <= measured / GAS[what] <= 1.25, (what, measured)


def test_how_a_step_is_done_is_not_part_of_its_verb() -> None:
    assert {May("", what, "").verb for what in GAS} == {"finalize", "cancel", "veto", "clear", "apply", "drop", "thaw"}


def test_whoever_looks_at_a_wallet_sees_what_is_under_way(live: Live, console: Console, setting: Setting) -> None:
    assert json.loads(console.run("wallet", "show", setting.wallet, "--json").out)["recoveriesUnderWay"] == []
    asked(console, "r.json", "--path", "friends", "--new-owner", NEW)
    status = ("status", setting.wallet, "--request", "r.json")
    missing = console.run(*status).words
    assert "2 votes missing. Ask another guardian" in missing and "Nothing to do" not in missing
    files = signed(console, "r.json", "ana", "ben")
    complete = console.run(*status, *(part for file in files for part in ("--approval", file))).words
    assert f"anybody can submit the request now: recovery start r.json {' '.join(files)}" in complete
    console.run("start", "r.json", *files, *PAYER, passwords=1)
    assert "UNDER WAY on path 0" in console.run("wallet", "show", setting.wallet).words
    assert json.loads(console.run("wallet", "show", setting.wallet, "--json").out)["recoveriesUnderWay"] == [0]
