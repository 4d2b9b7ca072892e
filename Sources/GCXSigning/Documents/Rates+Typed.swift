package import GCXModel

extension Rates: TypedStructure {
    package static let schema = TypedSchema<Rates>(
        "Rates",
        .init("leaseHour", \.leaseHour),
        .init("coreHour", \.coreHour),
        .init("memoryGiBHour", \.memoryGiBHour),
        .init("gpuHour", \.gpuHour),
        .init("storageGiBHour", \.storageGiBHour),
        .init("egressGiB", \.egressGiB))
}
