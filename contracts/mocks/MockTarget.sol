// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice What a wallet's batch calls: it remembers, refuses, or passes a call on.
contract MockTarget {
    error MockRefused(uint256 reason);

    uint256[] public notes;

    function note(uint256 number) external payable {
        notes.push(number);
    }

    function count() external view returns (uint256) {
        return notes.length;
    }

    function refuse(uint256 reason) external pure {
        revert MockRefused(reason);
    }

    function refuseSilently() external pure {
        // solhint-disable-next-line gas-custom-errors
        revert();
    }

    /// @notice Calls somebody else, whatever becomes of it.
    function pass_(address to, bytes calldata data) external {
        (bool success, ) = to.call(data);
        notes.push(success ? 1 : 0);
    }
}
