// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Words} from "./Words.sol";

/// @title Messages
/// @notice The EIP-712 messages that guardians sign. One type for each action, so that none passes for another.
/// @dev Every one names the account, the epoch, the acting path (position and hash) and a deadline. The domain adds
/// chain and module. Recover and Freeze add the path's nonce, which they use up; the others name what they stop.
library Messages {
    bytes32 private constant RECOVER_TYPEHASH =
        keccak256(
            "Recover(address account,uint256 epoch,uint256 path,bytes32 pathHash,uint256 nonce,bytes[] owners,uint256 threshold,uint256 deadline)"
        );
    bytes32 private constant CANCEL_TYPEHASH =
        keccak256(
            "Cancel(address account,uint256 epoch,uint256 path,bytes32 pathHash,uint256 requestNonce,uint256 deadline)"
        );
    bytes32 private constant VETO_REQUEST_TYPEHASH =
        keccak256(
            "VetoRequest(address account,uint256 epoch,uint256 path,bytes32 pathHash,uint256 requestPath,uint256 requestNonce,uint256 deadline)"
        );
    bytes32 private constant VETO_CHANGE_TYPEHASH =
        keccak256(
            "VetoChange(address account,uint256 epoch,uint256 path,bytes32 pathHash,bytes24 policyHash,uint256 eta,uint256 deadline)"
        );
    bytes32 private constant FREEZE_TYPEHASH =
        keccak256(
            "Freeze(address account,uint256 epoch,uint256 path,bytes32 pathHash,uint256 nonce,uint256 deadline)"
        );
    bytes32 private constant THAW_TYPEHASH =
        keccak256(
            "Thaw(address account,uint256 epoch,uint256 path,bytes32 pathHash,uint256 freezeNonce,uint256 deadline)"
        );

    /// @notice Replace the owners; `nonce` is the path's before it is used.
    function recover(
        address account,
        uint256 epoch,
        uint256 path,
        bytes32 pathHash,
        uint256 nonce,
        bytes32 ownersHash,
        uint256 threshold,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(RECOVER_TYPEHASH, account, epoch, path, pathHash, nonce, ownersHash, threshold, deadline)
            );
    }

    /// @notice Stop the path's own request (epoch, path, requestNonce).
    function cancel(
        address account,
        uint256 epoch,
        uint256 path,
        bytes32 pathHash,
        uint256 requestNonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(CANCEL_TYPEHASH, account, epoch, path, pathHash, requestNonce, deadline));
    }

    /// @notice Stop the request (epoch, requestPath, requestNonce).
    function vetoRequest(
        address account,
        uint256 epoch,
        uint256 path,
        bytes32 pathHash,
        uint256 requestPath,
        uint256 requestNonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    VETO_REQUEST_TYPEHASH,
                    account,
                    epoch,
                    path,
                    pathHash,
                    requestPath,
                    requestNonce,
                    deadline
                )
            );
    }

    /// @notice Stop the change of policy (epoch, policyHash, eta).
    function vetoChange(
        address account,
        uint256 epoch,
        uint256 path,
        bytes32 pathHash,
        bytes24 policyHash,
        uint256 eta,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return
            keccak256(abi.encode(VETO_CHANGE_TYPEHASH, account, epoch, path, pathHash, policyHash, eta, deadline));
    }

    /// @notice Freeze the account; `nonce` is the path's before it is used.
    function freeze(
        address account,
        uint256 epoch,
        uint256 path,
        bytes32 pathHash,
        uint256 nonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(FREEZE_TYPEHASH, account, epoch, path, pathHash, nonce, deadline));
    }

    /// @notice End the freeze (epoch, path, freezeNonce).
    function thaw(
        address account,
        uint256 epoch,
        uint256 path,
        bytes32 pathHash,
        uint256 freezeNonce,
        uint256 deadline
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(THAW_TYPEHASH, account, epoch, path, pathHash, freezeNonce, deadline));
    }

    /// @notice `bytes[] owners` as EIP-712 encodes it.
    function hashOwners(bytes[] calldata owners) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](owners.length);
        for (uint256 i = 0; i < owners.length; ++i) hashes[i] = keccak256(owners[i]);
        return Words.hash(hashes);
    }
}
