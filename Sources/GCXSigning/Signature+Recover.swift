package import GCXModel

extension Signature {
    /// The account whose key signed `digest`.
    ///
    /// A signature made for another digest recovers some other account, so the answer must be compared.
    ///
    /// - Throws: ``SigningError/recoveryByteInvalid(_:)``, ``SigningError/signatureMalleable`` or
    ///   ``SigningError/signatureInvalid``.
    /// - Complexity: about 50 µs in a release build.
    package func recover(_ digest: Digest) throws(SigningError) -> Address {
        // bounded here: a signature is 65 bytes, and the last one is looked at
        let recoveryByte = bytes[64]
        guard recoveryByte == 27 || recoveryByte == 28 else { throw .recoveryByteInvalid(recoveryByte) }
        guard !Secp256k1.largestS.lexicographicallyPrecedes(bytes[32..<64]) else { throw .signatureMalleable }
        let compact = Secp256k1.Compact(bytes: Array(bytes[..<64]), recoveryID: Int32(recoveryByte) - 27)
        guard let publicKey = Secp256k1.recover(compact, digest: digest.bytes) else { throw .signatureInvalid }
        return Address(publicKey: publicKey)
    }
}
