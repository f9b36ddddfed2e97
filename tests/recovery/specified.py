"""Keccak, ABI and EIP-712 written from their specifications, on nothing but the standard library.

The implementation that vectors and signed messages are compared with: it has nothing in common with the package.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any


def keccak256(data: bytes) -> bytes:
    """Keccak with rate 1088 and the padding of before FIPS 202."""
    mask, lanes = 2**64 - 1, [[0] * 5 for _ in range(5)]

    def left(value: int, by: int) -> int:
        return (value << by % 64 | value >> (64 - by % 64)) & mask

    padded = bytearray(data + b"\1" + bytes(-(len(data) + 1) % 136))
    padded[-1] |= 0x80
    for start in range(0, len(padded), 136):
        for word in range(17):
            lanes[word % 5][word // 5] ^= int.from_bytes(padded[start + 8 * word : start + 8 * word + 8], "little")
        register = 1
        for _ in range(24):
            parity = [c[0] ^ c[1] ^ c[2] ^ c[3] ^ c[4] for c in lanes]
            mix = [parity[x - 1] ^ left(parity[(x + 1) % 5], 1) for x in range(5)]
            lanes = [[lane ^ mix[x] for lane in lanes[x]] for x in range(5)]
            x, y, current = 1, 0, lanes[1][0]
            for step in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, lanes[x][y] = lanes[x][y], left(current, (step + 1) * (step + 2) // 2)
            lanes = [
                [lanes[x][y] ^ (~lanes[(x + 1) % 5][y] & lanes[(x + 2) % 5][y]) for y in range(5)] for x in range(5)
            ]
            for bit in range(7):
                lanes[0][0] ^= (register & 1) << (2**bit - 1)
                register = register << 1 ^ (0x171 if register & 0x80 else 0)
    return b"".join(lanes[word % 5][word // 5].to_bytes(8, "little") for word in range(4))


def raw(text: str) -> bytes:
    """The bytes of hexadecimal text."""
    return bytes.fromhex(text.removeprefix("0x"))


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def members(kind: str) -> list[str]:
    """The types in a tuple."""
    depth, found = 0, [""]
    for character in kind[1:-1]:
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            found.append("")
        else:
            found[-1] += character
    return [each for each in found if each]


def is_dynamic(kind: str) -> bool:
    return kind.endswith("[]") or kind == "bytes" or (kind.startswith("(") and any(map(is_dynamic, members(kind))))


def encode(kind: str, value: Any) -> bytes:
    """ABI encoding; bytes and addresses are hexadecimal text."""
    if kind.endswith("[]"):
        return word(len(value)) + encode(f"({','.join([kind[:-2]] * len(value))})", value)
    if kind.startswith("("):
        parts = [(is_dynamic(each), encode(each, item)) for each, item in zip(members(kind), value, strict=True)]
        at, head, tail = sum(32 if moved else len(data) for moved, data in parts), b"", b""
        for moved, data in parts:
            head += word(at + len(tail)) if moved else data
            tail += data if moved else b""
        return head + tail
    if kind == "bytes":
        return word(len(raw(value))) + raw(value) + bytes(-len(raw(value)) % 32)
    if kind.startswith("bytes"):
        return raw(value).ljust(32, b"\0")
    return word(int(value, 16) if kind == "address" else int(value))


def calldata(signature: str, *arguments: Any) -> str:
    """Of a call."""
    name, _, types = signature.partition("(")
    return "0x" + (keccak256(signature.encode())[:4] + encode("(" + types, arguments)).hex()


def struct_hash(types: dict[str, list[dict[str, str]]], name: str, value: dict[str, Any]) -> bytes:
    """hashStruct of EIP-712, for types one deep."""

    def described(kind: str) -> str:
        return f"{kind}({','.join(field['type'] + ' ' + field['name'] for field in types[kind])})"

    def hashed(kind: str, item: Any) -> bytes:
        if kind.endswith("[]"):
            return keccak256(b"".join(hashed(kind[:-2], each) for each in item))
        if kind in types:
            return struct_hash(types, kind, item)
        if kind in ("bytes", "string"):
            return keccak256(raw(item) if kind == "bytes" else item.encode())
        return encode(kind, item)

    used = sorted({field["type"].removesuffix("[]") for field in types[name]} & set(types))
    head = keccak256("".join(map(described, [name, *used])).encode())
    return keccak256(head + b"".join(hashed(field["type"], value[field["name"]]) for field in types[name]))


PATH = "(uint8,bool,bool,uint32,uint32,uint32,uint32,bytes32,bytes32[])"


def path_tuple(path: dict[str, Any]) -> list[Any]:
    fields = ("ownerCancels", "vetoable", "inactivity", "delay", "window", "threshold", "extra", "members")
    return [["rotate", "freeze", "veto"].index(path["right"]), *(path[name] for name in fields)]


def path_hash(path: dict[str, Any]) -> bytes:
    return keccak256(encode(PATH, path_tuple(path)))


def policy_hash(change_delay: int, hashes: list[bytes]) -> bytes:
    return keccak256(word(change_delay) + b"".join(hashes))


def commitment(opening: dict[str, Any]) -> bytes:
    return keccak256(raw(opening["salt"]) + word(opening["weight"]) + keccak256(raw(opening["signer"])))


def in_order(signers: list[str]) -> list[str]:
    return sorted(signers, key=lambda text: keccak256(raw(text)))


def packed(owners: dict[str, Any]) -> bytes:
    listed = [raw(text) for text in in_order(owners["signers"])]
    head = bytes([owners["threshold"], len(listed)])
    return head + b"".join(len(each).to_bytes(2, "big") + each for each in listed)


def checksum(body: dict[str, Any]) -> str:
    rest = {name: value for name, value in body.items() if name != "checksum"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def salt(secret: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 without a salt, 32 bytes."""
    return hmac.digest(hmac.digest(bytes(32), secret, "sha256"), info + b"\1", "sha256")


def capitals(address: str) -> str:
    """ERC-55."""
    digits = address[2:].lower()
    marks = keccak256(digits.encode()).hex()
    return "0x" + "".join(c.upper() if mark >= "8" else c for c, mark in zip(digits, marks, strict=False))


def typed_digest(document: dict[str, Any]) -> bytes:
    """What is signed of an EIP-712 document."""
    separator = struct_hash(document["types"], "EIP712Domain", document["domain"])
    return keccak256(
        b"\x19\x01" + separator + struct_hash(document["types"], document["primaryType"], document["message"])
    )
