// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Quorum} from "../libraries/Quorum.sol";

/// @notice What the module uses of a wallet, told by the test what to say, whether to obey, and what to do while it is
/// called.
contract MockAccount {
    address public module;
    bytes24 public ownersHash;
    uint256 public lastActive;
    uint256 public frozenUntil;

    bool public obeys = true;
    bytes public action;
    bool public actionSucceeded;
    bytes public actionResult;
    uint256 public calls;

    constructor(address module_) {
        module = module_;
    }

    /* ------------------------------------------ the test's ----------------------------------------- */

    function setModule(address module_) external {
        module = module_;
    }

    function setLastActive(uint256 time) external {
        lastActive = time;
    }

    function setObeys(bool obeys_) external {
        obeys = obeys_;
    }

    /// @notice What to call the module with whenever the module calls this account.
    function setAction(bytes calldata action_) external {
        action = action_;
    }

    /// @notice Calls the module as this account.
    function forward(bytes calldata data) external {
        (bool success, bytes memory result) = module.call(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    /* ----------------------------------------- the module's ---------------------------------------- */

    function recoverOwners(bytes[] calldata owners, uint256 threshold) external {
        _act();
        if (!obeys) return;
        ownersHash = bytes24(Quorum.hashOwners(owners, threshold));
        frozenUntil = 0;
    }

    function setFrozenUntil(uint256 until) external {
        _act();
        if (obeys) frozenUntil = until;
    }

    function recordActivity() external {
        _act();
        if (obeys) lastActive = block.timestamp;
    }

    /// @notice Says yes to whatever else it is asked: as a signer (ERC-1271), as a verifier (ERC-7913).
    fallback() external {
        bytes32 yes = bytes32(msg.sig);
        assembly ("memory-safe") {
            mstore(0, yes)
            return(0, 0x20)
        }
    }

    function _act() private {
        if (action.length == 0) return;
        bytes memory data = action;
        delete action;
        ++calls;
        (actionSucceeded, actionResult) = module.call(data);
    }
}
