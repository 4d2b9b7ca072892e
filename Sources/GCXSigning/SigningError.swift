package import GCXModel

/// Why a key, a signature or an address was refused.
package enum SigningError: RemediedError, Equatable {
    /// A private key is 32 bytes, not zero and below the order of the curve. The bytes are not repeated here.
    case privateKeyInvalid
    /// The last byte of a signature is 27 or 28.
    case recoveryByteInvalid(UInt8)
    /// s lies in the upper half of the curve's order: the twin that anybody can make of a good signature.
    case signatureMalleable
    /// No public key fits this signature and digest: r or s is zero, too large, or no point of the curve.
    case signatureInvalid
    /// The signature is sound but another key made it, or it was made for another document or ledger.
    case signerUnexpected(document: String, expected: Address, found: Address)
    /// Not 40 hexadecimal digits.
    case addressMalformed(String)
    /// Upper and lower case letters are mixed, but not as EIP-55 asks: a digit was probably mistyped.
    case addressChecksumWrong(String)

    package var remedy: Remedy {
        switch self {
        case .privateKeyInvalid: .fix("Make a new key with `gcx key new`, or restore the key's keystore file.")
        case .addressMalformed: .fix("Give an address as 0x and 40 hexadecimal digits.")
        case .addressChecksumWrong: .fix("Copy the address again; if you are sure of it, write it in lower case.")
        case .signerUnexpected: .fix("Check that both sides use the same ledger and the key named in the document.")
        case .recoveryByteInvalid, .signatureMalleable, .signatureInvalid: .refuse
        }
    }

    package var description: String {
        switch self {
        case .privateKeyInvalid: "private key: not 32 bytes of a number between 1 and the order of secp256k1"
        case .recoveryByteInvalid(let byte): "signature: its last byte is \(byte), not 27 or 28"
        case .signatureMalleable: "signature: s is in the upper half of the curve's order"
        case .signatureInvalid: "signature: no public key fits it"
        case .signerUnexpected(let document, let expected, let found):
            "\(document): signed by \(found.checksummed), not by \(expected.checksummed)"
        case .addressMalformed(let text): "address “\(text)”: not 0x and 40 hexadecimal digits"
        case .addressChecksumWrong(let text): "address “\(text)”: its capitals do not match its EIP-55 checksum"
        }
    }
}
