// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRecoveryLens} from "../interfaces/IRecoveryLens.sol";
import {IRecoveryModule} from "../interfaces/IRecoveryModule.sol";
import {IWalletRecoveryModule} from "../interfaces/IWalletRecoveryModule.sol";
import {RequestSlot} from "../libraries/RequestSlot.sol";

/// @title RecoveryLens
/// @notice See {IRecoveryLens}. Holds nothing and can do nothing: it only reads modules.
contract RecoveryLens is IRecoveryLens {
    uint256 private constant HEAD_WORDS = 5;
    /// @dev Several times what a wallet needs to answer.
    uint256 private constant CLOCK_GAS = 100_000;

    /// @inheritdoc IRecoveryLens
    function read(
        IRecoveryModule module,
        bytes calldata accounts,
        uint256 paths
    ) external view returns (uint256[] memory words) {
        if (accounts.length % 20 != 0) revert LensAccountsInvalid(accounts.length);
        uint256 count = accounts.length / 20;
        uint256 width = HEAD_WORDS + paths;
        words = new uint256[](count * width);
        for (uint256 i = 0; i < count; ++i) {
            address account = address(bytes20(accounts[i * 20:]));
            uint256 at = i * width;
            uint256[] memory slots = module.slotsOf(account, paths);
            words[at + 1] = slots[0];
            words[at + 2] = slots[1];
            for (uint256 j = 0; j < paths; ++j) words[at + HEAD_WORDS + j] = slots[2 + j];
            (words[at], words[at + 3]) = _clock(module, account);
            FreezeStatus memory frozen = _freeze(module, account);
            words[at + 4] = (frozen.until << 32) | frozen.coolUntil;
        }
    }

    /// @inheritdoc IRecoveryLens
    function status(
        IRecoveryModule module,
        address account,
        uint256 paths
    ) external view returns (AccountStatus memory result) {
        (result.policyHash, result.epoch, result.changeDelay, result.blockers) = module.policyOf(account);
        (result.changePolicyHash, result.changeEta) = module.changeOf(account);
        uint256 known;
        (known, result.lastActive) = _clock(module, account);
        result.readable = known != 0;
        result.freeze = _freeze(module, account);
        result.time = block.timestamp;
        result.requests = new RequestStatus[](paths);
        uint256[] memory slots = module.slotsOf(account, paths);
        for (uint256 i = 0; i < paths; ++i) {
            RequestStatus memory request = result.requests[i];
            RequestSlot slot = RequestSlot.wrap(slots[2 + i]);
            (request.state, request.nonce, request.readyAt, request.expiresAt) = module.requestOf(account, i);
            (request.ownerCancels, request.vetoable) = (slot.ownerCancels(), slot.vetoable());
            request.blocks = slot.blocks();
        }
    }

    /// @dev One account that cannot be read (no code, or code that answers nothing or burns gas) must not hide the
    /// others.
    function _clock(
        IRecoveryModule module,
        address account
    ) private view returns (uint256 known, uint256 lastActive) {
        try module.lastActiveOf{gas: CLOCK_GAS}(account) returns (uint256 time) {
            (known, lastActive) = (1, time);
        } catch {}
    }

    /// @dev Zeros where the module knows no freezes, or the account cannot be read.
    function _freeze(
        IRecoveryModule module,
        address account
    ) private view returns (FreezeStatus memory result) {
        try IWalletRecoveryModule(address(module)).freezeOf{gas: CLOCK_GAS}(account) returns (
            uint256 until,
            uint256 coolUntil,
            uint256 epoch,
            uint256 path,
            uint256 nonce
        ) {
            result = FreezeStatus(until, coolUntil, epoch, path, nonce);
        } catch {}
    }
}
