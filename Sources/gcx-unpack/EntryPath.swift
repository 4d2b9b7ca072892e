import GCXModel
import GCXSandbox
import Glibc

/// The name of an entry, as bytes, cut into what stands between the slashes: nothing that climbs, nothing empty.
struct EntryPath: Equatable {
    /// Without a slash at either end; empty for the directory itself.
    let bytes: [UInt8]
    let depth: Int

    private init(bytes: [UInt8], depth: Int) {
        self.bytes = bytes
        self.depth = depth
    }

    /// - Parameter mayBeginAtRoot: a leading slash then means the directory.
    init(_ raw: [UInt8], mayBeginAtRoot: Bool) throws(UnpackFailure) {
        guard mayBeginAtRoot || raw.first != slash else { throw .refused(entry: raw, "it would leave its directory") }
        guard raw.count <= SandboxLimits.entryPathBytesMax else {
            throw .refused(entry: raw, "its name has over \(NumberText.count(SandboxLimits.entryPathBytesMax, "byte"))")
        }
        let parts = raw.split(separator: slash).filter { $0 != [dot] }
        guard !parts.contains([dot, dot]) else { throw .refused(entry: raw, "it would leave its directory") }
        guard parts.allSatisfy({ $0.count <= Int(NAME_MAX) }) else {  // bounded: a constant of the kernel
            throw .refused(entry: raw, "a part of its name has over \(NumberText.count(NAME_MAX, "byte"))")
        }
        guard parts.count <= SandboxLimits.entryDepthMax else {
            throw .refused(
                entry: raw, "it lies over \(NumberText.count(SandboxLimits.entryDepthMax, "directory")) deep")
        }
        bytes = Array(parts.joined(separator: [slash]))
        depth = parts.count
    }

    var isTop: Bool { bytes.isEmpty }

    /// The last part.
    // bounded: behind a place that was found in the path
    var name: [UInt8] { bytes.lastIndex(of: slash).map { Array(bytes[($0 + 1)...]) } ?? bytes }

    /// What it lies in.
    var parent: EntryPath {
        guard let end = bytes.lastIndex(of: slash) else { return EntryPath(bytes: [], depth: 0) }
        // bounded: a path with a slash has two parts or more
        return EntryPath(bytes: Array(bytes[..<end]), depth: depth - 1)
    }

    /// What lies in it under a name without slashes.
    func child(_ name: [UInt8]) -> EntryPath {
        // bounded: joins bytes; the depth of one that was bounded, and one
        EntryPath(bytes: isTop ? name : bytes + [slash] + name, depth: depth + 1)
    }

    /// Whether a link here with this text can lead to nothing outside, whatever other links that pass this test stand
    /// between: it climbs first, no further than to the top, and then only goes down.
    func keepsInside(_ target: [UInt8]) -> Bool {
        guard target.first != slash else { return false }
        let parts = target.split(separator: slash).filter { $0 != [dot] }
        let climbs = parts.prefix { $0 == [dot, dot] }.count
        return climbs < depth && !parts.dropFirst(climbs).contains([dot, dot])
    }
}

let slash = UInt8(ascii: "/")
let dot = UInt8(ascii: ".")

extension [UInt8] {
    /// With the zero that the kernel wants.
    var terminated: [CChar] { map { CChar(bitPattern: $0) } + [0] }

    /// The bytes of a C string; nil for none.
    init?(cString: UnsafePointer<CChar>?) {
        guard let cString = unsafe cString else { return nil }
        self = unsafe UnsafeBufferPointer(start: cString, count: strlen(cString)).map { UInt8(bitPattern: $0) }
    }
}
