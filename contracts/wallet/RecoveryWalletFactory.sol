// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

import {IRecoveryModule} from "../interfaces/IRecoveryModule.sol";
import {IRecoveryWallet} from "../interfaces/IRecoveryWallet.sol";
import {IRecoveryWalletFactory} from "../interfaces/IRecoveryWalletFactory.sol";
import {Path, Policy} from "../libraries/Policy.sol";
import {Quorum} from "../libraries/Quorum.sol";
import {RecoveryWallet} from "./RecoveryWallet.sol";

/// @title RecoveryWalletFactory
/// @notice See {IRecoveryWalletFactory}. Deploys the wallet's code itself: so each knows the other for certain, and
/// only wallets of this factory can be given owners without a signature.
contract RecoveryWalletFactory is IRecoveryWalletFactory {
    address private immutable _IMPLEMENTATION;
    address private immutable _MODULE;

    constructor(IRecoveryModule module_) {
        _MODULE = address(module_);
        _IMPLEMENTATION = address(new RecoveryWallet(module_));
    }

    /// @inheritdoc IRecoveryWalletFactory
    function createWallet(
        bytes[] calldata owners,
        uint256 threshold,
        uint256 changeDelay,
        Path[] calldata paths
    ) external returns (address wallet) {
        bytes32 salt = _salt(owners, threshold, changeDelay, paths);
        wallet = Clones.predictDeterministicAddress(_IMPLEMENTATION, salt);
        if (wallet.code.length != 0) return wallet;
        Clones.cloneDeterministic(_IMPLEMENTATION, salt);
        emit WalletCreated(wallet);
        IRecoveryWallet(wallet).initialize(owners, threshold, changeDelay, paths);
    }

    /// @inheritdoc IRecoveryWalletFactory
    function walletAddress(
        bytes[] calldata owners,
        uint256 threshold,
        uint256 changeDelay,
        Path[] calldata paths
    ) external view returns (address) {
        // Whoever sends something to an address ahead must not find that no wallet can ever be created there.
        Quorum.validateList(owners, threshold);
        IRecoveryModule(_MODULE).hashPolicy(changeDelay, paths);
        return
            Clones.predictDeterministicAddress(_IMPLEMENTATION, _salt(owners, threshold, changeDelay, paths));
    }

    /// @inheritdoc IRecoveryWalletFactory
    function implementation() external view returns (address) {
        return _IMPLEMENTATION;
    }

    /// @inheritdoc IRecoveryWalletFactory
    function module() external view returns (address) {
        return _MODULE;
    }

    /// @dev The module is in the salt too, although the implementation's address already commits to it: then the rule
    /// can be read off this line.
    function _salt(
        bytes[] calldata owners,
        uint256 threshold,
        uint256 changeDelay,
        Path[] calldata paths
    ) private view returns (bytes32) {
        return
            keccak256(
                abi.encode(Quorum.hashOwners(owners, threshold), Policy.validate(changeDelay, paths), _MODULE)
            );
    }
}
