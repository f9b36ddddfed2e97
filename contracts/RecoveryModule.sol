// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IRecoveryModule} from "./interfaces/IRecoveryModule.sol";
import {Messages} from "./libraries/Messages.sol";
import {Path, PathProof, Policy, Right} from "./libraries/Policy.sol";
import {PolicySlot, PolicySlots} from "./libraries/PolicySlot.sol";
import {Approval, Quorum} from "./libraries/Quorum.sol";
import {RequestSlot, RequestSlots} from "./libraries/RequestSlot.sol";

/// @title RecoveryModule
/// @notice The state machine of recovery, for every kind of account. A head for each kind says how owners are rotated
/// and how activity is read. One contract a chain; no admin, no upgrade, no pause; it calls only the account.
/// @dev Requests and changes are keyed by epoch, so moving the epoch kills them all without touching them.
abstract contract RecoveryModule is IRecoveryModule, EIP712, Multicall {
    struct ChangeSlot {
        bytes24 hash; // 0 is removal
        uint32 eta; // 0 is nothing pending
        uint8 changeDelayDays; // of the policy to come
    }

    uint256 private constant CHANGE_WINDOW = 30 days;

    mapping(address account => PolicySlot) private _policies;
    mapping(uint256 key => RequestSlot) private _requests; // see _requestKey
    mapping(uint256 key => ChangeSlot) private _changes; // see _changeKey
    mapping(address signer => mapping(bytes32 digest => bool)) private _approved;

    constructor() EIP712("RecoveryModule", "1") {}

    /* ------------------------------------------- policy -------------------------------------------- */

    /// @inheritdoc IRecoveryModule
    function configure(uint256 changeDelay, Path[] calldata paths) external {
        PolicySlot policy = _policies[msg.sender];
        if (policy.hash() != 0) revert PolicyAlreadyConfigured(msg.sender);
        _requireEnabled(msg.sender);
        bytes24 policyHash = bytes24(hashPolicy(changeDelay, paths));
        uint256 epoch = _setPolicy(msg.sender, policyHash, policy.epoch(), changeDelay);
        emit PolicyConfigured(msg.sender, epoch, changeDelay, paths);
        _resetClock(msg.sender);
    }

    /// @inheritdoc IRecoveryModule
    function scheduleChange(uint256 changeDelay, Path[] calldata paths) external {
        bytes24 policyHash = bytes24(hashPolicy(changeDelay, paths));
        (uint256 epoch, uint256 eta) = _schedule(policyHash, changeDelay);
        emit PolicyChangeScheduled(msg.sender, epoch, eta, changeDelay, paths);
    }

    /// @inheritdoc IRecoveryModule
    function scheduleRemoval() external {
        (uint256 epoch, uint256 eta) = _schedule(0, 0);
        emit PolicyChangeScheduled(msg.sender, epoch, eta, 0, new Path[](0));
    }

    /// @inheritdoc IRecoveryModule
    function dropChange(bytes24 policyHash, uint256 eta) external {
        uint256 epoch = _policies[msg.sender].epoch();
        uint256 key = _changeKey(msg.sender, epoch);
        ChangeSlot memory change = _changes[key];
        if (change.eta == 0 || change.eta != eta || change.hash != policyHash) revert ChangeNotPending(msg.sender);
        delete _changes[key];
        emit PolicyChangeDropped(msg.sender, epoch, policyHash, eta);
    }

    /// @inheritdoc IRecoveryModule
    function vetoChange(
        address account,
        PathProof calldata proof,
        uint256 deadline,
        Approval[] calldata approvals
    ) external {
        bytes32 digest = vetoChangeDigest(account, proof, deadline);
        uint256 epoch = _policies[account].epoch();
        uint256 pathKey = _requestKey(account, epoch, proof.index);
        // A second veto would let a corrupted quorum hold up its own removal for ever.
        if (_requests[pathKey].nonce() != 0) revert ChangeVetoUsed(proof.index);
        _requireQuorum(account, proof, digest, deadline, approvals);

        uint256 key = _changeKey(account, epoch);
        ChangeSlot memory change = _changes[key];
        _requests[pathKey] = RequestSlot.wrap(1);
        delete _changes[key];
        emit PolicyChangeVetoed(account, proof.index, epoch, change.hash, change.eta);
    }

    /// @inheritdoc IRecoveryModule
    function applyChange(address account) external {
        PolicySlot policy = _policies[account];
        uint256 key = _changeKey(account, policy.epoch());
        ChangeSlot memory change = _changes[key];
        if (change.eta == 0) revert ChangeNotPending(account);
        uint256 expiresAt = uint256(change.eta) + CHANGE_WINDOW;
        if (block.timestamp < change.eta || block.timestamp >= expiresAt) revert ChangeNotReady(change.eta, expiresAt);
        if (policy.blockers() != 0) revert ChangeBlocked(policy.blockers());

        delete _changes[key];
        uint256 epoch = _setPolicy(account, change.hash, policy.epoch(), uint256(change.changeDelayDays) * 1 days);
        emit PolicyChanged(account, epoch, change.hash);
    }

    /// @inheritdoc IRecoveryModule
    function publish(address account, uint256 changeDelay, Path[] calldata paths) external {
        PolicySlot policy = _requirePolicy(account);
        if (bytes24(hashPolicy(changeDelay, paths)) != policy.hash()) revert PolicyMismatch(account);
        emit PolicyPublished(account, policy.epoch(), changeDelay, paths);
    }

    /* ------------------------------------------ requests ------------------------------------------- */

    /// @inheritdoc IRecoveryModule
    function start(
        address account,
        PathProof calldata proof,
        bytes[] calldata owners,
        uint256 threshold,
        uint256 deadline,
        Approval[] calldata approvals
    ) external {
        (PolicySlot policy, bytes32 pathHash) = _prove(account, proof, Right.Rotate);
        Path calldata path = proof.path;
        _requireStartable(account, path);
        Quorum.validateOwners(account, owners, threshold);
        _validateOwners(account, path, owners, threshold);
        if (path.inactivity != 0) _requireInactive(account, path, block.timestamp);

        uint256 key = _requestKey(account, policy.epoch(), proof.index);
        RequestSlot slot = _requests[key];
        if (slot.isOpen()) {
            if (block.timestamp < slot.expiresAt()) revert RecoveryAlreadyStarted(proof.index, slot.expiresAt());
            _close(account, key, slot);
            emit RecoveryCleared(account, proof.index, slot.nonce());
        }
        bytes32 ownersHash = Messages.hashOwners(owners);
        bytes32 digest = _hashTypedDataV4(
            Messages.recover(
                account,
                policy.epoch(),
                proof.index,
                pathHash,
                slot.nonce(),
                ownersHash,
                threshold,
                deadline
            )
        );
        _requireQuorum(account, proof, digest, deadline, approvals);
        slot = _open(account, path, key, slot.nextNonce(), _requestHash(pathHash, ownersHash, threshold));
        emit RecoveryStarted(
            account,
            proof.index,
            slot.nonce(),
            owners,
            threshold,
            slot.readyAt(),
            slot.expiresAt()
        );
    }

    /// @inheritdoc IRecoveryModule
    function cancel(uint256 epoch, uint256 path, uint256 nonce) external {
        (uint256 key, RequestSlot slot) = _requireOpen(msg.sender, path);
        if (_policies[msg.sender].epoch() != epoch || slot.nonce() != nonce) revert RecoveryNotStarted(path);
        if (!slot.ownerCancels()) revert RecoveryNotCancellable(path);
        _close(msg.sender, key, slot);
        emit RecoveryCancelled(msg.sender, path, nonce, msg.sender);
    }

    /// @inheritdoc IRecoveryModule
    function cancelByQuorum(
        address account,
        PathProof calldata proof,
        uint256 deadline,
        Approval[] calldata approvals
    ) external {
        _requireQuorum(account, proof, cancelDigest(account, proof, deadline), deadline, approvals);
        (uint256 key, RequestSlot slot) = _requireOpen(account, proof.index);
        _close(account, key, slot);
        emit RecoveryCancelled(account, proof.index, slot.nonce(), msg.sender);
    }

    /// @inheritdoc IRecoveryModule
    function vetoRequest(
        address account,
        PathProof calldata proof,
        uint256 requestPath,
        uint256 deadline,
        Approval[] calldata approvals
    ) external {
        bytes32 digest = vetoRequestDigest(account, proof, requestPath, deadline);
        _requireQuorum(account, proof, digest, deadline, approvals);
        (uint256 key, RequestSlot slot) = _requireOpen(account, requestPath);
        if (!slot.vetoable()) revert RecoveryNotVetoable(requestPath);
        _close(account, key, slot);
        emit RecoveryVetoed(account, requestPath, slot.nonce(), proof.index);
    }

    /// @inheritdoc IRecoveryModule
    function clearExpired(address account, uint256 path) external {
        (uint256 key, RequestSlot slot) = _requireStarted(account, path);
        if (block.timestamp < slot.expiresAt()) revert RecoveryStillOpen(slot.expiresAt());
        _close(account, key, slot);
        emit RecoveryCleared(account, path, slot.nonce());
    }

    /// @inheritdoc IRecoveryModule
    function clearActive(
        address account,
        uint256 path,
        Path calldata structure,
        bytes[] calldata owners,
        uint256 threshold
    ) external {
        (uint256 key, RequestSlot slot) = _requireStarted(account, path);
        _requireRequest(path, slot, structure, owners, threshold);
        if (structure.inactivity == 0 || _isInactive(account, structure, slot.readyAt() - structure.delay)) {
            revert RecoveryStillOpen(slot.expiresAt());
        }
        _close(account, key, slot);
        emit RecoveryCleared(account, path, slot.nonce());
    }

    /// @inheritdoc IRecoveryModule
    function finalize(
        address account,
        uint256 path,
        Path calldata structure,
        bytes[] calldata owners,
        uint256 threshold
    ) external {
        PolicySlot policy = _policies[account];
        uint256 key = _requestKey(account, policy.epoch(), path);
        RequestSlot slot = _requests[key];
        if (!slot.isOpen()) revert RecoveryNotStarted(path);
        uint256 readyAt = slot.readyAt();
        if (block.timestamp < readyAt) revert RecoveryNotReady(readyAt, slot.expiresAt());
        if (block.timestamp >= slot.expiresAt()) revert RecoveryExpired(slot.expiresAt());
        _requireRequest(path, slot, structure, owners, threshold);
        // Silent when the request began, and since: any activity moves the clock past the start.
        if (structure.inactivity != 0) _requireInactive(account, structure, readyAt - structure.delay);

        _requests[key] = RequestSlot.wrap(0);
        policy = policy.next();
        _policies[account] = policy;
        emit RecoveryFinalized(account, path, policy.epoch());
        _rotate(account, structure, owners, threshold);
    }

    /* ------------------------------------- approvals and clock ------------------------------------- */

    /// @inheritdoc IRecoveryModule
    function approveDigest(bytes32 digest) external {
        _approved[msg.sender][digest] = true;
        emit DigestApproved(msg.sender, digest);
    }

    /// @inheritdoc IRecoveryModule
    function revokeDigest(bytes32 digest) external {
        delete _approved[msg.sender][digest];
        emit DigestRevoked(msg.sender, digest);
    }

    /// @inheritdoc IRecoveryModule
    function heartbeat() external {
        _recordHeartbeat(msg.sender);
        emit Heartbeat(msg.sender);
    }

    /* -------------------------------------------- views -------------------------------------------- */

    /// @inheritdoc IRecoveryModule
    function policyOf(
        address account
    ) external view returns (bytes24 policyHash, uint256 epoch, uint256 changeDelay, uint256 blockers) {
        PolicySlot policy = _policies[account];
        return (policy.hash(), policy.epoch(), policy.changeDelay(), policy.blockers());
    }

    /// @inheritdoc IRecoveryModule
    function requestOf(
        address account,
        uint256 path
    ) external view returns (RequestState state, uint256 nonce, uint256 readyAt, uint256 expiresAt) {
        RequestSlot slot = _requests[_requestKey(account, _policies[account].epoch(), path)];
        if (!slot.isOpen()) return (RequestState.Idle, slot.nonce(), 0, 0);
        (nonce, readyAt, expiresAt) = (slot.nonce(), slot.readyAt(), slot.expiresAt());
        state = block.timestamp < readyAt ? RequestState.Pending : block.timestamp < expiresAt
            ? RequestState.Ready
            : RequestState.Expired;
    }

    /// @inheritdoc IRecoveryModule
    function changeOf(address account) external view returns (bytes24 policyHash, uint256 eta) {
        ChangeSlot memory change = _changes[_changeKey(account, _policies[account].epoch())];
        return (change.hash, change.eta);
    }

    /// @inheritdoc IRecoveryModule
    function lastActiveOf(address account) external view returns (uint256) {
        return _lastActive(account);
    }

    /// @inheritdoc IRecoveryModule
    function isApproved(address signer, bytes32 digest) external view returns (bool) {
        return _approved[signer][digest];
    }

    /// @inheritdoc IRecoveryModule
    function slotsOf(address account, uint256 paths) external view returns (uint256[] memory words) {
        PolicySlot policy = _policies[account];
        ChangeSlot memory change = _changes[_changeKey(account, policy.epoch())];
        words = new uint256[](2 + paths);
        words[0] = PolicySlot.unwrap(policy);
        words[1] = uint256(bytes32(change.hash)) | (uint256(change.eta) << 32) | change.changeDelayDays;
        for (uint256 i = 0; i < paths; ++i) {
            words[2 + i] = RequestSlot.unwrap(_requests[_requestKey(account, policy.epoch(), i)]);
        }
    }

    /// @inheritdoc IRecoveryModule
    function hashPolicy(uint256 changeDelay, Path[] calldata paths) public view returns (bytes32) {
        for (uint256 i = 0; i < paths.length; ++i) _validatePath(i, paths[i]);
        return Policy.validate(changeDelay, paths);
    }

    /// @inheritdoc IRecoveryModule
    function recoverDigest(
        address account,
        PathProof calldata proof,
        bytes[] calldata owners,
        uint256 threshold,
        uint256 deadline
    ) external view returns (bytes32) {
        (PolicySlot policy, bytes32 pathHash) = _prove(account, proof, Right.Rotate);
        uint256 nonce = _requests[_requestKey(account, policy.epoch(), proof.index)].nonce();
        bytes32 ownersHash = Messages.hashOwners(owners);
        return
            _hashTypedDataV4(
                Messages.recover(
                    account,
                    policy.epoch(),
                    proof.index,
                    pathHash,
                    nonce,
                    ownersHash,
                    threshold,
                    deadline
                )
            );
    }

    /// @inheritdoc IRecoveryModule
    function cancelDigest(address account, PathProof calldata proof, uint256 deadline) public view returns (bytes32) {
        (PolicySlot policy, bytes32 pathHash) = _prove(account, proof, Right.Rotate);
        (, RequestSlot slot) = _requireOpen(account, proof.index);
        return
            _hashTypedDataV4(
                Messages.cancel(account, policy.epoch(), proof.index, pathHash, slot.nonce(), deadline)
            );
    }

    /// @inheritdoc IRecoveryModule
    function vetoRequestDigest(
        address account,
        PathProof calldata proof,
        uint256 requestPath,
        uint256 deadline
    ) public view returns (bytes32) {
        (PolicySlot policy, bytes32 pathHash) = _prove(account, proof, Right.Veto);
        (, RequestSlot slot) = _requireOpen(account, requestPath);
        return
            _hashTypedDataV4(
                Messages.vetoRequest(
                    account,
                    policy.epoch(),
                    proof.index,
                    pathHash,
                    requestPath,
                    slot.nonce(),
                    deadline
                )
            );
    }

    /// @inheritdoc IRecoveryModule
    function vetoChangeDigest(
        address account,
        PathProof calldata proof,
        uint256 deadline
    ) public view returns (bytes32) {
        (PolicySlot policy, bytes32 pathHash) = _prove(account, proof, Right.Veto);
        ChangeSlot memory change = _changes[_changeKey(account, policy.epoch())];
        // A change that can no longer be applied needs no veto, and must not use up one.
        if (change.eta == 0 || block.timestamp >= uint256(change.eta) + CHANGE_WINDOW) revert ChangeNotPending(account);
        return
            _hashTypedDataV4(
                Messages.vetoChange(
                    account,
                    policy.epoch(),
                    proof.index,
                    pathHash,
                    change.hash,
                    change.eta,
                    deadline
                )
            );
    }

    /* ----------------------------- what a head says of its kind of account ------------------------- */

    /// @dev Reverts unless `account` lets this module recover it.
    function _requireEnabled(address account) internal view virtual;

    /// @dev Reverts if this kind of account cannot do what the path says.
    function _validatePath(uint256 index, Path calldata path) internal view virtual;

    /// @dev Reverts if a request cannot begin now, for a reason of this kind of account.
    function _requireStartable(address account, Path calldata path) internal view virtual;

    /// @dev Reverts for owners that this kind of account refuses, beyond what {Quorum} refuses for all.
    function _validateOwners(
        address account,
        Path calldata path,
        bytes[] calldata owners,
        uint256 threshold
    ) internal view virtual;

    /// @dev When the owner was last active, in seconds since 1970; 0 if never seen.
    function _lastActive(address account) internal view virtual returns (uint256);

    /// @dev The owner's time begins anew, with the account's first policy.
    function _resetClock(address account) internal virtual;

    /// @dev The account itself says that its owner is alive.
    function _recordHeartbeat(address account) internal virtual;

    /// @dev Replaces the owners, thaws, lets the owners' time begin anew, reads the owners back and reverts unless they
    /// are exactly these.
    function _rotate(
        address account,
        Path calldata path,
        bytes[] calldata owners,
        uint256 threshold
    ) internal virtual;

    /// @dev Whether the owner was silent at `time` for as long as the path asks. An unset clock is never silent.
    function _isInactive(address account, Path calldata path, uint256 time) internal view virtual returns (bool) {
        uint256 lastActive = _lastActive(account);
        return lastActive != 0 && lastActive + path.inactivity <= time;
    }

    /* ------------------------------------------- shared -------------------------------------------- */

    /// @dev The policy in force, and the hash of the path that is proved to be in it.
    function _prove(
        address account,
        PathProof calldata proof,
        Right right
    ) internal view returns (PolicySlot policy, bytes32 pathHash) {
        policy = _requirePolicy(account);
        pathHash = Policy.hashPath(proof.path);
        bytes32 policyHash = Policy.prove(policy.changeDelay(), proof.index, pathHash, proof.others);
        if (bytes24(policyHash) != policy.hash()) revert PolicyMismatch(account);
        if (proof.path.right != right) revert PathRightMismatch(proof.path.right, right);
    }

    /// @dev Reverts unless the quorum of `proof.path` has approved this digest and still may.
    function _requireQuorum(
        address account,
        PathProof calldata proof,
        bytes32 digest,
        uint256 deadline,
        Approval[] calldata approvals
    ) internal view {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);
        Quorum.requireApprovals(account, proof.path, digest, approvals, _approved);
    }

    /// @dev The nonce of a path in an epoch.
    function _pathNonce(address account, uint256 epoch, uint256 path) internal view returns (uint256) {
        return _requests[_requestKey(account, epoch, path)].nonce();
    }

    /// @dev Moves the nonce of a path that has no requests of its own.
    function _useNonce(address account, uint256 epoch, uint256 path) internal returns (uint256 nonce) {
        uint256 key = _requestKey(account, epoch, path);
        nonce = _requests[key].nextNonce();
        _requests[key] = RequestSlot.wrap(nonce);
    }

    function _requirePolicy(address account) private view returns (PolicySlot policy) {
        policy = _policies[account];
        if (policy.hash() == 0) revert PolicyMissing(account);
    }

    function _requireInactive(address account, Path calldata path, uint256 time) private view {
        if (!_isInactive(account, path, time)) revert RecoveryNotInactive(_lastActive(account), path.inactivity);
    }

    function _requireStarted(address account, uint256 path) private view returns (uint256 key, RequestSlot slot) {
        key = _requestKey(account, _policies[account].epoch(), path);
        slot = _requests[key];
        if (!slot.isOpen()) revert RecoveryNotStarted(path);
    }

    /// @dev Pending or ready.
    function _requireOpen(address account, uint256 path) private view returns (uint256 key, RequestSlot slot) {
        (key, slot) = _requireStarted(account, path);
        if (block.timestamp >= slot.expiresAt()) revert RecoveryExpired(slot.expiresAt());
    }

    function _requireRequest(
        uint256 path,
        RequestSlot slot,
        Path calldata structure,
        bytes[] calldata owners,
        uint256 threshold
    ) private pure {
        bytes32 pathHash = Policy.hashPath(structure);
        if (slot.hash() != _requestHash(pathHash, Messages.hashOwners(owners), threshold)) {
            revert RecoveryMismatch(path);
        }
    }

    function _schedule(bytes24 policyHash, uint256 changeDelay) private returns (uint256 epoch, uint256 eta) {
        PolicySlot policy = _requirePolicy(msg.sender);
        epoch = policy.epoch();
        eta = block.timestamp + policy.changeDelay();
        _changes[_changeKey(msg.sender, epoch)] = ChangeSlot({
            hash: policyHash,
            eta: SafeCast.toUint32(eta),
            changeDelayDays: SafeCast.toUint8(changeDelay / 1 days)
        });
    }

    /// @dev An epoch begins: without blockers, and with every key of the old one out of use.
    function _setPolicy(
        address account,
        bytes24 policyHash,
        uint256 oldEpoch,
        uint256 changeDelay
    ) private returns (uint256 epoch) {
        epoch = oldEpoch + 1;
        _policies[account] = PolicySlots.pack(policyHash, epoch, changeDelay);
    }

    function _open(
        address account,
        Path calldata path,
        uint256 key,
        uint256 nonce,
        bytes24 requestHash
    ) private returns (RequestSlot slot) {
        // What neither the owner can cancel nor silence delays is the defence against a thief: while it is under way,
        // the thief must not change the policy beneath it.
        bool blocks = !path.ownerCancels && path.inactivity == 0;
        slot = RequestSlots.open(
            requestHash,
            block.timestamp + path.delay,
            path.window,
            path.ownerCancels,
            path.vetoable,
            blocks,
            nonce
        );
        _requests[key] = slot;
        if (blocks) _policies[account] = _policies[account].withBlocker();
    }

    function _close(address account, uint256 key, RequestSlot slot) private {
        _requests[key] = slot.closed();
        if (slot.blocks()) _policies[account] = _policies[account].withoutBlocker();
    }

    function _requestHash(bytes32 pathHash, bytes32 ownersHash, uint256 threshold) private pure returns (bytes24) {
        return bytes24(keccak256(abi.encode(pathHash, ownersHash, threshold)));
    }

    /// @dev account 160 | epoch 32 | path: no two share a key for any path that a policy can have.
    function _requestKey(address account, uint256 epoch, uint256 path) private pure returns (uint256) {
        return (uint256(uint160(account)) << 96) | (epoch << 64) | SafeCast.toUint64(path);
    }

    function _changeKey(address account, uint256 epoch) private pure returns (uint256) {
        return (uint256(uint160(account)) << 96) | epoch;
    }
}
