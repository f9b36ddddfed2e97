"""The section `recovery:` of ape-config.yaml: read by us, and by Ape, with the same answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.errors import InvalidInput, MissingExtra
from recovery.settings import Profile, Settings, find, load
from recovery.settings_rules import NAMES, PROFILE_NAMES
from tests.world import person

ANA, BEN = person("ana").address, person("ben").address
KEY = "5e" * 32
WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow"
FULL = f"""\
name: somebody's project
contracts_folder: contracts
recovery:
  deployments_folder: records
  address_book:
    savings: "{ANA}"
    José_2.b-c+d@e: "{BEN.lower()}"
  profiles:
    default:
      network: https://node.example/v3/$NODE_KEY
      networks: [https://node.example, "ethereum:sepolia:node"]
      account: payer
      signers: [owner, second.json, keys/third]
      kit: kits/kit-ana.json
      policy: /elsewhere/policy.json
      folder: ~/recovery
      deployment: ~/deployment.json
      max_fee: 30 gwei
      confirmations: 2
      explorer: https://scan.example/eth/
    sepolia:
      network: ethereum:sepolia:node
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> Path:
        path = tmp_path / "ape-config.yaml"
        path.write_text(text)
        return path

    return write


Write = Callable[[str], Path]


def test_everything_that_can_stand_there_is_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_KEY", "abc")
    monkeypatch.setenv("HOME", "/home/ana")
    file = write(FULL)
    folder = file.parent
    assert load() == Settings(
        file,
        "records",
        (("savings", ANA), ("José_2.b-c+d@e", BEN)),
        (
            Profile(
                "default",
                network="https://node.example/v3/abc",
                networks=("https://node.example", "ethereum:sepolia:node"),
                account="payer",
                signers=("owner", f"{folder}/second.json", f"{folder}/keys/third"),
                kit=folder / "kits/kit-ana.json",
                policy=Path("/elsewhere/policy.json"),
                folder=Path("/home/ana/recovery"),
                deployment=Path("/home/ana/deployment.json"),
                max_fee=30 * 10**9,
                confirmations=2,
                explorer="https://scan.example/eth",
            ),
            Profile("sepolia", network="ethereum:sepolia:node"),
        ),
    )


def test_a_profile_has_a_field_for_every_name() -> None:
    assert [name for name in Profile.__slots__ if name != "name"] == list(PROFILE_NAMES)


def test_without_a_file_settings_are_empty(tmp_path: Path) -> None:
    assert load(tmp_path) == Settings()


@pytest.mark.parametrize(
    "text",
    [
        "name: x\n",
        "name: ape-recovery\n",
        "recovery:\n",
        "recovery: {}\n",
        "# recovery\n",
        "recovery:\n  address_book:\n  profiles:\n",
        "",
    ],
)
def test_a_file_that_says_nothing_of_us_is_an_empty_one(write: Write, text: str) -> None:
    file = write(text)
    assert load() == Settings(file)


def test_sections_of_others_are_not_looked_at(write: Write) -> None:
    write(f"profiles: 5\nfoundry: {{fork: [1], fork: [2]}}\npassword: {KEY}\nname: recovery\n")
    assert load().profiles == ()


def test_pyproject_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.ape.recovery.address_book]\nsavings = "0x"\n')
    assert load(tmp_path) == Settings()


def test_the_nearest_file_counts_and_no_other(write: Write) -> None:
    file = write(f'recovery:\n  address_book: {{savings: "{ANA}"}}\n  profiles: {{above: {{kit: a.json}}}}\n')
    below = file.parent / "a" / "b"
    below.mkdir(parents=True)
    assert load(below).address("savings") == ANA
    assert load(below).profile("above").kit == file.parent / "a.json"
    (below.parent / "ape-config.yaml").write_text("name: x\n")
    assert load(below) == Settings(below.parent / "ape-config.yaml")


