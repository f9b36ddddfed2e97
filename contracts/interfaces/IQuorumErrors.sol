// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IOwnersErrors
/// @notice Why a set of owners is refused.
interface IOwnersErrors {
    /// @notice An account has 1 to 32 owners.
    /// @param count What was given.
    error OwnersCountInvalid(uint256 count);

    /// @notice The threshold must be 1 to the number of owners.
    /// @param threshold What was given.
    /// @param count     Number of owners.
    error OwnersThresholdInvalid(uint256 threshold, uint256 count);

    /// @notice Owners must come strictly sorted by keccak256, which also makes them distinct.
    /// @param position The first owner out of order.
    error OwnersUnsorted(uint256 position);

    /// @notice An owner is shorter than an address, zero, the account itself, too long, or has a verifier without code.
    /// @param position Where it stands.
    error OwnerInvalid(uint256 position);
}

/// @title IApprovalErrors
/// @notice Why guardians' approvals are refused. The first bad one counts.
interface IApprovalErrors {
    /// @notice Approvals must come strictly sorted by keccak256(signer), so that nobody counts twice.
    /// @param position The first approval out of order.
    error ApprovalsUnsorted(uint256 position);

    /// @notice Salt, weight and signer do not open the commitment that the approval names.
    /// @param position Which approval.
    error ApprovalNotFromMember(uint256 position);

    /// @notice The signature does not fit: wrong key, another message, or a signer that refuses or is the account itself.
    /// @param position Which approval.
    error ApprovalInvalid(uint256 position);

    /// @notice The approvals are valid, but not enough.
    /// @param weight    Sum of their weights.
    /// @param threshold What the path asks for.
    error ApprovalsInsufficient(uint256 weight, uint256 threshold);
}
