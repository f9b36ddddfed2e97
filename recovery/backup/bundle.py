"""A bundle: everything that brings an account back, in one folder or ZIP file that is good without this project.

    bundle.json            what belongs to the bundle, with a hash for each file, and what is publicly known
    README.txt             what this is, in plain words; SHA256SUMS the hashes for whoever has only common tools
    RECOVER.md             how guardians recover an account by hand
    account.json policies/ cards/ kits/ receipts/ shares/ schedule.json        the owner's folder: these are secret
    proofs/31337.json      for each chain, where the account stood at a block, with the proof
    history/31337.json     for each chain, what has happened to the account
    artifacts/             the contracts; wheel/ this program

Whoever has the fingerprint (the hash of bundle.json) knows whether a bundle is the one that was made.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from eth_utils import to_checksum_address

from .. import contracts, files
from ..contracts import Deployment
from ..errors import InvalidFile, InvalidInput
from ..files import boolean, from_hex, integer, text_of, to_hex
from ..folder import Folder
from ..keys.schedule import FILE as SCHEDULE
from ..keys.schedule import Schedule
from ..policy import Policy
from ..quorum import Owners
from ..snapshot import StateProof
from ..structure import owners_from_json, owners_to_json, policy_from_json, policy_to_json
from . import archive
from .bundle_words import readme
from .events import EventHistory
from .proving import Answer, Challenge
from .share import SetNote

BUNDLE_KIND = "recovery-bundle"
MANIFEST, README, SUMS, GUIDE, ACCOUNT = "bundle.json", "README.txt", "SHA256SUMS", "RECOVER.md", "account.json"
#: What may be in a bundle: names, what that is, and whether it is secret.
ROLES: tuple[tuple[str, str, bool], ...] = (
    (re.escape(README), "what this is, in plain words", False),
    (re.escape(SUMS), "the hashes, for the program sha256sum", False),
    (re.escape(GUIDE), "how guardians recover an account without any program of this project", False),
    (re.escape(ACCOUNT), "whose account it is, and what guardians are told besides", True),
    (r"policies/policy-[1-9][0-9]{0,5}\.json", "a policy file, with the secret that all kits are made of", True),
    (r"cards/.*\.json", "a guardian's card", True),
    (r"kits/.*\.json", "a guardian's kit", True),
    (r"receipts/.*\.json", "a guardian's receipt", True),
    (r"shares/set-.*\.json", "who holds the shares of a key, but no share", True),
    (r"shares/(?:challenge|answer)-.*\.json", "which holders have shown that they have their share", True),
    (re.escape(SCHEDULE), "what is to be done when", True),
    (r"proofs/[1-9][0-9]{0,19}\.json", "where the account stood at a block, with the proof", False),
    (r"history/[1-9][0-9]{0,19}\.json", "what has happened to the account", False),
    (rf"artifacts/(?:{'|'.join(contracts.CONTRACTS)})\.json", "a contract, as it was compiled", False),
    (r"wheel/ape_recovery-[0-9a-zA-Z.+_]+-py3-none-any\.whl", "the program, to be installed with pip", False),
)
_FOLDERS = ("policies", "cards", "kits", "receipts", "shares")
#: What of `shares` is kept. Whatever else an owner has put there may be a share.
_ABOUT_SHARES = ("set-", "challenge-", "answer-")


@dataclass(frozen=True, slots=True)
class OnChain:
    """What is known of the account on one chain.

    Attributes:
        proof: Where it stood.
        history: What has happened until then.
        policy: The structure that was in force, or None if there was no policy.
        owners: Who owned it, or None if no event told.
    """

    proof: StateProof
    history: EventHistory
    policy: Policy | None
    owners: Owners | None


@dataclass(frozen=True, slots=True)
class Chain:
    """What bundle.json says of one chain. All of it has to be what the state proof proves.

    Attributes:
        chain_id: Which chain.
        policy: The structure that was in force, or None if there was no policy.
        owners: Who owned the account, or None if that is not known.
    """

    chain_id: int
    policy: Policy | None
    owners: Owners | None


@dataclass(frozen=True, slots=True)
class File:
    """One file of a bundle.

    Attributes:
        name: Its name.
        sha256: Its hash, 32 bytes.
        size: How many bytes it has.
    """

    name: str
    sha256: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What bundle.json says.

    Attributes:
        release: The release of ape-recovery that has made it.
        account: The account.
        deployment: Where the contracts stand.
        secrets: Whether policy files, cards, kits and receipts are in it.
        chain_ids: On which chains the account is protected, as its owner knows.
        policy: The structure of the owner's newest policy file; without secrets, of one that is in force.
        chains: What is known of the account on each chain that was asked.
        files: Everything else that is in the bundle, sorted.
    """

    release: str
    account: str
    deployment: Deployment
    secrets: bool
    chain_ids: tuple[int, ...]
    policy: Policy
    chains: tuple[Chain, ...]
    files: tuple[File, ...]

    def dumps(self) -> str:
        """As a file."""
        at = self.deployment
        return files.dumps(
            BUNDLE_KIND,
            {
                "release": self.release,
                "account": self.account,
                "deployment": {"module": at.module, "factory": at.factory, "wallet": at.wallet, "lens": at.lens},
                "secrets": self.secrets,
                "chainIds": list(self.chain_ids),
                "policy": policy_to_json(self.policy),
                "policyHash": to_hex(self.policy.hash),
                "chains": [
                    {
                        "chainId": chain.chain_id,
                        "policy": policy_to_json(chain.policy) if chain.policy else None,
                        "owners": owners_to_json(chain.owners) if chain.owners else None,
                    }
                    for chain in self.chains
                ],
                "files": [
                    {"name": f.name, "sha256": f.sha256.hex(), "size": f.size, "what": role(f.name)[0]}
                    for f in self.files
                ],
            },
        )

    @classmethod
    def loads(cls, text: str, source: str = MANIFEST) -> Manifest:
        """From a file.

        Raises:
            InvalidFile: Altered, or something else.
        """

        def build(content: dict[str, Any]) -> Manifest:
            manifest = cls(
                text_of(content["release"]),
                _address(content["account"]),
                Deployment(*(_address(content["deployment"][n]) for n in ("module", "factory", "wallet", "lens"))),
                boolean(content["secrets"]),
                tuple(integer(chain) for chain in content["chainIds"]),
                policy_from_json(content["policy"]),
                tuple(
                    Chain(
                        integer(chain["chainId"]),
                        policy_from_json(chain["policy"]) if chain["policy"] is not None else None,
                        owners_from_json(chain["owners"]) if chain["owners"] is not None else None,
                    )
                    for chain in content["chains"]
                ),
                tuple(
                    File(_name(f["name"]), from_hex(f"0x{f['sha256']}", 32), integer(f["size"]))
                    for f in content["files"]
                ),
            )
            if content["policyHash"] != to_hex(manifest.policy.hash):
                raise InvalidInput("the policy's hash is not that of its structure.")
            for numbers in (manifest.chain_ids, [chain.chain_id for chain in manifest.chains]):
                if list(numbers) != sorted(set(numbers)):
                    raise InvalidInput("chains must be sorted, and none of them twice.")
            names = [file.name for file in manifest.files]
            if names != sorted(set(names)):
                raise InvalidInput("files must be sorted, and none of them twice.")
            return manifest

        return files.parse(source, BUNDLE_KIND, files.loads(text, BUNDLE_KIND, source), build)


