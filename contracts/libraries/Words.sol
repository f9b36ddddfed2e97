// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Words
/// @notice Hashing of lists of words where they stand in memory, without copying them as abi.encodePacked does.
library Words {
    /// @notice keccak256 of the words one after the other, without their number.
    function hash(bytes32[] memory words) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            result := keccak256(add(words, 0x20), shl(5, mload(words)))
        }
    }
}
