"""RECOVER.md as its readers use it: its blocks at a bare terminal, its tables in a block explorer."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils import keccak
from web3 import Web3

from recovery import contracts
from recovery.kit import Kit
from recovery.policy import DAY
from recovery.quorum import Member, Owners
from tests.live import ETHER, PASSWORD, Live, keystore
from tests.world import freeze, member, owners_of, person, policy_of, rotate, veto

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "RECOVER.md").read_text()
#: What the page uses besides `cast`; every computer has it.
COREUTILS = ("mkdir", "cat", "tail", "head", "cut", "tr", "sort", "paste", "tee", "wc", "rm")
KEY = "--keystore key.json --password-file password.txt"
RIGHTS = {"rotate": 0, "freeze": 1, "veto": 2}

GUARDIANS = ("ana", "ben", "carl")
WAYS = (
    rotate(*GUARDIANS),
    rotate(*GUARDIANS, threshold=3, delay=7 * DAY, owner_cancels=False, vetoable=True),
    freeze(*GUARDIANS, threshold=2, window=14 * DAY),
    veto(*GUARDIANS, threshold=2),
)
POLICY = policy_of(*WAYS)
MODULE = contracts.canonical_deployment().module
LABELS = ("friends", "theft", "alarm", "brake")
FRIENDS, THEFT = 0, 1
NEW, SECOND, STRANGER = (person(name).address for name in ("new-owner", "next-owner", "stranger"))

# ----------------------------------------------------------------------------- what the page says


@cache
def blocks() -> dict[str, str]:
    """Every block of commands, by its title."""
    found = re.findall(r"^```sh ?([^\n]*)\n(.*?)^```$", PAGE, re.M | re.S)
    assert len(dict(found)) == len(found), "two blocks have the same title"
    return dict(found)


def example() -> dict[str, Any]:
    """The kit that the page shows."""
    found = re.search(r"^```json\n(.*?)^```$", PAGE, re.M | re.S)
    assert found
    content: dict[str, Any] = json.loads(found.group(1))
    return content


def rows(head: str) -> list[list[str]]:
    """A table's rows, without quotes around code. The table is named by the words in its head."""
    found = re.search(rf"^\| {re.escape(head)} \|\n\|[-|]+\|\n((?:\|.*\|\n)+)", PAGE, re.M)
    assert found, head
    return [[cell.strip().strip("`") for cell in row.strip("|").split(" | ")] for row in found.group(1).splitlines()]


def form(title: str) -> dict[str, str]:
    """The fields of one form of the explorer: what goes into each."""
    found = re.search(rf"^\*\*{re.escape(title)}\*\*\n\n\| field \| value \|\n\|[-|]+\|\n((?:\|.*\|\n)+)", PAGE, re.M)
    assert found, title
    return dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|$", found.group(1), re.M))


def looked_up(kit: Mapping[str, Any], place: str, number: int) -> Any:
    """What stands in a kit at a place such as `policy.paths[NUMBER].delay`."""
    value: Any = kit
    for name, indexed in re.findall(r"(\w+)(\[NUMBER\])?", place):
        value = value[name][number] if indexed else value[name]
    return RIGHTS[value] if place.endswith(".right") else value


# ----------------------------------------------------------------------------- part A


def sheet(kit: Mapping[str, Any], number: int, **written: str) -> str:
    """The sheet with a kit's values, each taken from where the remark behind it says.

    Args:
        kit: The kit, as JSON.
        number: The path that is used.
        written: What no kit says.
    """
    unused = dict(written)

    def line(match: re.Match[str]) -> str:
        name, old, remark = match.groups()
        word = name.removeprefix("export ")
        place = re.match(r" *# kit: ([\w.\[\]]+)", remark)
        if word in unused:
            value: Any = unused.pop(word)
        elif word == "NUMBER":
            value = str(number)
        else:
            assert place, f"nothing says where {name} comes from"
            value = looked_up(kit, place.group(1), number)
            if "one of them" in remark:
                value = value[0]
            if "all but the one at NUMBER" in remark:
                value = value[:number] + value[number + 1 :]
            value = "\n" + "\n".join(value) + "\n" if isinstance(value, list) else json.dumps(value).strip('"')
        return f'{name}="{value}"{remark}' if old.startswith('"') else f"{name}={value}{remark}"

    text = re.sub(r'^((?:export )?\w+)=("[^"]*"|\S*)([^\n]*)$', line, blocks()["sheet"], flags=re.M)
    assert not unused, f"the sheet has no {', '.join(unused)}"
    return text


