package import GCXModel

extension Usage: TypedStructure {
    package static let schema = TypedSchema<Usage>(
        "Usage",
        .init("leaseNanoseconds", \.leaseNanoseconds),
        .init("coreNanoseconds", \.coreNanoseconds),
        .init("memoryByteSeconds", \.memoryByteSeconds),
        .init("gpuNanoseconds", \.gpuNanoseconds),
        .init("storageByteSeconds", \.storageByteSeconds),
        .init("egressBytes", \.egressBytes))
}
