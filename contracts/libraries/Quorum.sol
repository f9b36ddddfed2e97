// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IApprovalErrors, IOwnersErrors} from "../interfaces/IQuorumErrors.sol";
import {Path} from "./Policy.sol";

/// @notice One guardian's yes: the opening of its commitment, and a signature over the digest.
/// @dev An empty signature of a 20-byte signer counts if that signer approved the digest on-chain.
struct Approval {
    uint8 index; // which member of the path
    uint32 weight;
    bytes32 salt;
    bytes signer; // ERC-7913: an address, or a verifier's address followed by a key
    bytes signature;
}

/// @title Quorum
/// @notice Who has signed, in two faces: owners (true or false, never a revert) and guardians (reverts, with the
/// position of the first bad approval). Both rest on one check of one ERC-7913 signer.
library Quorum {
    uint256 internal constant MAX_OWNERS = 32;
    /// @dev Room for an RSA key of 4,096 bits with its verifier; without a limit, a request could be started whose
    /// finalizing needs more gas than a block has.
    uint256 internal constant MAX_OWNER_LENGTH = 1024;

    /* ------------------------------------------- owners ------------------------------------------- */

    /// @notice Refuses owners that could not act for `account` now, or that would be the account itself.
    /// @param account   The account that they would own.
    /// @param owners    ERC-7913 signers.
    /// @param threshold How many of them must sign.
    function validateOwners(address account, bytes[] calldata owners, uint256 threshold) internal view {
        validateList(owners, threshold);
        for (uint256 i = 0; i < owners.length; ++i) {
            address target = address(bytes20(owners[i]));
            if (target == account || (owners[i].length > 20 && target.code.length == 0)) {
                revert IOwnersErrors.OwnerInvalid(i);
            }
        }
    }

    /// @notice Refuses owners that could act for no account on any chain.
    function validateList(bytes[] calldata owners, uint256 threshold) internal pure {
        if (owners.length == 0 || owners.length > MAX_OWNERS) revert IOwnersErrors.OwnersCountInvalid(owners.length);
        if (threshold == 0 || threshold > owners.length) {
            revert IOwnersErrors.OwnersThresholdInvalid(threshold, owners.length);
        }
        bytes32 last;
        for (uint256 i = 0; i < owners.length; ++i) {
            bytes calldata owner = owners[i];
            bytes32 id = keccak256(owner);
            if (id <= last) revert IOwnersErrors.OwnersUnsorted(i);
            last = id;
            if (owner.length < 20 || owner.length > MAX_OWNER_LENGTH || bytes20(owner) == 0) {
                revert IOwnersErrors.OwnerInvalid(i);
            }
        }
    }

    /// @notice Hash of a set of owners, of which a wallet keeps the first 24 bytes.
    /// @dev keccak256(threshold u8 ‖ count u8 ‖ (length u16 ‖ owner)*): the head of every proof, see {checkOwners}. Owners
    /// that {validateOwners} would refuse may revert here, but never share a hash with others.
    function hashOwners(bytes[] calldata owners, uint256 threshold) internal pure returns (bytes32 hash) {
        if (threshold > type(uint8).max || owners.length > type(uint8).max) {
            revert IOwnersErrors.OwnersThresholdInvalid(threshold, owners.length);
        }
        uint256 start;
        uint256 end;
        assembly ("memory-safe") {
            start := mload(0x40)
            mstore8(start, threshold)
            mstore8(add(start, 1), owners.length)
            end := add(start, 2)
            mstore(0x40, end)
        }
        for (uint256 i = 0; i < owners.length; ++i) {
            bytes calldata owner = owners[i];
            if (owner.length > type(uint16).max) revert IOwnersErrors.OwnerInvalid(i);
            assembly ("memory-safe") {
                mstore8(end, shr(8, owner.length))
                mstore8(add(end, 1), owner.length)
                calldatacopy(add(end, 2), owner.offset, owner.length)
                end := add(add(end, 2), owner.length)
                mstore(0x40, end)
            }
        }
        assembly ("memory-safe") {
            hash := keccak256(start, sub(end, start))
            mstore(0x40, and(add(end, 0x1f), not(0x1f))) // words begin at whole words again
        }
    }

    /// @notice Whether the owners behind `ownersHash` have signed `digest`.
    /// @dev Never reverts and checks every signature that is there, so that gas is estimated right and a bundler gets
    /// a failure (ERC-4337). The proof is packed:
    ///
    ///   threshold u8 ‖ count u8 ‖ (length u16 ‖ owner)*count ‖ signing u32 ‖ (length u16 ‖ signature)*
    ///
    /// Bit i of `signing` says that owner i has signed; signatures stand in the order of the owners. All of them must
    /// be valid, reach the threshold, and end where the proof ends.
    function checkOwners(bytes24 ownersHash, bytes32 digest, bytes calldata proof) internal view returns (bool) {
        if (ownersHash == 0 || proof.length < 2) return false;
        uint256 count = uint8(proof[1]);
        uint256 end = 2;
        for (uint256 i = 0; i < count; ++i) {
            (end, ) = _next(proof, end);
            if (end == 0) return false;
        }
        if (bytes24(keccak256(proof[:end])) != ownersHash || proof.length < end + 4) return false;
        uint256 signing = uint32(bytes4(proof[end:]));
        end += 4;

        // The hash fits, so from here on count, threshold and owners are the wallet's.
        bool valid = true;
        uint256 signed = 0;
        uint256 position = 2;
        for (uint256 i = 0; i < count; ++i) {
            bytes calldata owner;
            (position, owner) = _next(proof, position);
            if ((signing >> i) & 1 == 0) continue;
            bytes calldata signature;
            (end, signature) = _next(proof, end);
            if (end == 0) return false;
            if (!isValidSignature(owner, digest, signature)) valid = false;
            ++signed;
        }
        return valid && signed >= uint8(proof[0]) && signing >> count == 0 && end == proof.length;
    }

    /// @dev Reads length and bytes at `start`. End 0 means that the proof is too short.
    function _next(bytes calldata proof, uint256 start) private pure returns (uint256 end, bytes calldata item) {
        if (proof.length < start + 2) return (0, proof[:0]);
        end = start + 2 + uint16(bytes2(proof[start:]));
        if (proof.length < end) return (0, proof[:0]);
        return (end, proof[start + 2:end]);
    }

    /* ------------------------------------------ guardians ------------------------------------------ */

    /// @notice Reverts unless members of `path` whose weights reach its threshold have approved `digest`.
    /// @param account   The account that is being recovered: it never counts as its own guardian.
    /// @param path      The path, already proved to belong to the account's policy.
    /// @param digest    What they approve.
    /// @param approvals Strictly sorted by keccak256(signer).
    /// @param approved  Digests approved on-chain, by signer.
    function requireApprovals(
        address account,
        Path calldata path,
        bytes32 digest,
        Approval[] calldata approvals,
        mapping(address signer => mapping(bytes32 digest => bool)) storage approved
    ) internal view {
        bytes32[] calldata members = path.members;
        uint256 weight = 0;
        bytes32 last;
        for (uint256 i = 0; i < approvals.length; ++i) {
            Approval calldata approval = approvals[i];
            bytes calldata signer = approval.signer;
            bytes32 id = keccak256(signer);
            if (id <= last) revert IApprovalErrors.ApprovalsUnsorted(i);
            last = id;
            if (
                approval.index >= members.length ||
                members[approval.index] != keccak256(abi.encode(approval.salt, approval.weight, id))
            ) revert IApprovalErrors.ApprovalNotFromMember(i);
            address target = address(bytes20(signer));
            bool onChain = approval.signature.length == 0 && signer.length == 20 && approved[target][digest];
            if (target == account || !(onChain || isValidSignature(signer, digest, approval.signature))) {
                revert IApprovalErrors.ApprovalInvalid(i);
            }
            weight += approval.weight;
        }
        if (weight < path.threshold) revert IApprovalErrors.ApprovalsInsufficient(weight, path.threshold);
    }

    /* ------------------------------------------- signers ------------------------------------------- */

    /// @notice Whether an ERC-7913 signer has signed `digest`.
    /// @dev ECDSA before ERC-1271, so that an EOA delegated by EIP-7702 still signs with its key. A verifier needs
    /// code: a precompile or an empty address would accept anything. Returned data is read to 32 bytes at most.
    function isValidSignature(
        bytes calldata signer,
        bytes32 digest,
        bytes calldata signature
    ) internal view returns (bool) {
        address target = address(bytes20(signer));
        if (signer.length == 20) {
            (address recovered, ECDSA.RecoverError error, ) = ECDSA.tryRecoverCalldata(digest, signature);
            if (error == ECDSA.RecoverError.NoError && recovered == target) return true;
            return SignatureChecker.isValidERC1271SignatureNowCalldata(target, digest, signature);
        }
        if (signer.length < 20 || target.code.length == 0) return false;
        (bool success, bytes32 result, ) = LowLevelCall.staticcallReturn64Bytes(
            target,
            abi.encodeCall(IERC7913SignatureVerifier.verify, (signer[20:], digest, signature))
        );
        return
            success &&
            LowLevelCall.returnDataSize() >= 32 &&
            result == bytes32(IERC7913SignatureVerifier.verify.selector);
    }
}
