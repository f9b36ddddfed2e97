"""The card that freezes an account: signed beforehand, for the moment when there is no time."""

from __future__ import annotations

from dataclasses import replace

from ..chains import chain_name
from ..errors import InvalidInput
from ..explain import duration, when
from ..files import text_of, to_hex
from ..request import Approvals
from .blocks import Block, Box, Command, Heading, Paragraph, Title, items, rows
from .codes import Code, Codes, alike, beside, data_codes, file_codes
from .page import Layout, text_width
from .reading import checked
from .text import Text, Typesetter, bold

#: Size of the letters, and whether the calldata are printed as text: the first that makes it one page.
_STYLES = ((10.0, True), (9.0, True), (10.0, False), (9.5, False), (9.0, False))
_NOTE = "[U+...] stands for a character that cannot be printed here."


def freeze_card_pdf(approvals: Approvals, *, owner: str = "", paper: str = "a4") -> bytes:
    """A request to freeze with its approvals: as files for this program, and as calldata for any wallet.

    One page, or more for a large quorum. It holds no key.

    Args:
        approvals: The request and a whole quorum.
        owner: The owner's name, or nothing.
        paper: a4 or letter.

    Returns:
        The PDF. The same input gives the same bytes.

    Raises:
        InvalidInput: No such paper, a request for something else, or approvals are missing.
        Refused: The codes cannot be read back.
        MissingExtra: What draws or reads is not installed.
    """
    from ..building import Building
    from ..contracts import canonical_deployment

    request = approvals.request
    if request.action.kind != "freeze":
        raise InvalidInput("This request does not ask for a freeze. Make one with: recovery request --action freeze")
    if approvals.missing:
        raise InvalidInput(
            f"Approvals of weight {approvals.weight} are there, {request.proof.path.threshold} is needed: a card "
            "without a whole quorum could freeze nothing. Collect the others first."
        )
    owner = text_of(owner.strip())
    module = replace(canonical_deployment(), module=request.module)
    data = to_hex(Building(module).submit(approvals).data)
    names = _file_names(approvals)
    texts = [request.dumps(), *(signed.dumps() for signed in approvals.collected)]
    files = alike(code for name, text in zip(names, texts, strict=True) for code in file_codes(text, name))
    bare = alike(data_codes(data, "data"))
    layouts = []
    for size, as_text in _STYLES:
        setter = Typesetter(size)
        width = text_width(paper)
        blocks = _blocks(approvals, owner, names, files, bare, data if as_text else "", setter, width)
        layouts.append(Layout.of(blocks, setter, paper, _NOTE))
        if len(layouts[-1].pages) == 1:
            break
    best = min(layouts, key=lambda layout: len(layout.pages))
    footer = f"Freeze card, request {to_hex(request.digest)[:18]}…"
    return checked(best.pdf("Freeze card", footer), texts, [code.text for code in bare])


def _file_names(approvals: Approvals) -> list[str]:
    """What the files are called once they are scanned: no name of a person, which might need quotes in a shell."""
    count = len(approvals.collected)
    return ["freeze.json", *(f"freeze-{number}.json" for number in range(1, count + 1))]


def _blocks(
    approvals: Approvals,
    owner: str,
    names: list[str],
    files: tuple[Code, ...],
    bare: tuple[Code, ...],
    data: str,
    setter: Typesetter,
    width: float,
) -> list[Block]:
    request = approvals.request
    lasts = duration(request.proof.path.window)
    whose = f"{owner}'s account" if owner else "the account"
    return [
        Title("Freeze card", ["for the account of ", bold(owner)] if owner else "for an Ethereum account"),
        Paragraph(
            [
                f"Is somebody emptying {whose}, or is a key of it stolen? ",
                bold(f"This card stops all spending, at once, for {lasts}. "),
                "Anybody may use it, with any wallet that has something to pay the fee with, in one of the ways below.",
            ],
            1.1,
        ),
        Box(
            (
                Paragraph(
                    [
                        bold("It can freeze, once, and nothing else. "),
                        "Whoever finds it can take nothing, but can freeze the account and learns who has signed: keep "
                        "it private.",
                    ]
                ),
            )
        ),
        rows(setter, _facts(approvals, lasts), width, before=0.6),
        *_with_wallet(request.chain_id, bare, width),
        Heading("With Foundry"),
        Paragraph(f"DATA is what {'those codes say' if len(bare) > 1 else 'that code says'}, in one word.", before=0.2),
        Command((f"cast send {request.module} DATA --rpc-url URL --interactive",)),
        Heading("With this program, which checks everything first"),
        Paragraph("Take photos of the QR codes, make each file of its own, and send what they say:", before=0.2),
        Command(
            (
                'pip install "ape-recovery[cli]"',
                *(f"recovery scan PHOTO... -o {name}" for name in names),
                f"recovery freeze {' '.join(names)} --account KEY --network URL",
            )
        ),
        *beside(Codes(files), [_afterwards(lasts)], width),
        *((Heading("The data as text"), Paragraph(data)) if data else ()),
    ]


def _afterwards(lasts: str) -> Paragraph:
    return Paragraph(
        [
            bold("Afterwards "),
            f"ring the guardians. The freeze ends by itself after {lasts}, and whoever has signed can end it before. "
            "Until then put the keys in order, or start a recovery.",
        ]
    )


def _facts(approvals: Approvals, lasts: str) -> list[tuple[str, Text]]:
    request = approvals.request
    signers = [
        (signed.name or str(signed.approval.member.signer))
        + ("" if signed.approval.signature else " (approved on the chain; void if that is taken back)")
        for signed in approvals.collected
    ]
    return [
        ("Account", bold(request.account)),
        ("Chain", chain_name(request.chain_id)),
        ("Module", bold(request.module)),
        ("Freezes", f"for {lasts}, and not again before another {lasts} have passed"),
        (
            "Good until",
            [
                bold(when(request.deadline)),
                "; void before that after a freeze, a recovery or a change of guardians",
            ],
        ),
        ("Signed by", ", ".join(signers)),
    ]


def _with_wallet(chain_id: int, bare: tuple[Code, ...], width: float) -> list[Block]:
    many = len(bare) > 1
    steps = items(
        (
            f"Choose the network {chain_name(chain_id)}.",
            "Send 0 to the address of the module.",
            "Into the field for data (“hex data”) paste what "
            + ("these codes say, one right behind the other." if many else "this code says."),
            "If the wallet foretells a failure, it was used, it is void, or the account is frozen already.",
        )
    )
    return [Heading("With any wallet"), *beside(Codes(bare), [steps], width)]
