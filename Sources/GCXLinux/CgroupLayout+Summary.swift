extension CgroupLayout {
    /// A word or two for people.
    package var summary: String {
        switch self {
        case .unified: "cgroup v2"
        case .legacy(_, nil): "cgroup v1"
        case .legacy(_, .some): "cgroup v1 with an empty v2 tree (hybrid)"
        }
    }
}
