// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @notice Tokens for everybody, sent so that the receiver must agree.
contract MockERC721 is ERC721("Mock", "MOCK") {
    function mint(address to, uint256 id) external {
        _safeMint(to, id);
    }
}

/// @notice See {MockERC721}.
contract MockERC1155 is ERC1155("") {
    function mint(address to, uint256[] calldata ids, uint256[] calldata values) external {
        if (ids.length == 1) _mint(to, ids[0], values[0], "");
        else _mintBatch(to, ids, values, "");
    }
}
