"""The messages to guardians when a key was stolen: what has happened, and to do nothing before a call."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import RecoveryError
from .drafts import FREEZE, RECOVER, Drafts, Scene
from .session import quote

if TYPE_CHECKING:
    from ..request import Request


def asked(scene: Scene, made: Drafts) -> list[tuple[str, str, bool, bool]]:
    """Who is to be rung: name, contact, whether they can freeze and whether they can replace owners.

    Keys of the owner's own are left out: one of them was stolen. Empty if no names are known.
    """
    plan = scene.source.plan if scene.source else None
    if plan is None:
        return []
    contacts = _contacts(scene)
    own = {signer for _, signer in plan.owners}
    freeze, recover = (
        dict(plan.paths[index].guardians) if index is not None else {}
        for index in (made.freeze_path, made.recover_path)
    )
    return [
        (each.name, contacts.get(str(each.signer), ""), each.name in freeze, each.name in recover)
        for each in plan.guardians
        if each.signer not in own and (each.name in freeze or each.name in recover)
    ]


def _contacts(scene: Scene) -> dict[str, str]:
    """How guardians are reached, by their signer, as far as their cards say and can be read."""
    try:
        return {str(card.signer): card.contact for card in scene.folder.cards()} if scene.folder else {}
    except RecoveryError:
        return {}


def letters(scene: Scene, made: Drafts) -> dict[str, str]:
    """A message for each guardian, by the file's name. The six words stand in none of them."""
    if made.freeze_path is None and made.recover_path is None:
        return {}
    people = asked(scene, made)
    if not people:
        return {"to-guardians.txt": _letter(scene, made, "", "", made.freeze_path is not None, True)}
    written: dict[str, str] = {}
    for name, contact, freezes, recovers in people:
        written[_file(name, written)] = _letter(scene, made, name, contact, freezes, recovers)
    return written


def all_clear(scene: Scene, gone: Collection[str], shares: Mapping[str, str]) -> dict[str, str]:
    """A message for each guardian, and for each holder of a share, once the stolen key was replaced in time.

    Args:
        scene: What is known.
        gone: Addresses of the keys that were replaced; a guardian who is one of them is the owner, and gets none.
        shares: By holder, what they have of sets of the stolen key, which may still open something else.

    Returns:
        Messages by the files' names.
    """
    from .. import files

    plan = scene.source.plan if scene.source else None
    contacts, held = _contacts(scene), {files.stem(name): text for name, text in shares.items()}
    written: dict[str, str] = {}
    for guardian in plan.guardians if plan else ():
        if str(guardian.signer) not in gone:
            contact = contacts.get(str(guardian.signer), "")
            share = held.pop(files.stem(guardian.name), "")
            written[_file(guardian.name, written)] = _all_clear(scene, guardian.name, contact, True, share)
    if plan is None:
        written["to-guardians.txt"] = _all_clear(scene, "", "", True, "")
    for name, text in shares.items():
        if files.stem(name) in held:
            written[_file(name, written)] = _all_clear(scene, name, "", False, text)
    return written


def _all_clear(scene: Scene, name: str, contact: str, guards: bool, share: str) -> str:
    from ..chains import chain_name

    where = f" on {chain_name(scene.client.chain_id)}" if scene.client else ""
    parts = [f"To: {name or 'my guardians'}" + (f", {contact}" if contact else "")]
    parts.append(
        f"Somebody else had a key to my account {scene.account}{where}, or I fear so. I have put a new key in its "
        "place. The old one opens that account no more."
    )
    if share:
        parts.append(
            f"You keep {share}, of the old key. Keep it until I tell you, by voice, that I have moved whatever that "
            "key still opens. Then destroy it, with all copies, also on paper, and tell me. I ask nobody to send it."
        )
    if guards:
        parts.append(
            "As my guardian you have nothing to do. Your kit stays good: keep it where it is. My new key changes "
            "nothing in it."
        )
        parts.append(
            "But approve nothing that I have not asked you for by voice, on a number that you already had, with two of "
            "the six words. Whoever had my key may know that you are a guardian of mine, and may write to you in my "
            "name. If you have approved something for me lately without having spoken with me, ring me at once; "
            "`recovery tricked` then takes it back."
        )
    parts.append("Nobody needs your key, its words, a password or money. Whoever asks for one of these is a thief.")
    if scene.owner:
        parts.append(scene.owner)
    return _joined(parts)