def test_a_folder_of_that_name_is_no_file(write: Write) -> None:
    file = write(FULL)
    (file.parent / "a" / "ape-config.yaml").mkdir(parents=True)
    assert find(file.parent / "a") == file


def test_a_file_of_another_user_above_is_refused_and_one_right_here_is_not(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(FULL)
    below = file.parent / "below"
    below.mkdir()
    owner = 1234
    os.chown(file, owner, -1) if os.getuid() == 0 else monkeypatch.setattr(os, "getuid", lambda: owner)
    with pytest.raises(InvalidInput, match="belongs to another user"):
        load(below)
    assert load(file.parent).address("savings") == ANA
    monkeypatch.setattr(os, "getuid", lambda: file.stat().st_uid)
    assert load(below).address("savings") == ANA


def test_in_a_folder_that_is_gone_settings_are_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert load() == Settings()


def test_a_variable_that_is_not_set_stays_as_it_is_written(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NODE_KEY", raising=False)
    write(FULL)
    assert load().profile().network == "https://node.example/v3/$NODE_KEY"


def test_what_profiles_share_can_be_written_once(write: Write) -> None:
    write(
        "recovery:\n  profiles:\n    default: &shared\n      account: payer\n      confirmations: 2\n"
        "    quick:\n      <<: *shared\n      confirmations: 1\n"
    )
    assert load().profile("quick") == Profile("quick", account="payer", confirmations=1)


# ---------------------------------------------------------------------------------------------- look-ups


def test_names_and_addresses_are_found_by_each_other(write: Write) -> None:
    write(FULL)
    settings = load()
    assert settings.address("savings") == ANA and settings.address(" savings ") == ANA
    assert settings.address("Savings") is None and settings.address(ANA) is None
    assert settings.name_of(ANA) == settings.name_of(ANA.lower()) == "savings"
    assert settings.name_of(person("carl").address) is None


def test_accents_are_the_same_however_they_are_typed(write: Write) -> None:
    write(FULL)
    assert load().address("Jose\u0301_2.b-c+d@e") == BEN
    write(f"recovery: {{address_book: {{Jose\u0301: '{BEN}'}}, profiles: {{caf\u00e9: {{account: payer}}}}}}")
    assert load().address("Jos\u00e9") == BEN
    assert load().profile("cafe\u0301").account == "payer"


def test_an_address_may_have_two_names_of_which_the_first_is_shown(write: Write) -> None:
    write(f'recovery: {{address_book: {{one: "{ANA}", two: "{ANA}"}}}}')
    assert load().address("one") == load().address("two") == ANA
    assert load().name_of(ANA) == "one"


def test_without_a_name_the_default_profile_counts(write: Write) -> None:
    write(FULL)
    assert load().profile().name == load().profile("default").name == "default"
    assert load().profile("sepolia").account is None  # nothing is inherited


def test_without_profiles_an_empty_one_counts(write: Write) -> None:
    write("recovery: {profiles: {sepolia: {account: payer}}}")
    assert load().profile() == Profile()


def test_a_profile_that_is_not_there_is_refused_with_the_nearest_and_all(write: Write) -> None:
    write(FULL)
    with pytest.raises(InvalidInput) as caught:
        load().profile("sepolai")
    assert caught.value.message == (
        "There is no profile 'sepolai' in ape-config.yaml. Did you mean 'sepolia'? There: default, sepolia."
    )
    with pytest.raises(InvalidInput, match="There: default, sepolia") as caught:
        load().profile("xyzzy")
    assert "mean" not in caught.value.message


def test_a_default_profile_that_is_asked_for_has_to_be_there(write: Write) -> None:
    write("recovery: {profiles: {sepolia: }}")
    with pytest.raises(InvalidInput, match="There: sepolia"):
        load().profile("default")


def test_where_profiles_go_is_said_if_there_are_none(write: Write) -> None:
    with pytest.raises(InvalidInput, match="neither here nor in a folder above .* ape-config.yaml"):
        load().profile("sepolia")
    write("name: x")
    with pytest.raises(InvalidInput, match="in ape-config.yaml. It has none yet; write it under recovery: profiles:"):
        load().profile("sepolia")


# ---------------------------------------------------------------------------------------------- refusals


def book(entry: str) -> str:
    return f"name: x\nrecovery:\n  address_book:\n    first: '{ANA}'\n    {entry}\n    last: '{BEN}'\n"


def profile(entry: str) -> str:
    return f"name: x\nrecovery:\n  profiles:\n    default:\n      {entry}\n    last:\n"


REFUSED = [
    ("recovery:\n  deployment: x\n", 2, "has no 'deployment'. Did you mean 'deployments_folder'?"),
    ("recovery:\n  xyzzy: x\n", 2, f"Possible are: {', '.join(NAMES)}."),
    ("recovery:\n\n  deployments_folder: 5\n", 3, "a text is needed here"),
    ("recovery:\n  deployments_folder:\n", 2, "a text is needed here"),
    ("recovery:\n  deployments_folder: ' '\n", 2, "one line of 1 to 500"),
    ("recovery:\n  deployments_folder: " + "x" * 501, 2, "one line of 1 to 500"),
    ("recovery: [a]\n", 1, "should be names with values"),
    ("recovery:\n  address_book: [a]\n", 2, "address_book should be names with values, each on a line: name: address"),
    ("recovery:\n  profiles: [default]\n", 2, "profiles should be names with values"),
    ("recovery:\n  profiles:\n    default: x\n", 3, "a profile should be names with values"),
    # names
    (book(f"'a b': '{ANA}'"), 5, "without spaces"),
    (book(f"'': '{ANA}'"), 5, "1 to 60 letters"),
    (book(f"{'x' * 61}: '{ANA}'"), 5, "1 to 60 letters"),
    (book(f"'-y': '{ANA}'"), 5, "begins with a letter or a digit"),
    (book(f"'$(rm)': '{ANA}'"), 5, "letters, digits and . _ - + @"),
    (book(f"'a/b': '{ANA}'"), 5, "letters, digits and . _ - + @"),
    (book(f"'a:b': '{ANA}'"), 5, "letters, digits and . _ - + @"),
    (book(f'"a\\tb": "{ANA}"'), 5, "letters, digits and . _ - + @"),
    (book(f'"a\\eb": "{ANA}"'), 5, "letters, digits and . _ - + @"),
    (book(f'"a\\u200bb": "{ANA}"'), 5, "letters, digits and . _ - + @"),
    (book(f"'{BEN}': '{ANA}'"), 5, "looks like an address"),
    (book(f"'0Xana': '{ANA}'"), 5, "looks like an address"),
    (book(f"{BEN[2:].lower()}: '{ANA}'"), 5, "looks like an address"),
    (book(f"no: '{ANA}'"), 5, "YAML takes this name for False"),
    (book(f"12: '{ANA}'"), 5, "YAML takes this name for 12"),
    (book(f"First: '{BEN}'"), 5, "'First' and 'first' differ only in case"),
    ("recovery:\n  profiles:\n    'a b':\n", 3, "without spaces"),
    ("recovery:\n  profiles:\n    a:\n    A:\n", 4, "'A' and 'a' differ only in case"),
    ("recovery:\n  profiles:\n    A:\n    a:\n", 4, "'a' and 'A' differ only in case"),
    # addresses
    (book(f"ana: {ANA}"), 5, "put the address in quotes"),
    (book("ana: true"), 5, "a text is needed here"),
    (book("ana:"), 5, "a text is needed here"),
    (book("ana: '0x'"), 5, "is not an address"),
    (book("ana: ben.eth"), 5, "is not an address"),
    (book(f"ana: '{ANA[:-2]}'"), 5, "at least 20 bytes"),
    (book(f"ana: '{ANA}00'"), 5, "too long for an address"),
    (book(f"ana: '{ANA.swapcase().replace('X', 'x')}'"), 5, "wrong checksum (ERC-55)"),
    (book(f"ana: '0x{'00' * 20}'"), 5, "zero address"),
    # profiles
    (profile("netwrk: x"), 5, "a profile has no 'netwrk'. Did you mean 'network'?"),
    (profile("name: x"), 5, "a profile has no 'name'"),
    (profile("network: 8545"), 5, "a text is needed here"),
    (profile("network:"), 5, "a text is needed here"),
    (profile("network: a b"), 5, "no space"),
    (profile("network: [a]"), 5, "a text is needed here"),
    (profile('network: "a\\nb"'), 5, "one line"),
    (profile("networks: http://node"), 5, "should be a list"),
    (profile("networks: []"), 5, "should be a list with at least one entry"),
    (profile("networks:\n      - a\n      - a"), 7, "stands twice in the list"),
    (profile("networks:\n      - a\n      - 5"), 7, "a text is needed here"),
    (profile("account: [payer]"), 5, "a text is needed here"),
    (profile("account: ~no-such-user/key.json"), 5, "there is no such user"),
    (profile("signers: owner"), 5, "should be a list"),
    (profile("signers: [owner, owner]"), 5, "stands twice in the list"),
    (profile("kit: 5"), 5, "a text is needed here"),
    (profile("policy: {a: b}"), 5, "a text is needed here"),
    (profile("folder: [a]"), 5, "a text is needed here"),
    (profile('deployment: "a\\0b"'), 5, "one line"),
    (profile("max_fee: 30"), 5, "of what? Write the fee with its unit"),
    (profile("max_fee: '30'"), 5, "of what? Write the fee with its unit"),
    (profile("max_fee: 30.5"), 5, "of what? Write the fee with its unit"),
    (profile("max_fee: much"), 5, "is not a sum"),
    (profile("max_fee: 30 gwie"), 5, "is not a sum"),
    (profile("max_fee: -30 gwei"), 5, "is not a sum"),
    (profile("max_fee: 0 gwei"), 5, "a fee of nothing"),
    (profile("confirmations: 0"), 5, "a whole number from 1 to 1000"),
    (profile("confirmations: 1001"), 5, "a whole number from 1 to 1000"),
    (profile("confirmations: yes"), 5, "a whole number from 1 to 1000"),
    (profile("confirmations: '2'"), 5, "a whole number from 1 to 1000"),
    (profile("confirmations: 1.0"), 5, "a whole number from 1 to 1000"),
    (profile("explorer: scan.example"), 5, "first part of a web address"),
    (profile("explorer: javascript:alert(1)//"), 5, "first part of a web address"),
    (profile("explorer: https://scan.example/?q="), 5, "first part of a web address"),
    (profile("explorer: https://user@scan.example"), 5, "first part of a web address"),
    (profile("explorer: https://"), 5, "first part of a web address"),
]
#: A secret, and where Ape says it is.
SECRETS = [
    (profile("password: hunter2"), 5, "profiles > default > password"),
    (profile("private_key: hunter2"), 5, "profiles > default > private_key"),
    (profile("PrivateKey: hunter2"), 5, "profiles > default > PrivateKey"),
    (profile("mnemonic: hunter2"), 5, "profiles > default > mnemonic"),
    (profile("passphrase: hunter2"), 5, "profiles > default > passphrase"),
    (profile("account-password: hunter2"), 5, "profiles > default > account-password"),
    (profile("netwrk: x\n      seed: hunter2"), 6, "profiles > default > seed"),
    (profile("keys:\n        password: hunter2"), 6, "profiles > default > keys > password"),
    ("recovery:\n  secret: hunter2\n", 2, "secret"),
    (profile(f"account: '0x{KEY}'"), 5, "profiles > default > account"),
    (profile(f"account: 0x{KEY}"), 5, "profiles > default > account"),
    (profile(f"account: {KEY}"), 5, "profiles > default > account"),
    (profile(f"signers: [owner, {KEY}]"), 5, "profiles > default > signers > 1"),
    (profile(f"account: {WORDS}"), 5, "profiles > default > account"),
    (profile(f"account: {WORDS} {WORDS}"), 5, "profiles > default > account"),
    (book(f"ana: '0x{KEY}'"), 5, "address_book > ana"),
]


def each(cases: list[tuple[str, int, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("text", "line", "reason"), cases, ids=[reason for _, _, reason in cases])


@each(REFUSED)
def test_what_is_not_understood_is_refused_with_its_line(write: Write, text: str, line: int, reason: str) -> None:
    write(text)
    with pytest.raises(InvalidInput) as caught:
        load()
    assert caught.value.message.startswith(f"ape-config.yaml, line {line}: ")
    assert reason in caught.value.message


@pytest.mark.parametrize(("text", "line", "place"), SECRETS)
def test_a_secret_is_refused_before_all_else_and_never_repeated(write: Write, text: str, line: int, place: str) -> None:
    write(text)
    with pytest.raises(InvalidInput) as caught:
        load()
    message = caught.value.message
    assert message.startswith(f"ape-config.yaml, line {line}: ")
    assert "whoever reads it would have them" in message and "keystore file" in message
    assert not any(secret in message for secret in ("hunter2", KEY, "winner"))


def test_names_of_ones_own_may_be_called_like_secrets(write: Write) -> None:
    write(f"recovery:\n  address_book:\n    secret-stash: '{ANA}'\n  profiles:\n    seedling:\n")
    assert load().address("secret-stash") == ANA and load().profile("seedling").name == "seedling"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (book(f"first: '{BEN}'"), 5, "'first' stands twice. Keep one."),
        (profile("kit: a\n      kit: b"), 6, "'kit' stands twice. Keep one."),
        ("recovery:\n  profiles:\nname: x\nrecovery:\n", 4, "'recovery' stands twice. Keep one."),
        ("recovery:\n  ? [a]\n  : b\n", 2, "a name should be plain text"),
        ("recovery:\n  profiles: [\n", 3, "this is not YAML"),
        ("recovery:\n\tprofiles: x\n", 2, "this is not YAML"),
        (profile("kit: !!python/object:os.system x"), 5, "this is not YAML"),
    ],
)
def test_what_yaml_itself_would_swallow_or_choke_on_is_refused_with_its_line(
    write: Write, text: str, line: int, reason: str
) -> None:
    write(text)
    with pytest.raises(InvalidInput) as caught:
        load()
    assert caught.value.message.startswith(f"ape-config.yaml, line {line}: ")
    assert reason in caught.value.message


@pytest.mark.parametrize("text", ["recovery: " + "[" * 5000, "recovery:\n  profiles: 2024-99-99\n"])
def test_what_yaml_cannot_make_sense_of_is_refused(write: Write, text: str) -> None:
    write(text)
    with pytest.raises(InvalidInput, match="ape-config.yaml is not YAML"):
        load()


def test_aliases_that_go_in_circles_or_explode_end_in_an_error(write: Write) -> None:
    write("recovery: &a\n  profiles:\n    default: *a\n")
    with pytest.raises(InvalidInput, match="a profile has no 'profiles'"):
        load()
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    write(f"l0: &l0 [x]\n{layers}recovery:\n  deployments_folder: *l29\n")
    with pytest.raises(InvalidInput, match="a text is needed here"):
        load()


def test_a_file_further_up_is_named_in_full(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write("recovery:\n  xyzzy: x\n")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    with pytest.raises(InvalidInput) as caught:
        load()
    assert caught.value.message.startswith(f"{file}, line 2: ")


def test_a_file_that_is_no_text_is_refused(write: Write) -> None:
    write("").write_bytes(b"recovery: \xff")
    with pytest.raises(InvalidInput, match="not a text file"):
        load()


# ----------------------------------------------------------------------------------------------- imports


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"HOME": str(folder)}
    environment.pop("APE_DATA_FOLDER", None)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=folder, env=environment)


HEAVY = "print([n for n in ('yaml', 'eth_utils', 'web3', 'recovery.signer', 'icalendar') if n in sys.modules])"


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        (None, "[]"),
        ("name: x\n", "[]"),
        ("recovery:\n  profiles:\n    default:\n      account: payer\n", "['yaml']"),
        (f"recovery:\n  address_book:\n    savings: '{ANA}'\n", "['yaml', 'eth_utils', 'recovery.signer']"),
    ],
)
def test_nothing_is_imported_that_is_not_needed(tmp_path: Path, text: str | None, needed: str) -> None:
    if text is not None:
        (tmp_path / "ape-config.yaml").write_text(text)
    done = run(f"import sys\nfrom recovery.settings import load\nload()\n{HEAVY}", tmp_path)
    assert (done.stdout.strip(), done.stderr) == (needed, "")


