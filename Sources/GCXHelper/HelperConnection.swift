package import GCXLinux

/// One end of a connection, on which one frame goes each way.
package struct HelperConnection: Sendable {
    package let socket: OpenFile

    package init(_ socket: OpenFile) { self.socket = socket }

    /// - Throws: ``HelperError/noFrame(_:)`` for what is none, ``HelperError/ended`` when nothing came.
    package func receive<Value: Decodable>(
        _ type: Value.Type, bytesMax: Int, filesMax: Int = 0, large: (Int) -> Void = { _ in }
    ) throws(HelperError) -> (value: Value, files: [OpenFile]) {
        let head = try framed { () throws(LinuxError) in
            try socket.file.receive(HelperFrame.headBytes, filesMax: filesMax)
        }
        guard let head else { throw .ended }
        guard let length = HelperFrame.length(head.bytes, bytesMax: bytesMax) else {
            throw .noFrame("its length is 0 or more than \(bytesMax)")
        }
        large(length)
        guard let body = try framed({ () throws(LinuxError) in try socket.file.receive(length) }) else { throw .ended }
        return (try HelperFrame.value(type, in: body.bytes, bytesMax: bytesMax), head.files)
    }

    package func send(_ value: some Encodable, bytesMax: Int) throws(HelperError) {
        let frame = try HelperFrame.bytes(of: value, bytesMax: bytesMax)
        try framed { () throws(LinuxError) in try socket.file.send(frame) }
    }
}
