import GCXWire
import NIOCore
import NIOHPACK
import NIOHTTP2

/// HTTP/2 on a connection that the server dialled: the relay asks, and the machine answers.
///
/// Only CONNECT is asked, one stream for each connection of a buyer. `RelayWire.peerHeader` says where the buyer comes from, in the relay's
/// word.
enum ReverseHTTP2 {
    static func connect(to name: String, from peer: String) -> HPACKHeaders {
        [":method": "CONNECT", ":authority": name, RelayWire.peerHeader: peer]
    }

    static let accepted: HPACKHeaders = [":status": "200"]

    /// - Parameter streamsMax: streams that the other side may open.
    static func configuration(streamsMax: Int) -> NIOHTTP2Handler.Configuration {
        var configuration = NIOHTTP2Handler.Configuration()
        configuration.connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: streamsMax),
            HTTP2Setting(parameter: .initialWindowSize, value: RelayLimits.windowBytes),
            HTTP2Setting(parameter: .maxFrameSize, value: RelayLimits.frameBytes),
            HTTP2Setting(parameter: .maxHeaderListSize, value: RelayWire.lineBytesMax),
            HTTP2Setting(parameter: .enablePush, value: 0),
        ]
        // A stream holds what its own window lets through. The connection's is no bound: it opens as bytes come.
        configuration.connection.targetWindowSize = 16 * RelayLimits.windowBytes
        configuration.stream.targetWindowSize = RelayLimits.windowBytes
        configuration.stream.outboundBufferSizeHighWatermark = RelayLimits.watermarkBytes
        configuration.stream.outboundBufferSizeLowWatermark = RelayLimits.watermarkBytes / 2
        configuration.stream.streamResetFrameRateLimit.maximumCount = RelayLimits.resetsMax
        configuration.stream.streamErrorRateLimit.maximumCount = RelayLimits.resetsMax
        configuration.connection.maximumRecentlyResetStreams = 1_000
        return configuration
    }
}