def test_without_pyyaml_a_section_is_an_error_with_the_remedy(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert load() == Settings()
    file = write("name: x\n")
    assert load() == Settings(file)
    write(FULL)
    with pytest.raises(MissingExtra, match=r"ape-config.yaml is written in YAML.*ape-recovery\[cli\]"):
        load()


# --------------------------------------------------------------------------------------------------- Ape


APE = """
import json, sys
from pathlib import Path
import ape_recovery
from ape import Project
from ape.exceptions import ConfigError
answers = []
for text in json.loads(Path("texts.json").read_text()):
    Path("ape-config.yaml").write_text(text)
    try:
        config = Project(Path(".")).config.get_config("recovery")
        answers.append([config.deployments_folder, config.address_book, config.profiles])
    except ConfigError as error:
        answers.append(str(error))
print(json.dumps(answers))
"""
#: A section that is no mapping Ape does not show to anybody.
BY_APE = [case for case in REFUSED if not case[0].startswith("recovery: [")]
FINE = ["name: x\n", "recovery:\n", "recovery:\n  address_book:\n  profiles:\n    a:\n", FULL]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What Ape makes of every text of this file; it takes a while to start, so it is asked only once."""
    folder = tmp_path_factory.mktemp("ape")
    texts = [*FINE, *(text for text, _, _ in BY_APE), *(text for text, _, _ in SECRETS)]
    (folder / "texts.json").write_text(json.dumps(texts))
    done = run(APE, folder)
    assert done.returncode == 0, done.stderr
    return dict(zip(texts, json.loads(done.stdout.splitlines()[-1]), strict=True))


def test_ape_takes_what_we_take(answers: dict[str, object]) -> None:
    assert [answers[text] for text in FINE[:3]] == [
        ["deployments", None, None],
        ["deployments", None, None],
        ["deployments", None, {"a": None}],
    ]
    folder, names, profiles = answers[FULL]  # type: ignore[misc]
    assert folder == "records" and names["savings"] == ANA and profiles["default"]["account"] == "payer"


@each(BY_APE)
def test_ape_refuses_what_we_refuse_with_the_same_reason(
    answers: dict[str, object], text: str, line: int, reason: str
) -> None:
    answer = answers[text]
    assert isinstance(answer, str) and reason in answer
    assert "ape-config.yaml' is invalid!" in answer


@each([case for case in BY_APE if case[0].startswith("name: x\nrecovery:\n  profiles")])
def test_ape_shows_the_line_as_well(answers: dict[str, object], text: str, line: int, reason: str) -> None:
    assert f"-->{line}: " in str(answers[text])


@each(SECRETS)
def test_ape_refuses_secrets_too_and_shows_no_line_of_them(
    answers: dict[str, object], text: str, line: int, reason: str
) -> None:
    answer = answers[text]
    assert isinstance(answer, str) and f"ape-config.yaml, {reason}: " in answer
    assert not any(secret in answer for secret in ("hunter2", KEY, "winner"))
