package import GCXModel

extension Address {
    /// - Parameter publicKey: x and y of the point, 64 bytes.
    init(publicKey: [UInt8]) {
        self.init(checkedBytes: Array(Keccak.hash(publicKey).bytes.suffix(Address.length)))
    }

    /// `0x` and 40 digits whose capitals are a checksum, as wallets show it.
    ///
    /// Source: EIP-55; a letter is a capital when the same digit of the Keccak-256 digest of the lower-case text is 8 or more.
    package var checksummed: String {
        let digits = Array(Hex.encodeBare(bytes).utf8)
        let digest = Keccak.hash(digits).bytes
        let cased = digits.enumerated().map { index, digit in
            // bounded here: forty digits of an address, and a digest of 32 bytes
            let nibble = index.isMultiple(of: 2) ? digest[index / 2] >> 4 : digest[index / 2] & 15
            // bounded: a letter in lower case lies 32 behind its upper one
            return nibble >= 8 && digit >= UInt8(ascii: "a") ? digit - 32 : digit
        }
        return "0x" + String(decoding: cased, as: UTF8.self)
    }

    /// An address as a person types it: 40 hexadecimal digits, with or without `0x`.
    ///
    /// Text all in lower or all in upper case carries no checksum and is taken as it is.
    ///
    /// - Throws: ``SigningError/addressMalformed(_:)`` or ``SigningError/addressChecksumWrong(_:)``.
    package init(checksummed text: String) throws(SigningError) {
        guard let address = Address(text) else { throw .addressMalformed(text) }
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        let isMixed = digits.contains(where: \.isLowercase) && digits.contains(where: \.isUppercase)
        guard !isMixed || address.checksummed.dropFirst(2) == digits else { throw .addressChecksumWrong(text) }
        self = address
    }
}