def role(name: str) -> tuple[str, bool]:
    """What a file of a bundle is, by its name, and whether it is secret.

    Raises:
        InvalidInput: No bundle has such a file.
    """
    archive.require_name(name)
    for pattern, what, secret in ROLES:
        if re.fullmatch(pattern, name):
            return what, secret
    raise InvalidInput(f"no bundle has a file {name[:80]!r}.")


def fingerprint(content: Mapping[str, bytes]) -> str:
    """The hash of bundle.json, from which everything else follows: 64 digits."""
    return hashlib.sha256(content[MANIFEST]).hexdigest()


def sums(content: Mapping[str, bytes]) -> bytes:
    """The text of SHA256SUMS: all files but it and bundle.json, which has its hash."""
    rows = [f"{hashlib.sha256(content[name]).hexdigest()}  {name}\n" for name in sorted(content)]
    return "".join(
        row for name, row in zip(sorted(content), rows, strict=True) if name not in (SUMS, MANIFEST)
    ).encode()


def release() -> str:
    """The release of this program."""
    return metadata.version("ape-recovery")


# ---------------------------------------------------------------------------------------------- making


def make(
    folder: Folder,
    found: Sequence[OnChain],
    deployment: Deployment,
    *,
    secrets: bool = True,
    wheel: Path | None = None,
) -> dict[str, bytes]:
    """A bundle's files by name: the same for the same folder and the same answers of chains.

    Args:
        folder: The owner's folder.
        found: What was found of the account on each chain, each once.
        deployment: Where the contracts stand.
        secrets: Whether to put in what names guardians, and the secret that all kits are made of.
        wheel: This release, as it is installed.

    Raises:
        InvalidInput: The account does not exist yet, or a file is not what it should be.
    """
    account = folder.note.account
    if account is None:
        raise InvalidInput("The account does not exist yet, so there is nothing to bundle. Go on with: recovery setup")
    if folder.note.module != deployment.module:
        raise InvalidInput(
            f"The folder's account listens to the module {folder.note.module}, not to {deployment.module}. "
            "Name the contracts that it uses with --deployment."
        )
    content = _owned(folder) if secrets else {}
    for each in found:
        if each.proof.account != account or each.proof.module != deployment.module:
            raise InvalidInput("A state proof is of another account.")
        content[f"proofs/{each.proof.chain_id}.json"] = each.proof.dumps().encode()
        content[f"history/{each.history.chain_id}.json"] = each.history.dumps().encode()
    content |= {f"artifacts/{name}.json": _artifact(name) for name in contracts.CONTRACTS}
    content[GUIDE] = guide()
    if wheel is not None:
        content[f"wheel/{wheel.name}"] = _wheel(wheel)
    ids = tuple(sorted({*folder.note.chains, *(each.proof.chain_id for each in found)}))
    if not ids:
        raise InvalidInput("The folder names no chain. Say where the account is: --network with the address of a node.")
    chains = sorted((Chain(e.proof.chain_id, e.policy, e.owners) for e in found), key=lambda chain: chain.chain_id)
    text = readme(release(), account, deployment.module, ids, [c.chain_id for c in chains], secrets, wheel is not None)
    content[README] = text.encode()
    content[SUMS] = sums(content)
    listed = tuple(File(name, hashlib.sha256(content[name]).digest(), len(content[name])) for name in sorted(content))
    # What nobody has published yet is not given away.
    policy = next((chain.policy for chain in chains if chain.policy and not secrets), folder.newest.policy)
    manifest = Manifest(release(), account, deployment, secrets, ids, policy, tuple(chains), listed)
    return {**content, MANIFEST: manifest.dumps().encode()}


