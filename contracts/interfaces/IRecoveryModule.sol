// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Path, PathProof, Right} from "../libraries/Policy.sol";
import {Approval} from "../libraries/Quorum.sol";
import {IPolicyErrors} from "./IPolicyErrors.sol";
import {IApprovalErrors, IOwnersErrors} from "./IQuorumErrors.sol";

/// @title IRecoveryModule
/// @notice Guardians put new owners in place after a public waiting time. A policy says who, when and how fast; the
/// account keeps one hash of it.
///
/// A request is started by a path's whole quorum, is pending until `readyAt`, ready until `expiresAt` and can then
/// only be cleared. While it is pending or ready, the owner, the same quorum or a veto path may stop it, as the path
/// says. Anybody may finalize a ready request. None of these states is stored: they follow from two times.
///
/// Everything that is signed is EIP-712 typed data of the module's domain and binds the account, the epoch, the acting
/// path and a deadline. The epoch moves when a policy takes effect and when a request is finalized; with it all
/// requests, pending changes and approvals of the old epoch are dead.
interface IRecoveryModule is IPolicyErrors, IOwnersErrors, IApprovalErrors {
    /// @notice Where the request of a path stands.
    enum RequestState {
        Idle,
        Pending,
        Ready,
        Expired
    }

    /* ------------------------------------------- events -------------------------------------------- */

    /// @notice `account` has its first policy, or a policy again after removal.
    /// @param account     The account.
    /// @param epoch       The epoch that begins.
    /// @param changeDelay Seconds a change of this policy waits.
    /// @param paths       The policy's structure.
    event PolicyConfigured(address indexed account, uint256 epoch, uint256 changeDelay, Path[] paths);

    /// @notice The policy of `account` will change unless the change is dropped or vetoed. Nothing has changed yet.
    /// @param account     The account.
    /// @param epoch       The epoch in which the change is pending.
    /// @param eta         When it can be applied, in seconds since 1970.
    /// @param changeDelay Seconds a change of the new policy will wait; 0 if the policy is removed.
    /// @param paths       The new policy's structure; empty if the policy is removed.
    event PolicyChangeScheduled(
        address indexed account,
        uint256 epoch,
        uint256 eta,
        uint256 changeDelay,
        Path[] paths
    );

    /// @notice The account has dropped the pending change of its policy.
    event PolicyChangeDropped(address indexed account, uint256 epoch, bytes24 policyHash, uint256 eta);

    /// @notice A veto path has stopped the pending change of policy.
    event PolicyChangeVetoed(
        address indexed account,
        uint256 indexed vetoPath,
        uint256 epoch,
        bytes24 policyHash,
        uint256 eta
    );

    /// @notice A pending change has taken effect.
    /// @param account    The account.
    /// @param epoch      The epoch that begins.
    /// @param policyHash The policy in force, 0 if the policy was removed.
    event PolicyChanged(address indexed account, uint256 epoch, bytes24 policyHash);

    /// @notice The structure of the policy in force, emitted again so that logs need not reach back to its beginning.
    event PolicyPublished(address indexed account, uint256 epoch, uint256 changeDelay, Path[] paths);

    /// @notice Guardians have started to replace the owners of `account`. Nothing has changed yet.
    /// @dev With the path's structure, everything that {finalize} needs is here or follows from it: the request began
    /// at the time of this block, and its epoch is the account's.
    /// @param account   The account.
    /// @param path      Position of the path in the policy.
    /// @param nonce     With epoch and path the id of the request.
    /// @param owners    The new owners.
    /// @param threshold How many of them will have to sign.
    /// @param readyAt   Start of the window, in seconds since 1970.
    /// @param expiresAt End of the window, exclusive.
    event RecoveryStarted(
        address indexed account,
        uint256 indexed path,
        uint256 nonce,
        bytes[] owners,
        uint256 threshold,
        uint256 readyAt,
        uint256 expiresAt
    );

    /// @notice A request was stopped by the account or by the path's own quorum (`by` is the account or the relayer).
    event RecoveryCancelled(address indexed account, uint256 indexed path, uint256 nonce, address by);

    /// @notice A request was stopped by a veto path.
    event RecoveryVetoed(address indexed account, uint256 indexed path, uint256 nonce, uint256 vetoPath);

    /// @notice A request that could never be finalized any more was cleared away.
    event RecoveryCleared(address indexed account, uint256 indexed path, uint256 nonce);

    /// @notice The owners of `account` have been replaced by those of the request; the account says by whom.
    /// @param account The account.
    /// @param path    The path that did it.
    /// @param epoch   The epoch that begins. In the one before it no other request was finalized.
    event RecoveryFinalized(address indexed account, uint256 indexed path, uint256 epoch);

    /// @notice `signer` approves `digest` without a signature.
    event DigestApproved(address indexed signer, bytes32 indexed digest);

    /// @notice `signer` takes its on-chain approval back.
    event DigestRevoked(address indexed signer, bytes32 indexed digest);