def _file(name: str, written: Collection[str]) -> str:
    """What the message to somebody is called, beside those that are there."""
    from .. import files

    stem, number = files.stem(name), 1
    file = f"to-{stem}.txt"
    while file in written:  # "Ana" and "ANA" are two people
        number += 1
        file = f"to-{stem}-{number}.txt"
    return file


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part if part.startswith("    ") else _fold(part) for part in parts) + "\n"


def _letter(scene: Scene, made: Drafts, name: str, contact: str, freezes: bool, recovers: bool) -> str:
    from ..chains import chain_name
    from ..explain import when

    where = f" on {chain_name(scene.client.chain_id)}" if scene.client else ""
    parts = [f"To: {name or 'my guardians'}" + (f", {contact}" if contact else "")]
    parts.append(
        f"A key to my account {scene.account}{where} was stolen, or I fear so. You are one of my guardians. Help me."
    )
    if scene.frozen and scene.state:
        parts.append(f"It is frozen until {when(scene.state.frozen_until)}; by then it should have new owners.")
    parts.append(
        "DO NOTHING YET. I ring you, or you ring me, on a number that you already had, and you hear that it is me. "
        "Anybody can write a message such as this one. Whoever hurries you without having spoken with me is not me."
    )
    steps = []
    if freezes:
        steps += _steps(scene, made.freeze, made.freeze_path, FREEZE, "--action freeze", name, "freeze the account")
    if recovers:
        steps += _recovering(scene, made, name)
    if steps:
        parts.append("When we speak:")
        parts += steps
        parts.append(
            "You will be asked for two of six words. I read them to you on the phone, with the address of my new key; "
            "they never stand in a message. If something does not fit, do not sign."
        )
    parts.append("Nobody needs your key, its words, a password or money. Whoever asks for one of these is a thief.")
    if scene.owner:
        parts.append(scene.owner)
    return _joined(parts)


def _recovering(scene: Scene, made: Drafts, name: str) -> list[str]:
    if made.ours:
        return []
    if made.recover is None and made.owners is None:
        return [
            "- My new key is not made yet. When it is, I send you a request for it: then sign that, in the same manner."
        ]
    owners = " ".join(f"--new-owner {owner}" for owner in made.owners.signers) if made.owners else ""
    if made.owners and len(made.owners.signers) > 1:
        owners += f" --threshold {made.owners.threshold}"
    what = "put my new key in place"
    return _steps(scene, made.recover, made.recover_path, RECOVER, owners, name, what)


def _steps(
    scene: Scene, request: Request | None, index: int | None, file: str, options: str, name: str, what: str
) -> list[str]:
    from .. import files

    label = quote(scene.source.labels[index]) if scene.source and index is not None else ""
    stem = file.removesuffix(".json")
    approve = f"    recovery approve {file} --kit KIT --signer KEY --network URL"
    back = f"and send me back the file {stem}-{files.stem(name) if name else 'YOUR-NAME'}.json that it writes."
    if request is None:
        if scene.client is not None or not label:
            return []  # it cannot be asked for now; why was said to the owner
        return [
            f"- To {what}. I cannot reach the chain from here, so one of you makes the request and sends it to the "
            "others and to me:",
            f"    recovery request --kit KIT --path {label} {options} -o {file} --network URL",
            "Each of you then runs:",
            approve,
            back,
        ]
    return [f"- To {what}, save {file}, which comes with this message, and run:", approve, back]


def _fold(text: str) -> str:
    return textwrap.fill(text, 76, break_long_words=False, break_on_hyphens=False)
