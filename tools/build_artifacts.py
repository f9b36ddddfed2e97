"""The canonical build: the bytecode that is shipped, deployed and measured comes from here.

    python tools/build_artifacts.py            writes recovery/artifacts/<Name>.json
    python tools/build_artifacts.py --check    compiles again and compares; 1 if a file is missing or stale

Each contract is compiled by itself, with just the sources that it imports, so that its bytecode doesn't
depend on what else is in the tree, and an explorer can verify it from the same few files.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "contracts"
PACKAGES = ROOT / "node_modules"
ARTIFACTS = ROOT / "recovery" / "artifacts"
CACHE = ROOT / ".cache" / "solc"

#: What is deployed, and so shipped.
CONTRACTS = ("RecoveryLens", "RecoveryWallet", "RecoveryWalletFactory", "WalletRecoveryModule")

SOLC_VERSION = "0.8.30"
OPTIMIZER_RUNS = 10_000
SETTINGS: dict[str, Any] = {
    "evmVersion": "cancun",
    "viaIR": True,
    "optimizer": {"enabled": True, "runs": OPTIMIZER_RUNS},
    # No hash of sources and comments in the code: the bytecode changes only if the code does.
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
}
OUTPUTS = [
    "abi",
    "evm.bytecode.object",
    "evm.bytecode.linkReferences",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
]
MAX_CODE = 24_576  # EIP-170, bytes
MAX_INIT_CODE = 49_152  # EIP-3860, bytes

Artifact = dict[str, Any]

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_IMPORT = re.compile(r"""^\s*import\b(?:[^"';]*?\bfrom)?\s*["']([^"']+)["']""", re.MULTILINE)
_CONTRACT = re.compile(r"^\s*(?:(abstract)\s+)?(contract)\s+(\w+)", re.MULTILINE)


class BuildError(Exception):
    """The build can't go on; the message says why, and what to do."""


def compile_contracts(*, mocks: bool = True, use_cache: bool = True) -> dict[str, Artifact]:
    """Compiles the contracts of the tree.

    Args:
        mocks: Also everything that isn't shipped (contracts/mocks and whatever else is concrete).
        use_cache: Take from the folder .cache what has been compiled before from the same input.

    Returns:
        Artifacts by contract name; those of `CONTRACTS` are exactly the shipped ones.

    Raises:
        BuildError: A contract is missing, has a name twice, doesn't compile, or is too large to be deployed.
    """
    found = _find_contracts()
    if missing := [name for name in CONTRACTS if name not in found]:
        raise BuildError(f"No contract in contracts/ is named {' or '.join(missing)}.")
    wanted = sorted(found) if mocks else sorted(CONTRACTS)
    # A compiler is a process of its own, so threads are enough to use two cores.
    with ThreadPoolExecutor(max_workers=2) as pool:
        artifacts = pool.map(lambda name: _compile(name, found[name], use_cache), wanted)
        return dict(zip(wanted, artifacts, strict=True))


def standard_json(source: str, contract: str) -> dict[str, Any]:
    """The compiler's input for one contract of the source file `source`, for example for an explorer.

    Args:
        source: Path of the file below the project's root.
        contract: Name of the contract in it.
    """
    return {
        "language": "Solidity",
        "sources": {name: {"content": content} for name, content in sorted(_closure(source).items())},
        "settings": {**SETTINGS, "outputSelection": {source: {contract: OUTPUTS}}},
    }


def render(artifact: Artifact) -> str:
    """The text of an artifact's file: the same for the same artifact, one line for each entry of the ABI."""
    lines = []
    for key, value in artifact.items():
        if key == "abi":
            entries = ",\n".join(f"    {json.dumps(entry)}" for entry in value)
            lines.append(f'  "abi": [\n{entries}\n  ]')
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _find_contracts() -> dict[str, str]:
    """Source path of every concrete contract, by name."""
    found: dict[str, str] = {}
    for path in sorted(SOURCES.rglob("*.sol")):
        source = path.relative_to(ROOT).as_posix()
        if "/." in source:
            continue  # contracts/.cache, where Ape puts what is imported
        for abstract, _, name in _CONTRACT.findall(_COMMENT.sub("", path.read_text(encoding="utf-8"))):
            if abstract:
                continue
            if name in found:
                raise BuildError(f"Two contracts are named {name}: in {found[name]} and in {source}.")
            found[name] = source
    return found


