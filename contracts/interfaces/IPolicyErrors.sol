// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title IPolicyErrors
/// @notice Why a policy is refused.
interface IPolicyErrors {
    /// @notice A change of policy must wait 1 to 90 whole days.
    /// @param changeDelay What was given, in seconds.
    error PolicyChangeDelayInvalid(uint256 changeDelay);

    /// @notice A policy has 1 to 32 paths.
    /// @param count What was given.
    error PolicyPathCountInvalid(uint256 count);

    /// @notice No path of the policy may rotate the owners, so it could recover nothing.
    error PolicyWithoutRotation();

    /// @notice The policy has no path of that number.
    /// @param path What was given.
    error PolicyPathUnknown(uint256 path);

    /// @notice A path is not encoded the way every ABI encoder does it.
    error PathEncodingInvalid();

    /// @notice A path has 1 to 32 members.
    /// @param path  Position of the path in the policy.
    /// @param count What was given.
    error PathMemberCountInvalid(uint256 path, uint256 count);

    /// @notice A member's commitment is zero.
    /// @param path   Position of the path in the policy.
    /// @param member Position of the member in the path.
    error PathMemberEmpty(uint256 path, uint256 member);

    /// @notice A path with threshold zero would let anybody act.
    /// @param path Position of the path in the policy.
    error PathThresholdZero(uint256 path);

    /// @notice A rotate path waits 1 hour to 365 days; freeze and veto act at once, with delay zero.
    /// @param path  Position of the path in the policy.
    /// @param delay What was given, in seconds.
    error PathDelayInvalid(uint256 path, uint256 delay);

    /// @notice Rotate: 1 hour to 365 days in whole hours. Freeze: 1 hour to 30 days. Veto: zero.
    /// @param path   Position of the path in the policy.
    /// @param window What was given, in seconds.
    error PathWindowInvalid(uint256 path, uint256 window);

    /// @notice Rotate: zero, or at least 7 days. Freeze and veto: zero.
    /// @param path       Position of the path in the policy.
    /// @param inactivity What was given, in seconds.
    error PathInactivityInvalid(uint256 path, uint256 inactivity);

    /// @notice Only requests of a rotate path can be cancelled or vetoed.
    /// @param path Position of the path in the policy.
    error PathFlagsInvalid(uint256 path);

    /// @notice This kind of account cannot do what the path says, or defines no such `extra`.
    /// @param path Position of the path in the policy.
    error PathUnsupported(uint256 path);
}
