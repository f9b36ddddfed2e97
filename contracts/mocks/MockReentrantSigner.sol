// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice A guardian or verifier that acts on the module while it is asked. It says yes only if that worked, or
/// always, as it was told; the word yes is the selector that it was called with.
contract MockReentrantSigner {
    address private immutable _MODULE;
    bool private immutable _ALWAYS;
    bytes private _action;

    constructor(address module, bytes memory action, bool always) {
        (_MODULE, _action, _ALWAYS) = (module, action, always);
    }

    fallback() external {
        (bool success, ) = _MODULE.call{gas: gasleft() / 2}(_action);
        bytes32 answer = success || _ALWAYS ? bytes32(msg.sig) : bytes32(0);
        assembly ("memory-safe") {
            mstore(0, answer)
            return(0, 0x20)
        }
    }
}
