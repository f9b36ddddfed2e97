// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Account} from "@openzeppelin/contracts/account/Account.sol";
import {ERC4337Utils} from "@openzeppelin/contracts/account/utils/ERC4337Utils.sol";
import {ERC7579Utils} from "@openzeppelin/contracts/account/utils/draft-ERC7579Utils.sol";
import {IEntryPoint, PackedUserOperation} from "@openzeppelin/contracts/interfaces/IERC4337.sol";
import {Execution} from "@openzeppelin/contracts/interfaces/draft-IERC7579.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {ERC721Holder} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Holder.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ERC7739} from "@openzeppelin/contracts/utils/cryptography/signers/draft-ERC7739.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IRecoveryModule} from "../interfaces/IRecoveryModule.sol";
import {IRecoveryWallet} from "../interfaces/IRecoveryWallet.sol";
import {Messages} from "../libraries/Messages.sol";
import {Path} from "../libraries/Policy.sol";
import {Quorum} from "../libraries/Quorum.sol";
import {Words} from "../libraries/Words.sol";

/// @title RecoveryWallet
/// @notice See {IRecoveryWallet}. Deployed once; wallets are clones of it (ERC-1167), and EOAs may delegate to it
/// (EIP-7702), which is why its storage is namespaced (ERC-7201).
contract RecoveryWallet is IRecoveryWallet, Account, ERC7739, ERC721Holder, ERC1155Holder {
    /// @custom:storage-location erc7201:recovery.wallet
    struct Layout {
        uint256 state; // owners' hash 192 | last active 32 | frozen until 32
        uint256 batchNonce;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("recovery.wallet")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant LAYOUT_SLOT = 0xc7128342b3d693b58e26c139ca2a8419d82b75c5bdbd184a623a0525fc0ad100;

    /// @dev ERC-7821: a single batch that reverts as a whole, without and with `opData`.
    bytes32 private constant MODE_BATCH = 0x0100000000000000000000000000000000000000000000000000000000000000;
    bytes32 private constant MODE_BATCH_OPDATA = 0x0100000000007821000100000000000000000000000000000000000000000000;
    /// @dev Type, status, and selector count; the rest of a mode is the caller's.
    bytes32 private constant MODE_MASK = 0xffff00000000ffffffff00000000000000000000000000000000000000000000;

    bytes32 private constant CALL_TYPEHASH = keccak256("Call(address to,uint256 value,bytes data)");
    bytes32 private constant BATCH_TYPEHASH =
        keccak256(
            "Batch(Call[] calls,bytes24 ownersHash,uint256 nonce,uint256 deadline)Call(address to,uint256 value,bytes data)"
        );
    bytes32 private constant OPERATION_TYPEHASH = keccak256("Operation(bytes32 userOpHash,bytes24 ownersHash)");
    bytes32 private constant INITIALIZE_TYPEHASH =
        keccak256(
            "Initialize(address module,bytes[] owners,uint256 threshold,bytes32 policyHash,uint256 deadline)"
        );

    uint256 private constant MAX_DEADLINE = 1 days;

    IRecoveryModule private immutable _MODULE;
    address private immutable _FACTORY;

    modifier onlySelf() {
        if (msg.sender != address(this)) revert WalletUnauthorized(msg.sender);
        _;
    }

    modifier onlyModule() {
        if (msg.sender != address(_MODULE)) revert WalletUnauthorized(msg.sender);
        _;
    }

    /// @dev Called by the factory, whose clones alone it lets set their first owners without a signature.
    constructor(IRecoveryModule module_) EIP712("RecoveryWallet", "1") {
        _MODULE = module_;
        _FACTORY = msg.sender;
    }

    /* -------------------------------------------- life --------------------------------------------- */

    /// @inheritdoc IRecoveryWallet
    function initialize(
        bytes[] calldata owners,
        uint256 threshold,
        uint256 changeDelay,
        Path[] calldata paths
    ) external {
        if (msg.sender != _FACTORY && msg.sender != address(this)) revert WalletUnauthorized(msg.sender);
        _initialize(owners, threshold, changeDelay, paths);
    }

    /// @inheritdoc IRecoveryWallet
    function initializeWithSignature(
        bytes[] calldata owners,
        uint256 threshold,
        uint256 changeDelay,
        Path[] calldata paths,
        uint256 deadline,
        bytes calldata signature
    ) external {
        if (block.timestamp > deadline) revert WalletDeadlineInvalid(deadline);
        bytes32 digest = initializeDigest(owners, threshold, changeDelay, paths, deadline);
        (address signer, ECDSA.RecoverError error, ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (error != ECDSA.RecoverError.NoError || signer != address(this)) revert WalletUnauthorized(msg.sender);
        _initialize(owners, threshold, changeDelay, paths);
    }

    /// @inheritdoc IRecoveryWallet
    function rotateOwners(bytes[] calldata owners, uint256 threshold) external onlySelf {
        uint256 until = frozenUntil();
        if (block.timestamp < until) revert WalletFrozen(until);
        Quorum.validateOwners(address(this), owners, threshold);
        _setOwners(owners, threshold, until);
    }

    /* ---------------------------------------- for the module --------------------------------------- */

    /// @inheritdoc IRecoveryWallet
    /// @dev The module has validated the owners when the request began.
    function recoverOwners(bytes[] calldata owners, uint256 threshold) external onlyModule {
        if (frozenUntil() != 0) emit FrozenUntilChanged(0);
        _setOwners(owners, threshold, 0);
    }

    /// @inheritdoc IRecoveryWallet
    function setFrozenUntil(uint256 until) external onlyModule {
        _setState(ownersHash(), lastActive(), until);
        emit FrozenUntilChanged(until);
    }

    /// @inheritdoc IRecoveryWallet
    function recordActivity() external onlyModule {
        _touch();
    }

    /* ------------------------------------------- execution ----------------------------------------- */

    /// @inheritdoc IRecoveryWallet
    function execute(bytes32 mode, bytes calldata executionData) external payable {
        if (!supportsExecutionMode(mode)) revert WalletModeUnsupported(mode);
        Execution[] calldata calls = ERC7579Utils.decodeBatch(executionData);
        bytes calldata opData = _opData(mode, executionData);
        if (opData.length == 0) {
            if (msg.sender != address(this) && msg.sender != address(entryPoint())) {
                revert WalletUnauthorized(msg.sender);
            }
        } else {
            _useBatch(calls, opData);
        }
        _touch();
        _run(calls);
    }

    /// @inheritdoc IRecoveryWallet
    function supportsExecutionMode(bytes32 mode) public pure returns (bool) {
        return mode & MODE_MASK == MODE_BATCH || mode & MODE_MASK == MODE_BATCH_OPDATA;
    }

    /// @dev What follows the calls in abi.encode(Execution[], bytes), or nothing after abi.encode(Execution[]): the
    /// first begins with the word 0x40, the second with 0x20. Slices check their bounds.
    function _opData(bytes32 mode, bytes calldata executionData) private pure returns (bytes calldata) {
        if (mode & MODE_MASK == MODE_BATCH || uint256(bytes32(executionData)) < 0x40) return executionData[:0];
        uint256 offset = uint256(bytes32(executionData[0x20:0x40]));
        uint256 length = uint256(bytes32(executionData[offset:offset + 0x20]));
        return executionData[offset + 0x20:offset + 0x20 + length];
    }

    /// @dev Checks that the owners have signed this batch now, and uses it up.
    function _useBatch(Execution[] calldata calls, bytes calldata opData) private {
        uint256 deadline = uint48(bytes6(opData));
        if (opData.length < 6 || block.timestamp > deadline || deadline > block.timestamp + MAX_DEADLINE) {
            revert WalletDeadlineInvalid(deadline);
        }
        if (!_rawSignatureValidation(batchDigest(calls, deadline), opData[6:])) revert WalletUnauthorized(msg.sender);
        ++_layout().batchNonce;
    }

    function _run(Execution[] calldata calls) private {
        for (uint256 i = 0; i < calls.length; ++i) {
            Execution calldata call_ = calls[i];
            // Asked for each call: the one before may have led to a freeze.
            uint256 until = frozenUntil();
            if (block.timestamp < until && !_allowedWhileFrozen(call_)) revert WalletFrozen(until);
            address target = call_.target == address(0) ? address(this) : call_.target;
            if (!LowLevelCall.callNoReturn(target, call_.value, call_.callData)) LowLevelCall.bubbleRevert();
        }
    }

    /// @dev The calls with which an owner defends himself, and none that a thief could use at once.
    function _allowedWhileFrozen(Execution calldata call_) private view returns (bool) {
        bytes4 selector = bytes4(call_.callData);
        return
            call_.target == address(_MODULE) &&
            call_.value == 0 &&
            (selector == IRecoveryModule.scheduleChange.selector ||
                selector == IRecoveryModule.scheduleRemoval.selector ||
                selector == IRecoveryModule.dropChange.selector ||
                selector == IRecoveryModule.cancel.selector ||
                selector == IRecoveryModule.heartbeat.selector);
    }

    /* ------------------------------------------- signatures ---------------------------------------- */

    /// @inheritdoc ERC7739
    /// @dev Through ERC-7739, so that a signature for this wallet is good for no other. Frozen, none is valid.
    function isValidSignature(
        bytes32 hash,
        bytes calldata signature
    ) public view override returns (bytes4) {
        if (block.timestamp < frozenUntil()) return 0xffffffff;
        return super.isValidSignature(hash, signature);
    }

    /// @inheritdoc Account
    function entryPoint() public pure override returns (IEntryPoint) {
        return ERC4337Utils.ENTRYPOINT_V08;
    }

    /// @inheritdoc Account
    /// @dev A freeze defers the operation instead of failing it: the EntryPoint then takes no fee, so that a thief
    /// cannot burn the balance. Validation must not read the time (ERC-7562).
    function _validateUserOp(
        PackedUserOperation calldata,
        bytes32 userOpHash,
        bytes calldata signature
    ) internal view override returns (uint256) {
        bool valid = _rawSignatureValidation(operationDigest(userOpHash), signature);
        return ERC4337Utils.packValidationData(valid, uint48(frozenUntil()), 0);
    }

    /// @dev The owners' proof, packed as {Quorum.checkOwners} says. Without owners nothing is valid.
    function _rawSignatureValidation(bytes32 hash, bytes calldata signature) internal view override returns (bool) {
        return Quorum.checkOwners(ownersHash(), hash, signature);
    }

    /* -------------------------------------------- views -------------------------------------------- */

    /// @inheritdoc IRecoveryWallet
    function module() external view returns (address) {
        return address(_MODULE);
    }

    /// @inheritdoc IRecoveryWallet
    function factory() external view returns (address) {
        return _FACTORY;
    }

    /// @inheritdoc IRecoveryWallet
    function ownersHash() public view returns (bytes24) {
        return bytes24(bytes32(_layout().state));
    }

    /// @inheritdoc IRecoveryWallet
    function lastActive() public view returns (uint256) {
        return uint32(_layout().state >> 32);
    }

    /// @inheritdoc IRecoveryWallet
    function frozenUntil() public view returns (uint256) {
        return uint32(_layout().state);
    }

    /// @inheritdoc IRecoveryWallet
    function batchNonce() external view returns (uint256) {
        return _layout().batchNonce;
    }

    /// @inheritdoc IRecoveryWallet
    function batchDigest(Execution[] calldata calls, uint256 deadline) public view returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            Execution calldata call_ = calls[i];
            hashes[i] = keccak256(
                abi.encode(CALL_TYPEHASH, call_.target, call_.value, keccak256(call_.callData))
            );
        }
        bytes32 callsHash = Words.hash(hashes);
        return
            _hashTypedDataV4(
                keccak256(abi.encode(BATCH_TYPEHASH, callsHash, ownersHash(), _layout().batchNonce, deadline))
            );
    }

    /// @inheritdoc IRecoveryWallet
    function operationDigest(bytes32 userOpHash) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(OPERATION_TYPEHASH, userOpHash, ownersHash())));
    }

    /// @inheritdoc IRecoveryWallet
    function initializeDigest(
        bytes[] calldata owners,
        uint256 threshold,
        uint256 changeDelay,
        Path[] calldata paths,
        uint256 deadline
    ) public view returns (bytes32) {
        bytes32 policyHash = _MODULE.hashPolicy(changeDelay, paths);
        bytes32 ownersHash_ = Messages.hashOwners(owners);
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(INITIALIZE_TYPEHASH, address(_MODULE), ownersHash_, threshold, policyHash, deadline)
                )
            );
    }

    /* ------------------------------------------- private ------------------------------------------- */

    function _initialize(
        bytes[] calldata owners,
        uint256 threshold,
        uint256 changeDelay,
        Path[] calldata paths
    ) private {
        if (ownersHash() != 0) revert WalletAlreadyInitialized();
        Quorum.validateOwners(address(this), owners, threshold);
        _setOwners(owners, threshold, 0);
        _MODULE.configure(changeDelay, paths);
    }

    /// @dev The owners' time begins anew with them.
    function _setOwners(bytes[] calldata owners, uint256 threshold, uint256 until) private {
        _setState(bytes24(Quorum.hashOwners(owners, threshold)), _endOfDay(), until);
        emit OwnersChanged(owners, threshold);
    }

    /// @dev Written at most once a day: it says that the owner was alive until the end of the day, never less than the
    /// truth.
    function _touch() private {
        uint256 endOfDay = _endOfDay();
        if (lastActive() < endOfDay) _setState(ownersHash(), endOfDay, frozenUntil());
    }

    /// @dev End of the present UTC day.
    function _endOfDay() private view returns (uint256) {
        return (block.timestamp / 1 days + 1) * 1 days;
    }

    function _setState(bytes24 ownersHash_, uint256 lastActive_, uint256 frozenUntil_) private {
        _layout().state =
            uint256(bytes32(ownersHash_)) |
            (uint256(SafeCast.toUint32(lastActive_)) << 32) |
            SafeCast.toUint32(frozenUntil_);
    }

    function _layout() private pure returns (Layout storage layout) {
        assembly ("memory-safe") {
            layout.slot := LAYOUT_SLOT
        }
    }
}
