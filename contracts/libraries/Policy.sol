// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPolicyErrors} from "../interfaces/IPolicyErrors.sol";
import {Words} from "./Words.sol";

/// @notice What a path may do once its quorum acts.
enum Right {
    Rotate, // replace the owners, after a delay
    Freeze, // stop the account for a while, at once
    Veto // stop a vetoable request or a change of policy, at once
}

/// @notice One way in: who, when, how fast, what, and who may stop it.
/// @dev Only commitments stand here; who the members are shows when they act.
struct Path {
    Right right;
    bool ownerCancels; // rotate: the account itself may cancel a request
    bool vetoable; // rotate: a veto path may cancel a request
    uint32 inactivity; // rotate: seconds of silence it needs, 0 for none
    uint32 delay; // rotate: seconds between start and ready
    uint32 window; // rotate: seconds a ready request stays ready; freeze: how long the freeze lasts
    uint32 threshold; // sum of weights that a quorum must reach
    bytes32 extra; // what the kind of account defines; zero where it defines nothing
    bytes32[] members; // keccak256(abi.encode(salt, weight, keccak256(signer)))
}

/// @notice A path with what shows that it belongs to an account's policy.
struct PathProof {
    uint8 index; // position of the path in the policy
    Path path;
    bytes32[] others; // hashes of the policy's other paths, in order
}

/// @title Policy
/// @notice Validation and hashing of policies. Pure: it neither reads nor writes storage.
library Policy {
    uint256 internal constant MAX_PATHS = 32;
    uint256 internal constant MAX_MEMBERS = 32;
    uint256 internal constant MAX_CHANGE_DELAY = 90 days;
    uint256 internal constant MIN_DELAY = 1 hours;
    uint256 internal constant MAX_DELAY = 365 days;
    uint256 internal constant MIN_WINDOW = 1 hours;
    uint256 internal constant MAX_WINDOW = 365 days;
    uint256 internal constant MAX_FREEZE = 30 days;
    uint256 internal constant MIN_INACTIVITY = 7 days;

    /// @notice Checks what every kind of account demands of a policy and hashes it: keccak256 of the change delay and
    /// of each path's hash, a word each. It cannot be taken for the hash of a path: that begins with a word of 0, 1 or
    /// 2, which as a change delay would be no whole day.
    /// @param changeDelay Seconds a later change waits: 1 to 90 whole days.
    /// @param paths       1 to 32 paths, at least one of them with the right to rotate.
    /// @return hash The policy's hash, as {prove} computes it.
    function validate(uint256 changeDelay, Path[] calldata paths) internal pure returns (bytes32 hash) {
        if (changeDelay == 0 || changeDelay > MAX_CHANGE_DELAY || changeDelay % 1 days != 0) {
            revert IPolicyErrors.PolicyChangeDelayInvalid(changeDelay);
        }
        if (paths.length == 0 || paths.length > MAX_PATHS) revert IPolicyErrors.PolicyPathCountInvalid(paths.length);
        bytes32[] memory words = new bytes32[](1 + paths.length);
        words[0] = bytes32(changeDelay);
        bool rotates = false;
        for (uint256 i = 0; i < paths.length; ++i) {
            _validatePath(i, paths[i]);
            if (paths[i].right == Right.Rotate) rotates = true;
            words[1 + i] = hashPath(paths[i]);
        }
        if (!rotates) revert IPolicyErrors.PolicyWithoutRotation();
        return Words.hash(words);
    }

    /// @notice Hash of one path: its ABI encoding as it stands in calldata, from `right` to the last member.
    /// @dev Equal bytes decode to equal paths, so nothing is encoded again. The two freedoms that the compiler leaves are
    /// taken away: where the members stand, and a path that begins before the end of the address space and is read
    /// around it. What reads a field later checks that its bytes are clean.
    function hashPath(Path calldata path) internal pure returns (bytes32 hash) {
        bytes32[] calldata members = path.members; // the compiler checks that they are there
        bool canonical;
        assembly ("memory-safe") {
            // Nine words and the number of members. The compiler has checked that the members end within calldata.
            canonical := and(lt(path, calldatasize()), eq(members.offset, add(path, 0x140)))
            let size := add(0x140, shl(5, members.length))
            let free := mload(0x40)
            calldatacopy(free, path, size)
            hash := keccak256(free, size)
        }
        if (!canonical) revert IPolicyErrors.PathEncodingInvalid();
    }

    /// @notice Hash of the policy that has `pathHash` at `index` and `others` around it.
    function prove(
        uint256 changeDelay,
        uint256 index,
        bytes32 pathHash,
        bytes32[] calldata others
    ) internal pure returns (bytes32) {
        if (index > others.length) revert IPolicyErrors.PolicyPathUnknown(index);
        bytes32[] memory words = new bytes32[](2 + others.length);
        words[0] = bytes32(changeDelay);
        words[1 + index] = pathHash;
        for (uint256 i = 0; i < others.length; ++i) words[(i < index ? 1 : 2) + i] = others[i];
        return Words.hash(words);
    }

    function _validatePath(uint256 index, Path calldata path) private pure {
        bytes32[] calldata members = path.members;
        if (members.length == 0 || members.length > MAX_MEMBERS) {
            revert IPolicyErrors.PathMemberCountInvalid(index, members.length);
        }
        for (uint256 i = 0; i < members.length; ++i) {
            if (members[i] == 0) revert IPolicyErrors.PathMemberEmpty(index, i);
        }
        if (path.threshold == 0) revert IPolicyErrors.PathThresholdZero(index);
        if (path.right == Right.Rotate) {
            if (path.delay < MIN_DELAY || path.delay > MAX_DELAY) {
                revert IPolicyErrors.PathDelayInvalid(index, path.delay);
            }
            if (path.window < MIN_WINDOW || path.window > MAX_WINDOW || path.window % 1 hours != 0) {
                revert IPolicyErrors.PathWindowInvalid(index, path.window);
            }
            if (path.inactivity != 0 && path.inactivity < MIN_INACTIVITY) {
                revert IPolicyErrors.PathInactivityInvalid(index, path.inactivity);
            }
        } else {
            if (path.delay != 0) revert IPolicyErrors.PathDelayInvalid(index, path.delay);
            if (path.inactivity != 0) revert IPolicyErrors.PathInactivityInvalid(index, path.inactivity);
            if (path.ownerCancels || path.vetoable) revert IPolicyErrors.PathFlagsInvalid(index);
            bool valid = path.right == Right.Veto
                ? path.window == 0
                : path.window >= MIN_WINDOW && path.window <= MAX_FREEZE;
            if (!valid) revert IPolicyErrors.PathWindowInvalid(index, path.window);
        }
    }
}
