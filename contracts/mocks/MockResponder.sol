// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Answers every call alike: with `answer`, padded with zeros or cut to `length` bytes. As a guardian
/// (ERC-1271) or verifier (ERC-7913) it says yes, no, or something malformed.
/// @dev What it answers stands in storage, so that an EOA delegated to it (EIP-7702) answers nothing.
contract MockResponder {
    bytes private _answer;
    uint256 private _length;
    bool private _fails;

    constructor(bytes memory answer, uint256 length, bool fails) {
        (_answer, _length, _fails) = (answer, length, fails);
    }

    fallback() external {
        bytes memory answer = _answer;
        (uint256 length, bool fails) = (_length, _fails);
        assembly ("memory-safe") {
            let start := add(answer, 0x20)
            // What lies behind the answer is whatever memory holds: zeros.
            if fails {
                revert(start, length)
            }
            return(start, length)
        }
    }
}
