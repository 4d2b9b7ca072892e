/// The mounts of a process as the tree that they are: a later one hides what was mounted below its point before.
package struct MountTree: Sendable {
    package let mounts: [MountSource.Mount]

    package init(_ mounts: [MountSource.Mount]) { self.mounts = mounts }

    /// The mount that a path leads to, found as the kernel finds it: from the root on, name by name.
    ///
    /// - Parameter path: absolute and without symbolic links; nil for any other.
    /// - Complexity: O(names × mounts).
    package func mount(of path: String) -> MountSource.Mount? {
        guard path.hasPrefix("/"), let root = mounts.first(where: isRoot) else { return nil }
        var place = ""
        var mount = top(at: "/", from: root)
        for name in path.split(separator: "/") where name != "." {
            guard name != ".." else { return nil }
            place += "/\(name)"  // bounded: joins texts
            mount = top(at: place, from: mount)
        }
        return mount
    }

    /// Nil when no mount has the number.
    package func mount(id: Int) -> MountSource.Mount? { mounts.first { $0.id == id } }

    /// Whether nothing in sight is above it.
    private func isRoot(_ mount: MountSource.Mount) -> Bool {
        mount.mountPoint == "/"
            && !mounts.contains { $0.id == mount.parent && $0.id != mount.id && $0.mountPoint == "/" }
    }

    /// What is mounted at a place of `mount`, and on that again; the mount itself where nothing is.
    private func top(at place: String, from mount: MountSource.Mount) -> MountSource.Mount {
        var (found, left) = (mount, mounts.count)
        while left > 0, let next = mounts.last(where: { isOn($0, found) && $0.mountPoint == place }) {
            found = next
            left -= 1  // bounded: above 0, asked first
        }
        return found
    }

    private func isOn(_ upper: MountSource.Mount, _ lower: MountSource.Mount) -> Bool {
        upper.parent == lower.id && upper.id != lower.id
    }
}
