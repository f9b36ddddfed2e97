// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {RecoveryModule} from "../RecoveryModule.sol";
import {IPolicyErrors} from "../interfaces/IPolicyErrors.sol";
import {IRecoveryWallet} from "../interfaces/IRecoveryWallet.sol";
import {IWalletRecoveryModule} from "../interfaces/IWalletRecoveryModule.sol";
import {Messages} from "../libraries/Messages.sol";
import {Path, PathProof, Right} from "../libraries/Policy.sol";
import {PolicySlot} from "../libraries/PolicySlot.sol";
import {Approval, Quorum} from "../libraries/Quorum.sol";

/// @title WalletRecoveryModule
/// @notice The head for {IRecoveryWallet}s. The wallet keeps its own clock, so that its use costs no call here, and
/// its own freeze, so that it reads no foreign storage in validation (ERC-7562).
contract WalletRecoveryModule is RecoveryModule, IWalletRecoveryModule {
    struct FreezeSlot {
        uint32 coolUntil;
        uint32 epoch;
        uint8 path;
        uint16 nonce;
    }

    mapping(address account => FreezeSlot) private _freezes; // outlives epochs

    /* ------------------------------------------- freeze -------------------------------------------- */

    /// @inheritdoc IWalletRecoveryModule
    function freeze(
        address account,
        PathProof calldata proof,
        uint256 deadline,
        Approval[] calldata approvals
    ) external {
        uint256 coolUntil = _freezes[account].coolUntil;
        if (block.timestamp < coolUntil) revert FreezeCoolingDown(coolUntil);
        (PolicySlot policy, bytes32 digest) = _freezeDigest(account, proof, deadline);
        _requireQuorum(account, proof, digest, deadline, approvals);

        uint256 nonce = _useNonce(account, policy.epoch(), proof.index);
        uint256 until = block.timestamp + proof.path.window;
        coolUntil = until + proof.path.window;
        _freezes[account] = FreezeSlot({
            coolUntil: SafeCast.toUint32(coolUntil),
            epoch: SafeCast.toUint32(policy.epoch()),
            path: proof.index,
            nonce: SafeCast.toUint16(nonce)
        });
        emit AccountFrozen(account, proof.index, policy.epoch(), nonce, until, coolUntil);
        _setFrozenUntil(account, until);
    }

    /// @inheritdoc IWalletRecoveryModule
    function thaw(
        address account,
        PathProof calldata proof,
        uint256 deadline,
        Approval[] calldata approvals
    ) external {
        (PolicySlot policy, bytes32 digest) = _thawDigest(account, proof, deadline);
        _requireQuorum(account, proof, digest, deadline, approvals);
        emit AccountThawed(account, proof.index, policy.epoch(), _freezes[account].nonce);
        _setFrozenUntil(account, 0);
    }

    /// @inheritdoc IWalletRecoveryModule
    function freezeOf(
        address account
    ) external view returns (uint256 until, uint256 coolUntil, uint256 epoch, uint256 path, uint256 nonce) {
        FreezeSlot memory last = _freezes[account];
        return (IRecoveryWallet(account).frozenUntil(), last.coolUntil, last.epoch, last.path, last.nonce);
    }

    /// @inheritdoc IWalletRecoveryModule
    function freezeDigest(
        address account,
        PathProof calldata proof,
        uint256 deadline
    ) external view returns (bytes32 digest) {
        (, digest) = _freezeDigest(account, proof, deadline);
    }

    /// @inheritdoc IWalletRecoveryModule
    function thawDigest(address account, PathProof calldata proof, uint256 deadline) external view returns (bytes32 digest) {
        (, digest) = _thawDigest(account, proof, deadline);
    }

    function _freezeDigest(
        address account,
        PathProof calldata proof,
        uint256 deadline
    ) private view returns (PolicySlot policy, bytes32 digest) {
        bytes32 pathHash;
        (policy, pathHash) = _prove(account, proof, Right.Freeze);
        uint256 nonce = _pathNonce(account, policy.epoch(), proof.index);
        digest = _hashTypedDataV4(
            Messages.freeze(account, policy.epoch(), proof.index, pathHash, nonce, deadline)
        );
    }

    function _thawDigest(
        address account,
        PathProof calldata proof,
        uint256 deadline
    ) private view returns (PolicySlot policy, bytes32 digest) {
        bytes32 pathHash;
        (policy, pathHash) = _prove(account, proof, Right.Freeze);
        FreezeSlot memory last = _freezes[account];
        if (
            last.epoch != policy.epoch() ||
            last.path != proof.index ||
            IRecoveryWallet(account).frozenUntil() <= block.timestamp
        ) revert FreezeNotFound(account);
        digest = _hashTypedDataV4(
            Messages.thaw(account, policy.epoch(), proof.index, pathHash, last.nonce, deadline)
        );
    }

    function _setFrozenUntil(address account, uint256 until) private {
        IRecoveryWallet(account).setFrozenUntil(until);
        if (IRecoveryWallet(account).frozenUntil() != until) revert FreezeFailed(account);
    }

    /* -------------------------------------------- head --------------------------------------------- */

    /// @inheritdoc RecoveryModule
    function _requireEnabled(address account) internal view override {
        if (account.code.length == 0 || IRecoveryWallet(account).module() != address(this)) {
            revert ModuleNotEnabled(account);
        }
    }

    /// @inheritdoc RecoveryModule
    function _validatePath(uint256 index, Path calldata path) internal pure override {
        if (path.extra != 0) revert IPolicyErrors.PathUnsupported(index);
    }

    /// @inheritdoc RecoveryModule
    /// @dev A wallet's module is part of its code: there is nothing that could have changed since {configure}.
    function _requireStartable(address, Path calldata) internal pure override {}

    /// @inheritdoc RecoveryModule
    /// @dev A wallet takes whatever {Quorum} accepts.
    function _validateOwners(address, Path calldata, bytes[] calldata, uint256) internal pure override {}

    /// @inheritdoc RecoveryModule
    function _lastActive(address account) internal view override returns (uint256) {
        return IRecoveryWallet(account).lastActive();
    }

    /// @inheritdoc RecoveryModule
    /// @dev A new wallet has done so itself; an EOA that delegates to one may configure long after it was last active.
    function _resetClock(address account) internal override {
        IRecoveryWallet(account).recordActivity();
    }

    /// @inheritdoc RecoveryModule
    /// @dev A batch of the wallet has recorded itself; a plain call of an EOA that delegates to it has not.
    function _recordHeartbeat(address account) internal override {
        IRecoveryWallet(account).recordActivity();
    }

    /// @inheritdoc RecoveryModule
    /// @dev The wallet thaws itself and begins its owners' time anew.
    function _rotate(
        address account,
        Path calldata,
        bytes[] calldata owners,
        uint256 threshold
    ) internal override {
        IRecoveryWallet(account).recoverOwners(owners, threshold);
        if (IRecoveryWallet(account).ownersHash() != bytes24(Quorum.hashOwners(owners, threshold))) {
            revert RotationFailed(account);
        }
    }
}
