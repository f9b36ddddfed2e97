// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A contract guardian that accepts an empty signature on purpose, for digests its members agreed on before.
contract MockSafeguard is IERC1271 {
    mapping(bytes32 digest => bool) public agreed;

    function agree(bytes32 digest) external {
        agreed[digest] = true;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return signature.length == 0 && agreed[digest] ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
