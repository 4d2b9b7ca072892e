package import GCXModel

extension RawSample {
    /// The bytes that the chained digest of samples is made over: each field as `name=value;`, in this order, absent
    /// ones as `-`.
    package var canonicalBytes: [UInt8] {
        func text(_ value: UInt64?) -> String { value.map(String.init) ?? "-" }
        let fields = [
            ("bootID", bootID), ("bootNanoseconds", text(bootNanoseconds)), ("cgroupInode", text(cgroupInode)),
            ("cpuNanoseconds", text(cpuNanoseconds)), ("memoryCurrentBytes", text(memoryCurrentBytes)),
            ("memoryPeakBytes", text(memoryPeakBytes)), ("pids", text(pids)), ("ioReadBytes", text(ioReadBytes)),
            ("ioWriteBytes", text(ioWriteBytes)), ("throttledNanoseconds", text(throttledNanoseconds)),
            ("storageBytes", text(storageBytes)), ("oomKills", text(oomKills)), ("egressBytes", text(egressBytes)),
            ("ingressBytes", text(ingressBytes)),
        ]
        return Array(fields.map { "\($0)=\($1);" }.joined().utf8)
    }
}
