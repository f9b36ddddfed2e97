// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRecoveryModule} from "./IRecoveryModule.sol";

/// @title IRecoveryLens
/// @notice Reads many accounts in one call, or one account in words. For `eth_call`.
interface IRecoveryLens {
    /// @notice Where the request of one path stands; see {IRecoveryModule.requestOf}.
    struct RequestStatus {
        IRecoveryModule.RequestState state;
        uint256 nonce;
        uint256 readyAt;
        uint256 expiresAt;
        bool ownerCancels; // these three only while a request is open
        bool vetoable;
        bool blocks;
    }

    /// @notice The last freeze; see {IWalletRecoveryModule.freezeOf}. Epoch, path and nonce are its id.
    struct FreezeStatus {
        uint256 until;
        uint256 coolUntil;
        uint256 epoch;
        uint256 path;
        uint256 nonce;
    }

    /// @notice One account. Times are in seconds since 1970, 0 for none.
    struct AccountStatus {
        uint256 time; // of the block this was read at
        bool readable; // whether the account could be asked for its clock
        bytes24 policyHash;
        uint256 epoch;
        uint256 changeDelay;
        uint256 blockers;
        bytes24 changePolicyHash;
        uint256 changeEta;
        uint256 lastActive;
        FreezeStatus freeze;
        RequestStatus[] requests;
    }

    /// @notice Accounts come as 20 bytes each.
    error LensAccountsInvalid(uint256 length);

    /// @notice Many accounts, 5 + `paths` words for each:
    /// 1 if its clock could be read | policy slot | change slot | last active | frozen until << 32 + cool until |
    /// request slots of paths 0 to `paths` - 1. The slots are packed as {IRecoveryModule.slotsOf} returns them.
    function read(
        IRecoveryModule module,
        bytes calldata accounts,
        uint256 paths
    ) external view returns (uint256[] memory words);

    /// @notice One account, unpacked.
    function status(
        IRecoveryModule module,
        address account,
        uint256 paths
    ) external view returns (AccountStatus memory);
}