def guide() -> bytes:
    """RECOVER.md as it is shipped.

    Raises:
        InvalidInput: This installation has none.
    """
    place = resources.files("recovery").joinpath("backup").joinpath("RECOVER.txt")
    try:
        data = place.read_bytes()
    except OSError as error:
        raise InvalidInput("RECOVER.md is missing in this installation of ape-recovery. Install it again.") from error
    if not data.startswith(b"# Recovering an account by hand\n"):  # a link that was copied as its text
        raise InvalidInput("RECOVER.md is damaged in this installation of ape-recovery. Install it again.")
    return data


def _owned(folder: Folder) -> dict[str, bytes]:
    """The owner's folder. Everything in it is read before: nothing damaged is kept for years."""
    _ = folder.plans(), folder.cards(), folder.kits(), folder.receipts()
    content = {ACCOUNT: folder.note.dumps().encode()}
    for part in _FOLDERS:
        wanted = folder.policy_files() if part == "policies" else sorted((folder.path / part).glob("*.json"))
        for path in wanted:
            if path.name.startswith(".") or (part == "shares" and not path.name.startswith(_ABOUT_SHARES)):
                continue
            name = f"{part}/{unicodedata.normalize('NFC', path.name)}"
            try:
                archive.require_name(name)
            except InvalidInput:
                name = f"{part}/{files.stem(path.stem)}.json"
            if name in content:
                raise InvalidInput(f"{path} would have the same name in a bundle as another file. Call it otherwise.")
            content[name] = files.read(path).encode()
            if part == "shares":
                read_about_shares(name, content[name].decode(), str(path))
    if (path := folder.path / SCHEDULE).exists():
        content[SCHEDULE] = Schedule.loads(files.read(path), str(path)).dumps().encode()
    return content


def read_about_shares(name: str, text: str, source: str) -> SetNote | Challenge | Answer:
    """What an owner's folder says of shares, by the name of its file.

    Raises:
        InvalidFile: It is something else.
    """
    kinds: dict[str, type[SetNote] | type[Challenge] | type[Answer]] = {"challenge": Challenge, "answer": Answer}
    return kinds.get(name.rpartition("/")[2].partition("-")[0], SetNote).loads(text, source)


def _artifact(name: str) -> bytes:
    return resources.files("recovery").joinpath("artifacts").joinpath(f"{name}.json").read_bytes()


def _wheel(path: Path) -> bytes:
    """This release as a wheel, with the very contracts that this program has.

    Raises:
        InvalidInput: It is something else.
    """
    try:
        role(f"wheel/{path.name}")
        data = path.read_bytes()
        check_wheel(path.name, data, release(), {name: _artifact(name) for name in contracts.CONTRACTS})
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except InvalidInput as error:
        raise InvalidInput(f"{path} is not the wheel of this release, {release()}: {error.message}") from error
    return data


def check_wheel(name: str, data: bytes, wanted: str, artifacts: Mapping[str, bytes]) -> None:
    """Refuses a wheel that is not of a release, or has other contracts.

    Raises:
        InvalidInput: It is.
    """
    import io
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as wheel:

            def read(inner: str) -> bytes:
                with wheel.open(inner) as file:
                    return file.read(archive.MAX_FILE)

            if f"\nVersion: {wanted}\n".encode() not in read(f"ape_recovery-{wanted}.dist-info/METADATA"):
                raise InvalidInput("its version is another.")
            for contract, artifact in artifacts.items():
                if read(f"recovery/artifacts/{contract}.json") != artifact:
                    raise InvalidInput(f"its {contract} is another.")
    except InvalidInput:
        raise
    except (zipfile.BadZipFile, KeyError, NotImplementedError, EOFError, ValueError, RuntimeError, OSError) as error:
        raise InvalidInput(f"{name[:80]} is damaged, or of another release.") from error


def _address(value: Any) -> str:
    return str(to_checksum_address(from_hex(value, 20)))


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidFile("a file's name should be text.")
    role(value)
    return value
