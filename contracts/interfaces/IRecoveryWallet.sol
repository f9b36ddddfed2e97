// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Execution} from "@openzeppelin/contracts/interfaces/draft-IERC7579.sol";

import {Path} from "../libraries/Policy.sol";
import {IOwnersErrors} from "./IQuorumErrors.sol";

/// @title IRecoveryWallet
/// @notice A wallet whose owners can be recovered. Its module is part of its code: nobody, not even its owners, can
/// take recovery away at once.
///
/// It acts for its owners in three ways, all as ERC-7821 batches: a batch that they signed and anybody relays, a
/// UserOperation (ERC-4337), and, as the EIP-7702 delegate of an EOA, calls of the EOA to itself. Each batch that is executed is activity.
///
/// While frozen it does nothing but what an owner defends himself with, calls to its module without value: schedule a
/// change or removal of the policy, drop it, cancel a request, heartbeat. It signs nothing, and its UserOperations wait.
interface IRecoveryWallet is IOwnersErrors {
    /* ------------------------------------------- events -------------------------------------------- */

    /// @notice The wallet belongs to these owners from now on.
    event OwnersChanged(bytes[] owners, uint256 threshold);

    /// @notice The wallet is frozen until then, in seconds since 1970; 0 if it has been thawed.
    event FrozenUntilChanged(uint256 until);

    /* ------------------------------------------- errors -------------------------------------------- */

    /// @notice The wallet has owners already.
    error WalletAlreadyInitialized();

    /// @notice The caller may not do this, or the owners have not signed it.
    error WalletUnauthorized(address caller);

    /// @notice The wallet is frozen until `until`, in seconds since 1970, and this call is not among those allowed.
    error WalletFrozen(uint256 until);

    /// @notice The deadline has passed, or lies more than a day ahead.
    error WalletDeadlineInvalid(uint256 deadline);

    /// @notice Only single batches are executed (ERC-7821), with or without `opData`.
    error WalletModeUnsupported(bytes32 mode);

    /* -------------------------------------------- life --------------------------------------------- */

    /// @notice Sets the first owners and the policy: by the factory that created the wallet, or by the EOA itself that
    /// has delegated to it (EIP-7702).
    function initialize(
        bytes[] calldata owners,
        uint256 threshold,
        uint256 changeDelay,
        Path[] calldata paths
    ) external;

    /// @notice The same with a signature of the EOA, so that anybody may pay for it.
    /// @param owners      ERC-7913 signers, strictly sorted by keccak256.
    /// @param threshold   How many of them must sign.
    /// @param changeDelay Seconds a change of policy waits.
    /// @param paths       The policy's structure.
    /// @param deadline    Until when the signature is good, in seconds since 1970.
    /// @param signature   The EOA's ECDSA signature over {initializeDigest}.
    function initializeWithSignature(
        bytes[] calldata owners,
        uint256 threshold,
        uint256 changeDelay,
        Path[] calldata paths,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Replaces the owners, by a call of the wallet to itself. It moves no epoch and closes no request.
    function rotateOwners(bytes[] calldata owners, uint256 threshold) external;

    /* ---------------------------------------- for the module --------------------------------------- */

    /// @notice Replaces the owners and thaws. For the module only.
    function recoverOwners(bytes[] calldata owners, uint256 threshold) external;

    /// @notice Freezes until then, in seconds since 1970, or thaws with 0. For the module only.
    function setFrozenUntil(uint256 until) external;

    /// @notice Records activity. For the module only, which calls it for {IRecoveryModule.heartbeat}.
    function recordActivity() external;

    /* ------------------------------------------- execution ----------------------------------------- */

    /// @notice Executes a batch (ERC-7821). Either all of its calls succeed or none has an effect.
    /// A call's target zero stands for the wallet itself.
    /// @dev `executionData` is abi.encode(Execution[]) from the wallet itself or the EntryPoint, or
    /// abi.encode(Execution[], bytes opData) from anybody, with opData = deadline u48 ‖ proof: the owners' proof over
    /// {batchDigest}, packed as {Quorum.checkOwners} says.
    function execute(bytes32 mode, bytes calldata executionData) external payable;

    /// @notice Whether {execute} takes this mode.
    function supportsExecutionMode(bytes32 mode) external view returns (bool);

    /* -------------------------------------------- views -------------------------------------------- */

    /// @notice The module that can recover this wallet.
    function module() external view returns (address);

    /// @notice The factory whose wallets run this code.
    function factory() external view returns (address);

    /// @notice First 24 bytes of the hash of owners and threshold; 0 before initialization.
    function ownersHash() external view returns (bytes24);

    /// @notice End of the UTC day in which the owners last used the wallet, in seconds since 1970; 0 if never.
    function lastActive() external view returns (uint256);

    /// @notice Until when the wallet is frozen, in seconds since 1970; in the past or 0 if it is not.
    function frozenUntil() external view returns (uint256);

    /// @notice Number of the next relayed batch.
    function batchNonce() external view returns (uint256);

    /// @notice What owners sign so that anybody may relay a batch: as the present owners, at the present nonce, until
    /// `deadline`, a day ahead at most, in seconds since 1970.
    function batchDigest(Execution[] calldata calls, uint256 deadline) external view returns (bytes32);

    /// @notice What owners sign for a UserOperation: its hash, as the present owners. Whoever replaces the owners voids
    /// what was signed ahead.
    function operationDigest(bytes32 userOpHash) external view returns (bytes32);

    /// @notice What an EOA signs for {initializeWithSignature}.
    function initializeDigest(
        bytes[] calldata owners,
        uint256 threshold,
        uint256 changeDelay,
        Path[] calldata paths,
        uint256 deadline
    ) external view returns (bytes32);
}
