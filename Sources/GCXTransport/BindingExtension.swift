import GCXJSON
import GCXModel
import GCXSigning
import SwiftASN1
import X509

/// Where a certificate carries its binding, so that one handshake tells who answers.
///
/// The value of the extension is a UTF8String: the signed binding as JSON. It is not critical, so that programs that know nothing
/// of it connect.
enum BindingExtension {
    /// Anybody may use the number that a UUID of his own makes below 1.2.840.113556.1.8000.2554: ours is
    /// 1fa062ab-57f7-48ff-b24f-9ce14b7aac59, in groups of 4, 4, 4, 4, 4, 6 and 6 digits. Its child 1 is the binding.
    static let identifier: ASN1ObjectIdentifier = [
        1, 2, 840, 113_556, 1, 8_000, 2_554, 8_096, 25_259, 22_519, 18_687, 45_647, 10_281_291, 8_039_513, 1,
    ]

    static func make(_ binding: Signed<EndpointBinding>) throws -> Certificate.Extension {
        var coder = DER.Serializer()
        try coder.serialize(ASN1UTF8String(contentBytes: try CanonicalJSON.bytes(binding)[...]))
        return Certificate.Extension(oid: identifier, critical: false, value: coder.serializedBytes[...])
    }

    /// The binding in a certificate, unchecked.
    ///
    /// - Parameter certificate: DER, of anybody.
    static func read(_ certificate: [UInt8]) throws(HandshakeError) -> Signed<EndpointBinding> {
        guard let parsed = try? Certificate(derEncoded: certificate) else { throw .certificateUnreadable }
        guard let found = parsed.extensions[oid: identifier] else { throw .unbound }
        guard let text = try? ASN1UTF8String(derEncoded: DER.parse(found.value)) else {
            throw .bindingUnreadable(.syntax(line: 1, column: 1, expected: "a UTF8String of ASN.1"))
        }
        return try Signed<EndpointBinding>(said: text.bytes)
    }
}

extension Signed<EndpointBinding> {
    /// A binding as a server tells it, unchecked.
    ///
    /// - Parameter bytes: JSON of anybody, of ``TransportLimits/bindingBytesMax`` at most.
    package init(said bytes: some Collection<UInt8>) throws(HandshakeError) {
        do throws(JSONError) {
            self = try StrictJSON.decode(
                Signed<EndpointBinding>.self, from: bytes, unknownFields: .tolerated,
                bytesMax: TransportLimits.bindingBytesMax)
        } catch {
            throw .bindingUnreadable(error)
        }
    }
}
