/// The bounds of this module: what a file may make us spend before its password is known to be right.
enum Limits {
    /// Memory scrypt may take, bytes: twice what the usual n = 262144, r = 8 needs.
    static let scryptMemoryBytesMax = 512 << 20
    /// n × r × p: eight times the usual cost, some ten seconds of one core.
    static let scryptWorkMax = 1 << 24
    /// swift-crypto 4.5 gives scrypt 128 × n × r × p bytes and one page; a larger r needs more than that page beside n.
    static let scryptBlockSizeMax = 16
    /// Rounds of PBKDF2, some ten seconds of one core.
    static let pbkdf2RoundsMax = 10_000_000
    /// Bytes of a salt in a keystore file; wallets write 16 or 32.
    static let saltBytesMax = 1_024
    /// Bytes of a keystore file; wallets write about 500.
    static let keystoreFileBytesMax = 64 << 10
    /// Bytes of a password that is typed; longer than any that a person types or a manager makes.
    static let passwordBytesMax = 1_024
    /// Bytes of a file whose first line is a password; it may have notes below.
    static let passwordFileBytesMax = 4_096
}
