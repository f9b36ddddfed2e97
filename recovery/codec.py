"""ABI decoding that takes nothing for granted that is not there.

Ape, once it is loaded, has eth-abi's common registry read what is cut off as zeros. Here a node's answer that is cut
off stays what it is: nonsense.
"""

from __future__ import annotations

from eth_abi.codec import ABICodec
from eth_abi.decoding import UnsignedIntegerDecoder
from eth_abi.encoding import UnsignedIntegerEncoder
from eth_abi.registry import BaseEquals, registry

_strict = registry.copy()  # type: ignore[no-untyped-call]
_strict.unregister("uint")
_uint = BaseEquals("uint")  # type: ignore[no-untyped-call]
_strict.register(_uint, UnsignedIntegerEncoder, UnsignedIntegerDecoder, label="uint")

#: As `eth_abi.decode`.
decode = ABICodec(_strict).decode
