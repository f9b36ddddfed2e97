// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {PathProof} from "../libraries/Policy.sol";
import {Approval} from "../libraries/Quorum.sol";
import {IRecoveryModule} from "./IRecoveryModule.sol";

/// @title IWalletRecoveryModule
/// @notice Recovery of {IRecoveryWallet}s, which can also be frozen: the only thing guardians can do at once to an
/// account whose key is stolen. A freeze ends by itself, cannot be extended, and is followed by a pause as long as
/// itself in which nobody can freeze again.
interface IWalletRecoveryModule is IRecoveryModule {
    /// @notice `account` is frozen.
    /// @param account   The account.
    /// @param path      The freeze path that did it.
    /// @param epoch     With path and nonce the id of the freeze.
    /// @param nonce     See `epoch`.
    /// @param until     When it ends by itself, in seconds since 1970.
    /// @param coolUntil When the account can be frozen again, in seconds since 1970.
    event AccountFrozen(
        address indexed account,
        uint256 indexed path,
        uint256 epoch,
        uint256 nonce,
        uint256 until,
        uint256 coolUntil
    );

    /// @notice The path that froze `account` has thawed it.
    event AccountThawed(address indexed account, uint256 indexed path, uint256 epoch, uint256 nonce);

    /// @notice The account has been frozen lately and cannot be frozen again before `coolUntil`.
    error FreezeCoolingDown(uint256 coolUntil);

    /// @notice The account is not frozen, or not by this path in this epoch.
    error FreezeNotFound(address account);

    /// @notice The account was told to freeze or thaw, but says that it did not.
    error FreezeFailed(address account);

    /// @notice Freezes an account with the quorum of a freeze path. Anybody may submit it.
    /// @param account   The account.
    /// @param proof     The freeze path.
    /// @param deadline  Until when the approvals are good, in seconds since 1970.
    /// @param approvals Strictly sorted by keccak256(signer).
    function freeze(
        address account,
        PathProof calldata proof,
        uint256 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice Ends a freeze early, with the quorum of the path that froze, while its epoch stands.
    function thaw(address account, PathProof calldata proof, uint256 deadline, Approval[] calldata approvals) external;

    /// @notice The last freeze of an account.
    /// @return until     When it ends or ended, in seconds since 1970; 0 if thawed.
    /// @return coolUntil When the account can be frozen again, in seconds since 1970.
    /// @return epoch     With path and nonce its id.
    /// @return path      The path that froze.
    /// @return nonce     The nonce it was given.
    function freezeOf(
        address account
    ) external view returns (uint256 until, uint256 coolUntil, uint256 epoch, uint256 path, uint256 nonce);

    /// @notice What a freeze path's members sign.
    function freezeDigest(address account, PathProof calldata proof, uint256 deadline) external view returns (bytes32);

    /// @notice What they sign to thaw what they froze.
    function thawDigest(address account, PathProof calldata proof, uint256 deadline) external view returns (bytes32);
}
