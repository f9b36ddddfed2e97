"""Command lines in runbooks: each is one that the program takes, and nothing is missing that is needed on the day."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import click
import pytest

from recovery.backup.forms import Kind
from recovery.cli import cli
from recovery.errors import InvalidInput
from recovery.runbook import (
    Document,
    Known,
    Shares,
    guardian_runbook,
    heir_runbook,
    heirs_letter,
    markdown,
    owner_runbook,
)
from recovery.runbook.heir import LEDGER
from recovery.runbook.known import INSTALL
from recovery.runbook.model import Points, Step
from tests.recovery.runbook_world import POLICIES, THEFT, documents, known, note, plan, stand

#: Lines that are not for this program.
OTHERS = (INSTALL, *LEDGER)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Known:
    return known(tmp_path_factory.mktemp("owner") / "mine", stand())


def require_real(line: str) -> None:
    """A command line as the program takes it: command, options, and everything that is needed."""
    words = shlex.split(line)
    if line in OTHERS:
        return
    assert words.pop(0) == "recovery", line
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, line
        command, context = found, click.Context(found, parent=context, info_name=name)
    values, rest, _ = command.make_parser(context).parse_args(words)  # refuses options that are none
    assert not rest, line
    for parameter in command.params:
        value = values.get(parameter.name)
        assert not parameter.required or value, f"{line}: {parameter.name}"
        if isinstance(parameter.type, click.Choice) and value:
            assert set([value] if isinstance(value, str) else value) <= set(parameter.type.choices), line


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("with_shares", [True, False])
def test_every_command_in_every_document_is_one(name: str, with_shares: bool, tmp_path: Path) -> None:
    made = known(tmp_path / "my folder", made=plan(*POLICIES[name]))
    made = made if with_shares else replace(made, shares=())
    for document in documents(made):
        assert document.commands
        for line in document.commands:
            require_real(line)


@pytest.mark.parametrize(
    "line", ["recovery nothing", "recovery status --sometimes", "recovery heartbeat", "recovery cancel a --path"]
)
def test_a_command_that_is_none_would_be_found(line: str) -> None:
    with pytest.raises((AssertionError, click.UsageError)):
        require_real(line)


def test_what_is_typed_on_the_day_lacks_nothing(everything: Known) -> None:
    text = markdown(owner_runbook(everything))
    heal = "recovery backup heal FILE... --group RULE --holder NAME --holder NAME --rotate --folder"
    assert re.search(rf"{re.escape(heal)} \S+ --signer KEY --account KEY --network URL", text), "2 of 2 keys sign"
    assert "recovery backup combine FILE... --as keystore -o key.json --folder" in text  # refused without a share
    verify, unpack, status = (
        text.index(f"recovery {each}") for each in ("bundle verify", "bundle unpack", "status --folder FOLDER")
    )
    assert verify < unpack < status


def test_labels_and_folders_stand_in_commands_as_a_shell_takes_them(tmp_path: Path) -> None:
    made = known(tmp_path / "it's mine")
    words = [shlex.split(line) for line in owner_runbook(made).commands]
    assert any(THEFT.label in line for line in words) and any(str(tmp_path / "it's mine") in line for line in words)
    for document in documents(made):
        mentions = "it's mine" in markdown(document).replace("'\"'\"'", "'")
        assert mentions == (document.name == "runbook-owner"), "where the folder is, is nobody else's affair"


def test_a_guardian_gets_commands_for_their_own_paths_alone(everything: Known) -> None:
    dora = "\n".join(guardian_runbook(everything, "Dora").commands)
    assert "--path heirs" in dora and "--path children" in dora and "--action freeze" not in dora
    ana = "\n".join(guardian_runbook(everything, "Ana").commands)
    assert "--action freeze" in ana and f"--stop {shlex.quote(THEFT.label)}" in ana and "--path heirs" not in ana
    assert "--signer paper" in "\n".join(guardian_runbook(everything, "Carl").commands)
    assert "--signer paper" not in ana
    with pytest.raises(InvalidInput, match="There is no guardian 'Zoe'"):
        guardian_runbook(everything, "Zoe")


def test_the_owner_types_a_key_for_each_that_has_to_sign(tmp_path: Path) -> None:
    def typed(number: int) -> list[str]:
        about = known(tmp_path / str(number), made=replace(plan(), owners_threshold=number))
        return [line for line in owner_runbook(about).commands if "heartbeat" in line or "cancel" in line.split()]

    for number in (1, 2):
        lines = [line for line in typed(number) if "request" not in line]
        assert len(lines) > 3 and {line.count("--signer KEY") for line in lines} == {number}
    made = known(tmp_path / "two", made=plan())
    assert "Where --signer KEY stands several times, each is another of your keys" in markdown(owner_runbook(made))
    passed_on = known(tmp_path / "later", stand(owners=b"\1" * 24))
    assert passed_on.signers == "--signer KEY"
    assert "repeat --signer KEY for each" in markdown(owner_runbook(passed_on))


def test_only_shares_of_a_key_bring_a_lost_key_back(everything: Known) -> None:
    (shares,) = everything.shares
    assert shares.key
    other = replace(everything, shares=(replace(shares, key=False),))
    assert "recovery backup combine" not in markdown(owner_runbook(other))
    for kind in Kind:
        made = note()
        of = Shares.of(replace(made, about=replace(made.about, kind=kind, passphrase=False)))
        assert of.key == (kind in (Kind.SEED, Kind.KEY)), kind


def test_a_set_without_a_label_is_named_once(everything: Known) -> None:
    (shares,) = everything.shares
    bare = markdown(owner_runbook(replace(everything, shares=(replace(shares, label=""),))))
    assert f"**set {shares.id}**: a seed phrase" in bare and f"(set {shares.id})" not in bare
    assert f"**{shares.label}** (set {shares.id}): a seed phrase" in markdown(owner_runbook(everything))


def test_the_program_is_named_before_the_first_line_that_needs_it(everything: Known) -> None:
    for document in (heir_runbook(everything), heirs_letter(everything), guardian_runbook(everything, "Dora")):
        assert document.commands[0] == INSTALL, document.name
        before = markdown(document).partition(INSTALL)[0]
        assert "a program called recovery" in before and "recovery status" not in before
    for said in ("KEY is their keystore file", "kit.json their kit", "URL the address of a node of Sepolia"):
        assert said in markdown(heir_runbook(everything))
    own = markdown(heir_runbook(everything)).partition("Now it is yours")[2]
    assert "KEY after --signer is now your own: that NAME" in own and LEDGER[1] in own


def test_what_is_asked_after_a_death_is_good_for_as_long_as_may_be(everything: Known) -> None:
    from recovery.cli.options import DURATION
    from recovery.cli.request import LONGEST

    for document in (heir_runbook(everything), guardian_runbook(everything, "Dora")):
        asked = [line for line in document.commands if "recovery request" in line and "--path heirs --new" in line]
        assert len(asked) == 1
        words = shlex.split(asked[0])
        assert DURATION.convert(words[words.index("--deadline") + 1], None, None) == LONGEST * 86_400
    text = markdown(heir_runbook(everything))
    assert text.index("Not before the date above") < text.index("--events") < text.index("recovery request")
    assert "within 30 days of the request" in text


def test_of_lines_that_exclude_each_other_it_is_said(everything: Known) -> None:
    ana = markdown(guardian_runbook(everything, "Ana"))
    first = ana.index("--action veto --stop")
    assert ana.rindex("One of these:", 0, first) < first < ana.index("Then:", first) < ana.index("approve veto.json")
    assert Step("", ("b",), ("a",)).typed == (("", ("a", "b")),), "of one line there is no choice"
    assert Step("", ("c",), ("a", "b")).typed == (("One of these:", ("a", "b")), ("Then:", ("c",)))
    assert Document("x", "", "", "", (Points((Step("", ("c",), ("a", "b")),)),)).commands == ("a", "b", "c")