@dataclass
class Person:
    """Somebody at a computer on which there is nothing but a shell, `cast`, and their own key."""

    home: Path
    name: str

    def __post_init__(self) -> None:
        programs = self.home / "bin"
        programs.mkdir(parents=True)
        for name in COREUTILS:
            (programs / name).symlink_to(str(shutil.which(name)))
        (programs / "cast").symlink_to(Path(sys.executable).with_name("cast"))
        self.types(blocks()[""])
        keystore(self.folder, self.name).rename(self.folder / "key.json")
        (self.folder / "password.txt").write_text(PASSWORD)

    @property
    def folder(self) -> Path:
        return self.home / "by-hand"

    def types(self, text: str) -> str:
        """What a shell answers."""
        done = subprocess.run(
            [str(shutil.which("bash")), "--norc", "--noprofile", "-c", text],
            cwd=self.home,
            env={"PATH": str(self.home / "bin"), "HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )
        output = done.stdout.decode()
        assert "command not found" not in output, output
        return output

    def begins(self, text: str) -> None:
        """Has a sheet and the tools."""
        (self.folder / "sheet").write_text(text)
        self.types(f"cd ~/by-hand\n{blocks()['A2']}")

    def writes(self, name: str, value: str) -> None:
        """Changes one line of the sheet."""
        old = (self.folder / "sheet").read_text()
        new, count = re.subn(rf'^{name}=("[^"]*"|\S*)', lambda _: f'{name}="{value}"', old, flags=re.M)
        assert count == 1
        (self.folder / "sheet").write_text(new)

    def leaves_out(self, *names: str) -> None:
        """Removes lines of the sheet."""
        lines = (self.folder / "sheet").read_text().splitlines(keepends=True)
        left = [line for line in lines if line.split("=")[0] not in names]
        assert len(lines) - len(left) == len(names)
        (self.folder / "sheet").write_text("".join(left))

    def does(self, title: str, refused: bool = False, place: int = 0) -> str:
        """Copies one of the page's blocks into a new terminal.

        Args:
            title: Which block.
            refused: Whether it has to end with an error.
            place: Whose owner's signature a block is to write, if it is not the first's.
        """
        text = blocks()[title].replace("batch-0.signature", f"batch-{place}.signature")
        output = self.types(f"{blocks()['A2 again']}\n{text}")
        wrong = re.search(r"Error|STOP|rror:|No such file|unexpected|Aborted|panicked", output)
        assert bool(wrong) == refused, f"{self.name} at {title}:\n{output}"
        return output

    def gives(self, other: Person, pattern: str) -> None:
        """Sends files to somebody."""
        sent = list(self.folder.glob(pattern))
        assert sent, pattern
        for file in sent:
            shutil.copy(file, other.folder)


# ----------------------------------------------------------------------------- part B


def sheet_of_the_explorer(kit: dict[str, Any], number: int, **agreed: str) -> dict[str, str]:
    """B2: the words, with a kit's values from where the table says, and the two hashes."""
    words: dict[str, str] = dict(agreed)
    for word, place, _ in rows("word | where it stands | in the example"):
        if word == "NUMBER":
            words[word] = str(number)
        elif word not in agreed:
            words[word] = from_the_table(kit, place, number, word)
    for word, parts, _ in rows("word | Keccak-256 of | in the example"):
        typed_in = ""
        for part, padded in re.findall(r"([A-Z]+)`?(\\\*)?", parts):
            value = words[part].strip('"').removeprefix("0x")
            typed_in += f"{int(value):064x}" if padded else value
        words[word] = "0x" + keccak(hexstr=typed_in).hex()
    members = kit["policy"]["paths"][number]["members"]
    words["MEMBER"] = str(members.index(words["COMMITMENT"]))
    for word, made, _ in rows("word | made of | in the example"):
        words[word] = re.sub(r"[A-Z]{2,}", lambda match: words[match.group()], made)
    return words


def from_the_table(kit: dict[str, Any], place: str, number: int, word: str) -> str:
    name = place.split("`")[0]
    value = looked_up(kit, name, number)
    if "all but the one at" in place:
        value = value[:number] + value[number + 1 :]
    fields = re.search(r"\[([\w,]+)\]", place.removeprefix(name))
    if fields:
        value = [looked_up(kit, f"{name}.{each}", number) for each in fields.group(1).split(",")]
    return str(value) if word in ("MODULE", "ACCOUNT") else json.dumps(value, separators=(",", ":"))


@cache
def interface() -> dict[str, dict[str, Any]]:
    """The module's functions, as an explorer knows them from its ABI."""
    artifact = json.loads((ROOT / "recovery/artifacts/WalletRecoveryModule.json").read_text())
    return {entry["name"]: entry for entry in artifact["abi"] if entry["type"] == "function"}


@dataclass
class Explorer:
    """The pages of a block explorer on one contract. It knows the contract's ABI and nothing else of this project."""

    web3: Web3
    address: str
    words: dict[str, str]

    def _filled(self, text: str) -> Any:
        """What somebody types into a field: the words of their own sheet for those in capitals."""
        while re.search(r"\b[A-Z][A-Z_]+\b", text):
            text = re.sub(r"\b[A-Z][A-Z_]+\b", lambda match: self.words[match.group()], text)
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text  # a field of its own needs no quotation marks

    def _call(self, title: str) -> tuple[dict[str, Any], bytes]:
        name = title.split("`")[1]
        function = interface()[name]
        fields = form(title)
        assert [each["name"] for each in function["inputs"]] == list(fields), f"the page of {name} has other fields"
        types = [typed(each) for each in function["inputs"]]
        values = [as_bytes(self._filled(value)) for value in fields.values()]
        return function, keccak(text=f"{name}({','.join(types)})")[:4] + encode(types, values)

    def reads(self, name: str) -> Any:
        """The answer to a question, by the names of its parts if it has several."""
        function, data = self._call(f"Read `{name}`")
        assert function["stateMutability"] == "view"
        answer = self.web3.eth.call({"to": self.web3.to_checksum_address(self.address), "data": "0x" + data.hex()})  # type: ignore[typeddict-item]
        values = self.web3.codec.decode([typed(each) for each in function["outputs"]], answer)
        if len(values) == 1:
            return values[0]
        return {each["name"]: value for each, value in zip(function["outputs"], values, strict=True)}

    def sends(self, name: str, account: Any) -> None:
        """Writes with a wallet in the browser."""
        function, data = self._call(f"Write `{name}`")
        assert function["stateMutability"] == "nonpayable"
        transaction: Any = {
            **{"to": self.web3.to_checksum_address(self.address), "data": "0x" + data.hex(), "from": account.address},
            **{"nonce": self.web3.eth.get_transaction_count(account.address), "chainId": self.web3.eth.chain_id},
        }
        transaction["gas"] = self.web3.eth.estimate_gas(transaction)  # a wallet warns here if it would fail
        transaction["gasPrice"] = 2 * self.web3.eth.gas_price
        signed = account.sign_transaction(transaction)
        receipt = self.web3.eth.wait_for_transaction_receipt(self.web3.eth.send_raw_transaction(signed.raw_transaction))
        assert receipt["status"] == 1


def typed(entry: Mapping[str, Any]) -> str:
    """An ABI entry's type, with a tuple's parts."""
    if not entry["type"].startswith("tuple"):
        return str(entry["type"])
    return f"({','.join(typed(each) for each in entry['components'])}){entry['type'][5:]}"


def as_bytes(value: Any) -> Any:
    """Hexadecimal text as what it stands for, in whatever lists."""
    if isinstance(value, list):
        return [as_bytes(each) for each in value]
    if isinstance(value, str) and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    return value


# ----------------------------------------------------------------------------- the people and their chain


@dataclass
class World:
    """A wallet with the policy of the page's example, and a kit for each guardian."""

    live: Live
    folder: Path

    def __post_init__(self) -> None:
        owners = owners_of("owner")
        self.live.client.send(self.live.client.create_wallet(owners, POLICY), person("payer"))
        self.live.fund(self.wallet, ETHER)
        for name in ("new-owner", "next-owner"):
            self.live.fund(person(name).address, ETHER)

    @cached_property
    def wallet(self) -> str:
        return self.live.client.deployment.wallet_address(owners_of("owner"), POLICY)

    @cached_property
    def kits(self) -> dict[str, dict[str, Any]]:
        return {name: self.kit(name) for name in GUARDIANS}

    def kit(self, name: str) -> dict[str, Any]:
        """A guardian's kit, as the file says it."""
        openings: tuple[Member | None, ...] = tuple(member(name) for _ in WAYS)
        text = Kit(name.title(), (31337,), MODULE, self.wallet, POLICY, LABELS, openings).dumps()
        content: dict[str, Any] = json.loads(text)
        return content

    def somebody(self, name: str, path: int, kit: str, owners: str = NEW, threshold: int = 1) -> Person:
        """Somebody with a sheet, from their own kit or another's."""
        somebody = Person(self.folder / name, name)
        written = {"ETH_RPC_URL": self.live.url, "KEY": KEY, "PAYER": KEY, "OWNERS": owners, "DEADLINE": "0"}
        somebody.begins(sheet(self.kits[kit], path, **written, OWNERS_THRESHOLD=str(threshold)))
        return somebody

    def guardians(self, *names: str, path: int = FRIENDS, owners: str = NEW, threshold: int = 1) -> list[Person]:
        return [self.somebody(name, path, name, owners, threshold) for name in names]

    @property
    def owners(self) -> Owners:
        return self.live.client.owners(self.wallet)

    @property
    def state(self) -> str:
        return self.live.client.state(self.wallet).paths[FRIENDS].state.name

    def balance(self, address: str) -> int:
        return self.live.web3.eth.get_balance(self.live.web3.to_checksum_address(address))
