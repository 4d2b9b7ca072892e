import CHwloc
import GCXModel
import Glibc

/// An hwloc topology, loaded. The handle ends with the value, and no pointer leaves this file and its extension.
///
/// Thread rule: hwloc may rebind the calling thread while it looks; it is told not to, and nothing else runs here.
@safe struct HwlocTopology: ~Copyable {
    /// What hwloc is to look at.
    enum Input {
        case thisMachine
        case xml(String)
        /// A folder with another machine's `/sys` and `/proc`.
        case fileSystem(String)
    }

    enum HwlocError: WordedError {
        case refused(call: String, errno: Int32)

        var description: String {
            switch self {
            // The name of a function of C says nothing to whoever named the file.
            case .refused("hwloc_topology_load", _): "hwloc cannot read it"
            case .refused(let call, let code): unsafe "\(call): \(String(cString: strerror(code)))"
            }
        }
    }

    let handle: hwloc_topology_t

    /// C: hwloc_topology_init, …_set_xml, …_set_flags, …_set_io_types_filter, …_load.
    init(_ input: Input) throws(HwlocError) {
        var made: hwloc_topology_t?
        guard unsafe hwloc_topology_init(&made) == 0, let made = unsafe made else {
            throw .refused(call: "hwloc_topology_init", errno: errno)
        }
        do throws(HwlocError) {
            try unsafe Self.configure(made, input)
            guard unsafe hwloc_topology_load(made) == 0 else {
                throw .refused(call: "hwloc_topology_load", errno: errno)
            }
        } catch {
            unsafe hwloc_topology_destroy(made)
            throw error
        }
        unsafe handle = unsafe made
    }

    deinit {
        unsafe hwloc_topology_destroy(handle)
    }

    private static func configure(_ handle: hwloc_topology_t, _ input: Input) throws(HwlocError) {
        try unsafe set(input, handle)
        // The whole machine is wanted, with what is allowed beside it, and no thread moved while looking.
        let flags =
            HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED.rawValue | HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING.rawValue
        guard unsafe hwloc_topology_set_flags(handle, UInt(clamping: flags)) == 0 else {
            throw .refused(call: "hwloc_topology_set_flags", errno: errno)
        }
        unsafe hwloc_topology_set_io_types_filter(handle, HWLOC_TYPE_FILTER_KEEP_ALL)
        unsafe hwloc_topology_set_icache_types_filter(handle, HWLOC_TYPE_FILTER_KEEP_ALL)
        unsafe hwloc_topology_set_type_filter(handle, HWLOC_OBJ_MEMCACHE, HWLOC_TYPE_FILTER_KEEP_ALL)
        // Vendor libraries start drivers and take seconds: the GPUs are read elsewhere.
        for component in ["opencl", "cuda", "nvml", "rsmi", "levelzero", "gl"] {
            let flag = UInt(clamping: HWLOC_TOPOLOGY_COMPONENTS_FLAG_BLACKLIST.rawValue)
            unsafe hwloc_topology_set_components(handle, flag, component)
        }
    }

    private static func set(_ input: Input, _ handle: hwloc_topology_t) throws(HwlocError) {
        switch input {
        case .thisMachine: break
        case .xml(let path):
            guard unsafe hwloc_topology_set_xml(handle, path) == 0 else {
                throw .refused(call: "hwloc_topology_set_xml \(path)", errno: errno)
            }
        case .fileSystem(let path):
            // hwloc takes another root only from the environment; asking this processor would mix two machines.
            unsafe setenv("HWLOC_FSROOT", path, 1)
            unsafe setenv("HWLOC_COMPONENTS", "linux,stop", 1)
        }
    }

    /// Objects of one type in logical order. C: hwloc_get_next_obj_by_type.
    func objects(_ type: hwloc_obj_type_t) -> [hwloc_obj] {
        var found: [hwloc_obj] = unsafe []
        var next = unsafe hwloc_get_next_obj_by_type(handle, type, nil)
        while let object = unsafe next {
            unsafe found.append(object.pointee)
            unsafe next = unsafe hwloc_get_next_obj_by_type(handle, type, object)
        }
        return unsafe found
    }

    /// The kernel numbers in a cpuset; empty for an object without one.
    static func pus(_ set: hwloc_const_bitmap_t?) -> PUSet {
        guard let set = unsafe set, unsafe hwloc_bitmap_weight(set) >= 0 else { return PUSet([]) }
        var indexes: [Int] = []
        var next = unsafe hwloc_bitmap_first(set)
        while next >= 0 && next <= InventoryLimits.puIndexMax {
            indexes.append(Int(clamping: next))
            next = unsafe hwloc_bitmap_next(set, next)
        }
        return PUSet(indexes)
    }

    /// An object's info of a name, such as `CPUModel`.
    static func info(_ object: hwloc_obj, _ name: String) -> String? {
        // bounded here: hwloc says how many there are
        for index in unsafe 0..<Int(object.infos_count) where unsafe String(cString: object.infos[index].name) == name {
            return unsafe String(cString: object.infos[index].value)
        }
        return nil
    }
}
