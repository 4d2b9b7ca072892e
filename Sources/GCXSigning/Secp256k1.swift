import CSecp256k1

/// The four calls into libsecp256k1 that the project makes; nothing else imports it.
///
/// Thread rule: the context is randomized once when it is made and only read from then on, which the library allows from
/// any number of threads at once (secp256k1.h, "Context").
enum Secp256k1 {
    /// r and s, big-endian, and which of the candidate points signed (0...3).
    struct Compact {
        var bytes: [UInt8]
        var recoveryID: Int32
    }

    /// Half the order of the curve, rounded down: the largest s that is taken.
    ///
    /// Source: EIP-2, "all transaction signatures whose s-value is greater than secp256k1n/2 are now considered invalid".
    static let largestS: [UInt8] =
        [0x7f] + [UInt8](repeating: 0xff, count: 15) + [
            0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
        ]

    /// Calls `secp256k1_ec_seckey_verify`: 32 bytes, neither zero nor beyond the order.
    static func isPrivateKey(_ secret: UnsafeRawBufferPointer) -> Bool {
        unsafe secret.count == 32 && secp256k1_ec_seckey_verify(context.handle, secret.bound) == 1
    }

    /// Calls `secp256k1_ec_pubkey_create`.
    ///
    /// - Returns: the uncompressed point without its leading 4: x and y, 64 bytes.
    static func publicKey(of secret: UnsafeRawBufferPointer) -> [UInt8] {
        var point = secp256k1_pubkey()
        let made = unsafe secp256k1_ec_pubkey_create(context.handle, &point, secret.bound)
        precondition(made == 1, "a PrivateKey was checked when it was made")
        return serialize(point)
    }

    /// Calls `secp256k1_ecdsa_sign_recoverable`: the nonce is RFC 6979's, and s is the lower one.
    static func sign(_ digest: [UInt8], with secret: UnsafeRawBufferPointer) -> Compact {
        var signature = secp256k1_ecdsa_recoverable_signature()
        let made = unsafe secp256k1_ecdsa_sign_recoverable(context.handle, &signature, digest, secret.bound, nil, nil)
        precondition(made == 1, "a PrivateKey was checked when it was made")
        var compact = Compact(bytes: [UInt8](repeating: 0, count: 64), recoveryID: 0)
        unsafe secp256k1_ecdsa_recoverable_signature_serialize_compact(
            context.handle, &compact.bytes, &compact.recoveryID, &signature)
        return compact
    }

    /// Calls `secp256k1_ecdsa_recover`.
    ///
    /// - Returns: x and y of the signer's point, or nil when no point fits.
    static func recover(_ compact: Compact, digest: [UInt8]) -> [UInt8]? {
        var signature = secp256k1_ecdsa_recoverable_signature()
        var point = secp256k1_pubkey()
        guard
            unsafe secp256k1_ecdsa_recoverable_signature_parse_compact(
                context.handle, &signature, compact.bytes, compact.recoveryID) == 1,
            unsafe secp256k1_ecdsa_recover(context.handle, &point, &signature, digest) == 1
        else { return nil }
        return serialize(point)
    }

    private static func serialize(_ point: secp256k1_pubkey) -> [UInt8] {
        var point = point
        var bytes = [UInt8](repeating: 0, count: 65)
        var count = bytes.count
        // bounded: a constant of the library
        unsafe secp256k1_ec_pubkey_serialize(context.handle, &bytes, &count, &point, UInt32(SECP256K1_EC_UNCOMPRESSED))
        return Array(bytes.dropFirst())
    }

    private static let context = Context()

    /// Owns the library's context for the life of the process. It is never changed after `init`, hence Sendable.
    @safe private final class Context: @unchecked Sendable {
        let handle: OpaquePointer

        init() {
            let flags = UInt32(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY)  // bounded: constants of the library
            guard let made = unsafe secp256k1_context_create(flags) else {
                preconditionFailure("secp256k1_context_create calls its error callback rather than return null")
            }
            // Blinds the scalar multiplications against side channels (secp256k1.h, secp256k1_context_randomize).
            let seed = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
            unsafe precondition(secp256k1_context_randomize(made, seed) == 1, "randomize fails only without tables")
            unsafe handle = unsafe made
        }

        deinit { unsafe secp256k1_context_destroy(handle) }
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes as the pointer that C functions take.
    fileprivate var bound: UnsafePointer<UInt8> {
        guard let baseAddress else { preconditionFailure("a private key is 32 bytes, never an empty buffer") }
        return unsafe baseAddress.assumingMemoryBound(to: UInt8.self)
    }
}
