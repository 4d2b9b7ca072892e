import GCXWire
import NIOCore

/// Cuts lines from the front of what came, and keeps the rest.
struct LineCollector {
    private(set) var held = ByteBuffer()
    private let most: Int

    /// - Parameter most: bytes of a line.
    init(most: Int = RelayWire.lineBytesMax) { self.most = most }

    mutating func add(_ buffer: ByteBuffer) {
        var buffer = buffer
        held.writeBuffer(&buffer)
    }

    /// The next line without its end; nil while it is not there.
    ///
    /// - Throws: ``RelayError/lineMalformed(reason:)`` when it is longer than it may be.
    mutating func next() throws(RelayError) -> [UInt8]? {
        let view = held.readableBytesView
        // bounded: a limit of ours
        guard let end = view.prefix(most + 1).firstIndex(of: RegistrationLines.newline) else {
            guard view.count <= most else { throw .lineMalformed(reason: "a line is too long") }
            return nil
        }
        // bounded: a place that was found
        let line = held.readBytes(length: end - view.startIndex) ?? []
        held.moveReaderIndex(forwardBy: 1)
        return line
    }
}
