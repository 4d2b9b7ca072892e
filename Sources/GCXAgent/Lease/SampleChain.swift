import GCXMetering
import GCXModel

import struct Crypto.SHA256

/// The chained digest over a lease's samples that every receipt carries.
enum SampleChain {
    /// SHA-256 of the digest so far and the canonical bytes of the next sample.
    static func digest(after previous: Digest, _ sample: RawSample) -> Digest {
        var hasher = SHA256()
        hasher.update(data: previous.bytes)
        hasher.update(data: sample.canonicalBytes)
        return Digest(checkedBytes: Array(hasher.finalize()))
    }
}
