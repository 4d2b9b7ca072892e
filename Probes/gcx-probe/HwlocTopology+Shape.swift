import CHwloc
import GCXModel

// The processors' shape as the inventory's flat arrays.
extension HwlocTopology {
    func shape() -> Inventory.Topology {
        var shape = unsafe Inventory.Topology(allowedPUs: Self.pus(hwloc_topology_get_allowed_cpuset(handle)))
        shape.packages = unsafe objects(HWLOC_OBJ_PACKAGE).map { object in
            unsafe .init(
                osIndex: Self.osIndex(object), model: Self.info(object, "CPUModel"), pus: Self.pus(object.cpuset))
        }
        shape.numaNodes = unsafe objects(HWLOC_OBJ_NUMANODE).map { unsafe Self.node($0) }
        shape.caches = Self.cacheTypes.flatMap { type, level, kind in
            unsafe objects(type).map { unsafe Self.cache($0, level, kind) }
        }
        shape.memoryCaches = unsafe objects(HWLOC_OBJ_MEMCACHE).map { object in
            let size = unsafe object.attr?.pointee.cache.size ?? 0
            return unsafe .init(sizeBytes: size == 0 ? nil : size, pus: Self.pus(object.cpuset))
        }
        shape.cores = unsafe objects(HWLOC_OBJ_CORE).map {
            unsafe .init(osIndex: Self.osIndex($0), pus: Self.pus($0.cpuset))
        }
        shape.pus = unsafe objects(HWLOC_OBJ_PU).map { unsafe Int(clamping: $0.os_index) }
        shape.coreKinds = coreKinds()
        return shape
    }

    private static let cacheTypes: [(hwloc_obj_type_t, Int, Inventory.Topology.Cache.Kind)] = [
        (HWLOC_OBJ_L5CACHE, 5, .unified), (HWLOC_OBJ_L4CACHE, 4, .unified), (HWLOC_OBJ_L3CACHE, 3, .unified),
        (HWLOC_OBJ_L2CACHE, 2, .unified), (HWLOC_OBJ_L1CACHE, 1, .data), (HWLOC_OBJ_L3ICACHE, 3, .instruction),
        (HWLOC_OBJ_L2ICACHE, 2, .instruction), (HWLOC_OBJ_L1ICACHE, 1, .instruction),
    ]

    /// HWLOC_UNKNOWN_INDEX is all ones.
    private static func osIndex(_ object: hwloc_obj) -> Int? {
        unsafe object.os_index == UInt32.max ? nil : Int(clamping: object.os_index)
    }

    private static func node(_ object: hwloc_obj) -> Inventory.Topology.NUMANode {
        // Zero is how hwloc says that nobody told it the size.
        let bytes = unsafe object.attr?.pointee.numanode.local_memory ?? 0
        return unsafe .init(
            osIndex: Int(clamping: object.os_index), memoryBytes: bytes == 0 ? nil : bytes, pus: pus(object.cpuset))
    }

    private static func cache(
        _ object: hwloc_obj, _ level: Int, _ kind: Inventory.Topology.Cache.Kind
    ) -> Inventory.Topology.Cache {
        let size = unsafe object.attr?.pointee.cache.size ?? 0
        let line = unsafe object.attr?.pointee.cache.linesize ?? 0
        return unsafe .init(
            level: level, kind: kind, sizeBytes: size == 0 ? nil : size,
            lineBytes: line == 0 ? nil : Int(clamping: line),
            pus: pus(object.cpuset))
    }

    /// C: hwloc_cpukinds_get_nr, hwloc_cpukinds_get_info. One kind is no news.
    private func coreKinds() -> [Inventory.Topology.CoreKind] {
        let count = unsafe hwloc_cpukinds_get_nr(handle, 0)
        guard count > 1, let set = unsafe hwloc_bitmap_alloc() else { return [] }
        defer { unsafe hwloc_bitmap_free(set) }
        return (0..<UInt32(clamping: count)).compactMap { index in  // bounded: clamped, so not below 0
            var rank: Int32 = -1
            guard unsafe hwloc_cpukinds_get_info(handle, index, set, &rank, nil, nil, 0) == 0 else { return nil }
            return unsafe .init(efficiencyRank: rank < 0 ? nil : Int(clamping: rank), pus: Self.pus(set))
        }
    }
}
