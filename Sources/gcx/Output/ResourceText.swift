import GCXModel

/// What is for sale, wanted or leased, in words.
enum ResourceText {
    static func line(_ resources: Resources) -> String {
        let gpus = resources.gpus > 0 ? ", \(Display.count(resources.gpus, "GPU"))" : ""
        return "\(Display.count(resources.cores, "core")), \(Display.bytes(resources.memoryBytes)) memory, "
            + "\(Display.bytes(resources.storageBytes)) storage\(gpus)"
    }
}
