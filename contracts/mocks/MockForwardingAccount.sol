// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice The least that can have a policy: forwards whatever it is called with to its module.
contract MockForwardingAccount {
    address public immutable module;

    constructor(address module_) {
        module = module_;
    }

    function recordActivity() external {}

    fallback() external {
        (bool success, bytes memory result) = module.call(msg.data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }
}