    /// @notice The account has shown that its owner is alive.
    event Heartbeat(address indexed account);

    /* ------------------------------------------- errors -------------------------------------------- */

    /// @notice The account has no policy here.
    error PolicyMissing(address account);

    /// @notice The account already has a policy: schedule a change.
    error PolicyAlreadyConfigured(address account);

    /// @notice The structure is not that of the policy in force. It may be older: fetch it again.
    error PolicyMismatch(address account);

    /// @notice The account does not let this module recover it.
    error ModuleNotEnabled(address account);

    /// @notice No change of policy is pending, or another one than the one named, or its time is over.
    error ChangeNotPending(address account);

    /// @notice A change can be applied in `[eta, expiresAt)`.
    /// @param eta       Start, in seconds since 1970.
    /// @param expiresAt End, exclusive.
    error ChangeNotReady(uint256 eta, uint256 expiresAt);

    /// @notice Requests that the owner cannot cancel are open: no change of policy takes effect meanwhile.
    /// @param blockers How many.
    error ChangeBlocked(uint256 blockers);

    /// @notice This veto path has already stopped a change in this epoch.
    error ChangeVetoUsed(uint256 path);

    /// @notice The path has another right than the action needs.
    error PathRightMismatch(Right actual, Right expected);

    /// @notice The approvals were good until `deadline`, in seconds since 1970.
    error DeadlinePassed(uint256 deadline);

    /// @notice A request of this path is open until `expiresAt`; one at a time.
    error RecoveryAlreadyStarted(uint256 path, uint256 expiresAt);

    /// @notice The path has no open request, or another one than the one named.
    error RecoveryNotStarted(uint256 path);

    /// @notice The request is not the one that was started: path, owners or threshold differ.
    error RecoveryMismatch(uint256 path);

    /// @notice A request is not ready yet: it can be finalized in `[readyAt, expiresAt)`.
    /// @param readyAt   Start of the window, in seconds since 1970.
    /// @param expiresAt End of the window, exclusive.
    error RecoveryNotReady(uint256 readyAt, uint256 expiresAt);

    /// @notice The request is over since `expiresAt`: it can only be cleared.
    error RecoveryExpired(uint256 expiresAt);

    /// @notice The request can still be finalized, so nobody may clear it.
    error RecoveryStillOpen(uint256 expiresAt);

    /// @notice The owner may not cancel requests of this path.
    error RecoveryNotCancellable(uint256 path);

    /// @notice Requests of this path cannot be vetoed.
    error RecoveryNotVetoable(uint256 path);

    /// @notice The path has used up its 32,767 nonces of this epoch; a change of policy gives it new ones.
    error RecoveryNonceExhausted();

    /// @notice The owner has been active too lately, or the clock was never set.
    /// @param lastActive What the clock says, in seconds since 1970; 0 if never set.
    /// @param inactivity Seconds of silence that the path asks for.
    error RecoveryNotInactive(uint256 lastActive, uint256 inactivity);

    /// @notice The account was called, but its owners are not the ones asked for. Nothing has changed.
    error RotationFailed(address account);

    /* ------------------------------------------- policy -------------------------------------------- */

    /// @notice Sets the caller's first policy, or one after removal.
    /// @param changeDelay Seconds a later change waits: 1 to 90 whole days.
    /// @param paths       The policy's structure.
    function configure(uint256 changeDelay, Path[] calldata paths) external;

    /// @notice Schedules another policy for the caller, to take effect after the present change delay. Replaces a
    /// change that is pending, and starts its time anew.
    function scheduleChange(uint256 changeDelay, Path[] calldata paths) external;

    /// @notice Schedules the removal of the caller's policy, as slowly as any other change.
    function scheduleRemoval() external;

    /// @notice Drops the caller's pending change.
    /// @param policyHash What it would have changed to, 0 for removal.
    /// @param eta        When it would have been possible, in seconds since 1970.
    function dropChange(bytes24 policyHash, uint256 eta) external;

