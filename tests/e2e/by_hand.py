"""RECOVER.md as its readers use it: its blocks at a bare terminal, its tables in a block explorer."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils import keccak
from web3 import Web3

from tests.live import PASSWORD, keystore

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "RECOVER.md").read_text()
#: What the page uses besides `cast`; every computer has it.
COREUTILS = ("mkdir", "cat", "tail", "head", "cut", "tr", "sort", "paste", "tee", "wc", "rm")
KEY = "--keystore key.json --password-file password.txt"
RIGHTS = {"rotate": 0, "freeze": 1, "veto": 2}

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
            [str(shutil.which("bash")), "--norc", "--noprofile"],
            **{"input": text, "cwd": self.home, "text": True, "timeout": 60},
            **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT},
            env={"PATH": str(self.home / "bin"), "HOME": str(self.home)},
        )
        assert "command not found" not in done.stdout, done.stdout
        return done.stdout

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

    def does(self, title: str, refused: bool = False) -> str:
        """Copies one of the page's blocks into a new terminal."""
        output = self.types(f"{blocks()['A2 again']}\n{blocks()[title]}")
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


@dataclass
class Explorer:
    """The pages of a block explorer on one contract. It knows the contract's ABI and nothing else of this project."""

    web3: Web3
    address: str
    words: dict[str, str]

    @cache  # noqa: B019
    def _abi(self) -> list[dict[str, Any]]:
        artifact = json.loads((ROOT / "recovery/artifacts/WalletRecoveryModule.json").read_text())
        return [entry for entry in artifact["abi"] if entry["type"] == "function"]

    def __hash__(self) -> int:
        return id(self)

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
        function = next(entry for entry in self._abi() if entry["name"] == name)
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
