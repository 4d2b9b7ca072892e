/// The bounds of what is read before a connection has said whom it wants.
package enum HelloLimits {
    /// Bytes of a ClientHello: one with two post-quantum key shares and a long ticket has some 4,000.
    package static let helloBytesMax = 16 << 10
    /// Pieces that a ClientHello may come in: libraries that cut it make two or three.
    package static let recordsMax = 16
    /// Bytes of one record in the clear.
    ///
    /// Source: RFC 8446, 5.1: "The length MUST NOT exceed 2^14 bytes."
    package static let recordBytesMax = 1 << 14
    /// Bytes that are held before the wish is known: the hello in its pieces, and what one read brings behind it.
    package static let heldBytesMax = helloBytesMax + 5 * recordsMax + (64 << 10)  // bounded: constants
    /// Extensions of a ClientHello: there are some sixty in the registry, and each stands there once.
    package static let extensionsMax = 128
    /// Bytes of a server's name: what the domain name system knows at most.
    package static let nameBytesMax = 255
    /// Protocols that are offered: browsers offer two or three.
    package static let protocolsMax = 32
}