def _closure(source: str) -> dict[str, str]:
    """The file and all that it imports, directly or not: content by name."""
    sources: dict[str, str] = {}
    pending = [source]
    while pending:
        name = pending.pop()
        if name in sources:
            continue
        path = ROOT / name if name.startswith("contracts/") else PACKAGES / name
        try:
            sources[name] = path.read_text(encoding="utf-8")
        except OSError as error:
            hint = "" if name.startswith("contracts/") else " Run: make setup"
            raise BuildError(f"{name} is imported (by way of {source}) but can't be read.{hint}") from error
        for target in _IMPORT.findall(_COMMENT.sub("", sources[name])):
            pending.append(_resolve(name, target))
    return sources


def _resolve(importer: str, target: str) -> str:
    if not target.startswith("."):
        return target
    parts = importer.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _compile(name: str, source: str, use_cache: bool) -> Artifact:
    job = standard_json(source, name)
    key = hashlib.sha256(json.dumps([SOLC_VERSION, job], sort_keys=True).encode()).hexdigest()
    cached = CACHE / f"{key}.json"
    if use_cache and cached.is_file():
        return _artifact(name, source, json.loads(cached.read_text(encoding="utf-8")))
    output = _solc(name, job)["contracts"][source][name]
    artifact = _artifact(name, source, output)
    CACHE.mkdir(parents=True, exist_ok=True)
    # Several processes may compile the same; each renames a complete file of its own into place.
    part = cached.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(output), encoding="utf-8")
    part.replace(cached)
    return artifact


def _solc(name: str, job: dict[str, Any]) -> dict[str, Any]:
    import solcx
    from solcx.exceptions import SolcError, SolcNotInstalled

    try:
        output: dict[str, Any] = solcx.compile_standard(job, solc_version=SOLC_VERSION)
    except SolcNotInstalled as error:
        raise BuildError(f"solc {SOLC_VERSION} is not installed. Run: make setup") from error
    except SolcError as error:
        raise BuildError(f"{name} does not compile.\n{error}") from error
    return output


def _artifact(name: str, source: str, output: dict[str, Any]) -> Artifact:
    code, deployed = output["evm"]["bytecode"], output["evm"]["deployedBytecode"]
    if code["linkReferences"]:
        raise BuildError(f"{name} needs a linked library; make the library's functions internal.")
    if name in CONTRACTS:
        for label, limit, size in (
            ("deployed", MAX_CODE, len(deployed["object"]) // 2),
            ("creation", MAX_INIT_CODE, len(code["object"]) // 2),
        ):
            if size > limit:
                raise BuildError(f"The {label} code of {name} has {size:,} bytes; {limit:,} are allowed.")
    return {
        "contractName": name,
        "sourceName": source,
        "compiler": {"version": SOLC_VERSION, "settings": SETTINGS},
        "abi": output["abi"],
        "bytecode": "0x" + code["object"],
        "deployedBytecode": "0x" + deployed["object"],
        "immutableReferences": deployed["immutableReferences"],
    }


def _check(artifacts: dict[str, Artifact]) -> int:
    wanted = {f"{name}.json": render(artifact) for name, artifact in artifacts.items()}
    present = {path.name: path.read_text(encoding="utf-8") for path in ARTIFACTS.glob("*.json")}
    stale = [name for name in sorted(wanted.keys() | present.keys()) if wanted.get(name) != present.get(name)]
    for name in stale:
        state = "missing" if name not in present else "stale" if name in wanted else "of no contract"
        print(f"Error: recovery/artifacts/{name} is {state}. Run: make artifacts", file=sys.stderr)
    if not stale:
        print(f"{len(wanted)} artifacts are what the contracts compile to.")
    return 1 if stale else 0


def _write(artifacts: dict[str, Artifact]) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for path in ARTIFACTS.glob("*.json"):
        if path.stem not in artifacts:
            path.unlink()
    for name, artifact in artifacts.items():
        (ARTIFACTS / f"{name}.json").write_text(render(artifact), encoding="utf-8", newline="\n")
        deployed, creation = (len(artifact[key]) // 2 - 1 for key in ("deployedBytecode", "bytecode"))
        print(f"{name:24} {deployed:6,} bytes deployed, {creation:6,} to create")


def main(arguments: list[str] | None = None) -> int:
    """Writes or checks the artifacts.

    Returns:
        An exit code: 0, or 1 if the build failed or a file is stale.
    """
    parser = argparse.ArgumentParser(description="Compile the contracts into recovery/artifacts.")
    parser.add_argument("--check", action="store_true", help="compare with what is there, write nothing")
    options = parser.parse_args(arguments)
    try:
        artifacts = compile_contracts(mocks=False, use_cache=False)
        if options.check:
            return _check(artifacts)
        _write(artifacts)
    except BuildError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
