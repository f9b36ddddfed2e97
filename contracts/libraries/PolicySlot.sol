// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice What a module keeps of an account's policy, in one word:
/// hash 192 | epoch 32 | unused 16 | change delay in days 8 | blockers 8
/// @dev A hash of zero means that the account has no policy. The epoch never goes back, not even by removal.
type PolicySlot is uint256;

using PolicySlots for PolicySlot global;

/// @title PolicySlots
/// @notice Packing of {PolicySlot}: one read and one write for all of it. Every cast is checked.
library PolicySlots {
    uint256 private constant BLOCKERS_MASK = 0xff;
    uint256 private constant DELAY_SHIFT = 8;
    uint256 private constant EPOCH_SHIFT = 32;

    /// @notice A policy at the beginning of an epoch: without blockers. `changeDelay` is in whole days of seconds.
    function pack(bytes24 policyHash, uint256 epoch_, uint256 changeDelay_) internal pure returns (PolicySlot) {
        return
            PolicySlot.wrap(
                uint256(bytes32(policyHash)) |
                    (uint256(SafeCast.toUint32(epoch_)) << EPOCH_SHIFT) |
                    (uint256(SafeCast.toUint8(changeDelay_ / 1 days)) << DELAY_SHIFT)
            );
    }

    /// @notice The same policy at the beginning of the next epoch: without blockers.
    function next(PolicySlot slot) internal pure returns (PolicySlot) {
        SafeCast.toUint32(slot.epoch() + 1);
        return PolicySlot.wrap((PolicySlot.unwrap(slot) & ~BLOCKERS_MASK) + (1 << EPOCH_SHIFT));
    }

    function hash(PolicySlot slot) internal pure returns (bytes24) {
        return bytes24(bytes32(PolicySlot.unwrap(slot)));
    }

    function epoch(PolicySlot slot) internal pure returns (uint256) {
        return uint32(PolicySlot.unwrap(slot) >> EPOCH_SHIFT);
    }

    /// @notice In seconds.
    function changeDelay(PolicySlot slot) internal pure returns (uint256) {
        return uint256(uint8(PolicySlot.unwrap(slot) >> DELAY_SHIFT)) * 1 days;
    }

    /// @notice Open requests that hold up changes. A policy has at most 32 paths, so the 8 bits never run over.
    function blockers(PolicySlot slot) internal pure returns (uint256) {
        return uint8(PolicySlot.unwrap(slot));
    }

    function withBlocker(PolicySlot slot) internal pure returns (PolicySlot) {
        return PolicySlot.wrap(PolicySlot.unwrap(slot) + 1);
    }

    /// @dev Only for a request that was counted: otherwise the subtraction would reach into the other fields.
    function withoutBlocker(PolicySlot slot) internal pure returns (PolicySlot) {
        assert(slot.blockers() != 0);
        return PolicySlot.wrap(PolicySlot.unwrap(slot) - 1);
    }
}
