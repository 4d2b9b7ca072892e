/// The bounds of connections that are encrypted, in one place.
package enum TransportLimits {
    /// Bytes of a binding in a certificate: eight endpoints and eight relays of 256 bytes each, the signature and the names.
    package static let bindingBytesMax = 8 << 10
    /// A handshake takes two messages each way; twice that over the slowest link (a satellite, 2 s) and a busy processor.
    package static let handshakeTimeout: Duration = .seconds(10)
    /// Handshakes of one peer that are not done: a client of ours opens eight connections, a household behind one address some
    /// dozens. Each costs the server some 40 KiB and one signature.
    package static let halfOpenPerPeerMax = 64
    /// A server's key is renewed after this long, so that at each moment a client whose clock is half a day fast still takes it.
    package static let renewAfterSeconds: UInt64 = 43_200
    /// How often a server looks whether it is time. A clock that was set, or a machine that slept, costs a minute of refusals.
    package static let renewLook: Duration = .seconds(60)
    /// A certificate outlasts its binding by this many seconds, so that an expired one is refused for the reason that counts.
    package static let certificateBeyondBindingSeconds: UInt64 = 3_600
    /// Servers behind TLS that one process speaks to. Each has connections of its own; a buyer speaks to a ledger and a few machines.
    package static let serversMax = 1_024
    /// What a client waits for a connection before its handshake.
    package static let connectTimeout: Duration = .seconds(10)
}
