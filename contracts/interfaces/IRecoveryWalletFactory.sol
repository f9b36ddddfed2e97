// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Path} from "../libraries/Policy.sol";

/// @title IRecoveryWalletFactory
/// @notice Creates {IRecoveryWallet}s at addresses that commit to their first owners, their policy and their module.
interface IRecoveryWalletFactory {
    /// @notice A wallet was created.
    event WalletCreated(address indexed wallet);

    /// @notice Creates the wallet of these owners and this policy, or returns it if it exists. Anybody may.
    /// @param owners      ERC-7913 signers, strictly sorted by keccak256.
    /// @param threshold   How many of them must sign.
    /// @param changeDelay Seconds a change of policy waits.
    /// @param paths       The policy's structure.
    function createWallet(
        bytes[] calldata owners,
        uint256 threshold,
        uint256 changeDelay,
        Path[] calldata paths
    ) external returns (address wallet);

    /// @notice Where {createWallet} puts, or has put, that wallet. Reverts where it would refuse to.
    function walletAddress(
        bytes[] calldata owners,
        uint256 threshold,
        uint256 changeDelay,
        Path[] calldata paths
    ) external view returns (address);

    /// @notice The code that the wallets run, and to which an EOA may delegate (EIP-7702).
    function implementation() external view returns (address);

    /// @notice The module that can recover the wallets.
    function module() external view returns (address);
}
