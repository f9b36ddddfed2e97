"""What a bundle says of itself, for whoever opens it years later."""

from __future__ import annotations

from collections.abc import Sequence

from ..chains import chain_names

_SEALED = """\
THIS IS SECRET. It names the guardians, and policies/ holds the secret that all
kits are made of. Whoever has it can take nothing, but knows whom to put under
pressure. Keep it as you keep a will: sealed, in more than one place.
"""
_PUBLIC = """\
There is nothing secret in it: no guardian is named. So it does not replace the
kits that the guardians keep: without enough of them nobody gets back in.
"""


def readme(
    release: str,
    account: str,
    module: str,
    chain_ids: Sequence[int],
    proven: Sequence[int],
    secrets: bool,
    wheel: bool,
) -> str:
    """The text of README.txt.

    Args:
        release: Of ape-recovery.
        account: The account.
        module: Its module.
        chain_ids: Where the account is protected.
        proven: For which of them there is a state proof.
        secrets: Whether it holds what is secret.
        wheel: Whether it holds the program.
    """
    owned = (
        "account.json, policies/, cards/, kits/, receipts/, schedule.json: what the owner has\n"
        "kept. shares/: who holds shares of a key. No share and no key is in here. Unpacked,\n"
        "this is the owner's folder again: recovery status --folder .\n\n"
        if secrets
        else ""
    )
    shown = (
        f"proofs/ and history/: where the account stood on {chain_names(proven)},\nwith the proof, and what had "
        "happened to it until then.\n\n"
        if proven
        else "It holds no state proof: no chain was asked when it was made.\n\n"
    )
    program = (
        "wheel/: the program. With Python, from this folder:\n\n"
        '    python -m pip install "ape-recovery[cli,pdf,backup] @ file://$PWD/wheel/$(ls wheel)"\n'
        "    recovery bundle verify .\n\n"
        if wheel
        else f"The program is not in it. It is ape-recovery, release {release}:\n\n"
        f'    python -m pip install "ape-recovery[cli,pdf,backup]=={release}"\n'
        "    recovery bundle verify .\n\n"
    )
    return (
        "What this is\n============\n\n"
        "Everything that brings back an account on Ethereum, or on a chain like it, if\n"
        "its owner has lost the key: with the help of people whom the owner trusts.\n\n"
        f"    account   {account}\n    module    {module}\n    chains    {chain_names(chain_ids)}\n\n"
        f"{_SEALED if secrets else _PUBLIC}\n"
        "What to do with it\n==================\n\n"
        "Somebody has lost a key: RECOVER.md says step by step what the guardians do. It\n"
        "needs nothing of this project: not the program, nor a web site.\n\n"
        "To see whether anything was altered, without a network and without our program:\n\n"
        "    sha256sum -c SHA256SUMS\n\n"
        "That finds damage, no forger, who would write other sums. Whoever has made this\n"
        "bundle was shown its fingerprint, and may have written it down:\n\n"
        "    sha256sum bundle.json\n\n"
        "What is in it\n=============\n\n"
        f"{owned}{shown}"
        "artifacts/: the contracts as they were compiled. Their addresses follow from them.\n\n"
        f"{program}"
        "That checks everything here again: each hash, each file, the contracts'\n"
        "addresses, and the proof of where the account stood. With --network it also asks\n"
        "a node whether that block is part of the chain, and what has changed since.\n"
    )