    /// @notice Stops the pending change of policy with the quorum of a veto path, which can do so once an epoch.
    function vetoChange(
        address account,
        PathProof calldata proof,
        uint256 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice Lets a scheduled change take effect, in `[eta, eta + 30 days)`. Anybody may.
    function applyChange(address account) external;

    /// @notice Emits the structure of the policy in force again. Anybody may.
    function publish(address account, uint256 changeDelay, Path[] calldata paths) external;

    /* ------------------------------------------ requests ------------------------------------------- */

    /// @notice Starts a request with the whole quorum of a path. Anybody may submit it.
    /// @param account   The account.
    /// @param proof     The path and what shows that it is in force.
    /// @param owners    The new owners: 1 to 32 ERC-7913 signers, strictly sorted by keccak256.
    /// @param threshold How many of them will have to sign.
    /// @param deadline  Until when the approvals are good, in seconds since 1970.
    /// @param approvals Strictly sorted by keccak256(signer).
    function start(
        address account,
        PathProof calldata proof,
        bytes[] calldata owners,
        uint256 threshold,
        uint256 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice Stops a request of the caller, if its path lets the owner cancel. It is named by its id, so that a call
    /// that comes late hits no other one.
    /// @param epoch The account's epoch.
    /// @param path  Position of the path in the policy.
    /// @param nonce The request's nonce.
    function cancel(uint256 epoch, uint256 path, uint256 nonce) external;

    /// @notice Stops a request with the quorum of its own path.
    function cancelByQuorum(
        address account,
        PathProof calldata proof,
        uint256 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice Stops a vetoable request with the quorum of a veto path.
    /// @param account     The account.
    /// @param proof       The veto path.
    /// @param requestPath The path whose request is stopped.
    /// @param deadline    Until when the approvals are good, in seconds since 1970.
    /// @param approvals   Strictly sorted by keccak256(signer).
    function vetoRequest(
        address account,
        PathProof calldata proof,
        uint256 requestPath,
        uint256 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice Clears a request that is expired. Anybody may.
    function clearExpired(address account, uint256 path) external;

    /// @notice Clears a request of an inactivity path whose owner has come back. Anybody may.
    function clearActive(
        address account,
        uint256 path,
        Path calldata structure,
        bytes[] calldata owners,
        uint256 threshold
    ) external;

    /// @notice Replaces the owners as a ready request says. Anybody may.
    /// @param account   The account.
    /// @param path      Position of the path in the policy.
    /// @param structure The path.
    /// @param owners    The new owners, as they were when the request was started.
    /// @param threshold How many of them will have to sign.
    function finalize(
        address account,
        uint256 path,
        Path calldata structure,
        bytes[] calldata owners,
        uint256 threshold
    ) external;

    /* ------------------------------------- approvals and clock ------------------------------------- */

    /// @notice Approves a digest on-chain, for signers that cannot sign. It counts like a signature of the caller.
    function approveDigest(bytes32 digest) external;

    /// @notice Takes the caller's on-chain approval back.
    function revokeDigest(bytes32 digest) external;

    /// @notice Shows that the caller's owner is alive. Also works while the account is frozen.
    function heartbeat() external;

    /* -------------------------------------------- views -------------------------------------------- */

    /// @notice The policy of an account.
    /// @return policyHash  First 24 bytes of its hash, 0 for none.
    /// @return epoch       Moves with every policy that takes effect and every recovery.
    /// @return changeDelay Seconds a change waits.
    /// @return blockers    Open requests that hold up changes.
    function policyOf(
        address account
    ) external view returns (bytes24 policyHash, uint256 epoch, uint256 changeDelay, uint256 blockers);

    /// @notice The request of a path, in the account's present epoch.
    /// @return state     Where it stands now.
    /// @return nonce     Its nonce, which with epoch and path is its id; without a request the next one's, less one.
    /// @return readyAt   In seconds since 1970, 0 if idle.
    /// @return expiresAt In seconds since 1970, 0 if idle.
    function requestOf(
        address account,
        uint256 path
    ) external view returns (RequestState state, uint256 nonce, uint256 readyAt, uint256 expiresAt);

    /// @notice The change of policy that is pending.
    /// @return policyHash What it changes to, 0 for removal.
    /// @return eta        When it can be applied, for 30 days, in seconds since 1970; 0 if nothing is pending.
    function changeOf(address account) external view returns (bytes24 policyHash, uint256 eta);

    /// @notice When the owner was last active, in seconds since 1970; may lie ahead, 0 if never seen.
    function lastActiveOf(address account) external view returns (uint256);

    /// @notice Whether `signer` has approved `digest` on-chain.
    function isApproved(address signer, bytes32 digest) external view returns (bool);

    /// @notice The account's raw words, for readers of many: policy, change, then the requests of paths 0 to `paths` - 1.
    function slotsOf(address account, uint256 paths) external view returns (uint256[] memory words);

    /// @notice Checks a structure as {configure} does and hashes it (all 32 bytes).
    function hashPolicy(uint256 changeDelay, Path[] calldata paths) external view returns (bytes32);

    /// @notice What guardians sign to start a request. Reverts if the path is not in force.
    function recoverDigest(
        address account,
        PathProof calldata proof,
        bytes[] calldata owners,
        uint256 threshold,
        uint256 deadline
    ) external view returns (bytes32);

    /// @notice What guardians sign to cancel their own path's open request.
    function cancelDigest(address account, PathProof calldata proof, uint256 deadline) external view returns (bytes32);

    /// @notice What a veto path signs to stop the open request of `requestPath`.
    function vetoRequestDigest(
        address account,
        PathProof calldata proof,
        uint256 requestPath,
        uint256 deadline
    ) external view returns (bytes32);

    /// @notice What a veto path signs to stop the pending change of policy.
    function vetoChangeDigest(
        address account,
        PathProof calldata proof,
        uint256 deadline
    ) external view returns (bytes32);
}
