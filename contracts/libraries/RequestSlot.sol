// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IRecoveryModule} from "../interfaces/IRecoveryModule.sol";

/// @notice One path's request and nonce in one word:
/// hash 192 | readyAt 32 | window in hours 14 | ownerCancels 1 | vetoable 1 | blocks 1 | nonce 15
/// @dev A hash of zero means that no request is open. The nonce outlives the request.
type RequestSlot is uint256;

using RequestSlots for RequestSlot global;

/// @title RequestSlots
/// @notice Packing of {RequestSlot}. Every cast is checked.
library RequestSlots {
    uint256 private constant NONCE_MASK = 0x7fff;
    uint256 private constant BLOCKS = 1 << 15;
    uint256 private constant VETOABLE = 1 << 16;
    uint256 private constant OWNER_CANCELS = 1 << 17;
    uint256 private constant WINDOW_SHIFT = 18;
    uint256 private constant WINDOW_MASK = 0x3fff;
    uint256 private constant READY_SHIFT = 32;

    /// @notice An open request. `window` is in whole hours and at most 365 days, which {Policy} has validated.
    function open(
        bytes24 requestHash,
        uint256 readyAt_,
        uint256 window,
        bool ownerCancels_,
        bool vetoable_,
        bool blocks_,
        uint256 nonce_
    ) internal pure returns (RequestSlot) {
        return
            RequestSlot.wrap(
                uint256(bytes32(requestHash)) |
                    (uint256(SafeCast.toUint32(readyAt_)) << READY_SHIFT) |
                    ((window / 1 hours) << WINDOW_SHIFT) |
                    (ownerCancels_ ? OWNER_CANCELS : 0) |
                    (vetoable_ ? VETOABLE : 0) |
                    (blocks_ ? BLOCKS : 0) |
                    nonce_
            );
    }

    /// @notice The same path without its request.
    function closed(RequestSlot slot) internal pure returns (RequestSlot) {
        return RequestSlot.wrap(slot.nonce());
    }

    /// @notice The nonce that follows, checked to fit.
    function nextNonce(RequestSlot slot) internal pure returns (uint256 next) {
        next = slot.nonce() + 1;
        if (next > NONCE_MASK) revert IRecoveryModule.RecoveryNonceExhausted();
    }

    function isOpen(RequestSlot slot) internal pure returns (bool) {
        return slot.hash() != 0;
    }

    function hash(RequestSlot slot) internal pure returns (bytes24) {
        return bytes24(bytes32(RequestSlot.unwrap(slot)));
    }

    function readyAt(RequestSlot slot) internal pure returns (uint256) {
        return uint32(RequestSlot.unwrap(slot) >> READY_SHIFT);
    }

    function expiresAt(RequestSlot slot) internal pure returns (uint256) {
        return slot.readyAt() + ((RequestSlot.unwrap(slot) >> WINDOW_SHIFT) & WINDOW_MASK) * 1 hours;
    }

    function ownerCancels(RequestSlot slot) internal pure returns (bool) {
        return RequestSlot.unwrap(slot) & OWNER_CANCELS != 0;
    }

    function vetoable(RequestSlot slot) internal pure returns (bool) {
        return RequestSlot.unwrap(slot) & VETOABLE != 0;
    }

    /// @notice Whether it holds up changes of policy.
    function blocks(RequestSlot slot) internal pure returns (bool) {
        return RequestSlot.unwrap(slot) & BLOCKS != 0;
    }

    function nonce(RequestSlot slot) internal pure returns (uint256) {
        return RequestSlot.unwrap(slot) & NONCE_MASK;
    }
}
