import GCXLinux
import Glibc

extension Unpacker {
    /// Names another program, for a build that lies elsewhere.
    package static let variable = "GCX_UNPACK"

    /// The program `gcx-unpack`: what `GCX_UNPACK` names, else beside the running program, else in `../libexec/gcx/`,
    /// else beside the library that this code is in.
    ///
    /// - Throws: ``ImageError/noUnpacker(searched:)``.
    package static func located() throws(ImageError) -> Unpacker {
        if let named = unsafe getenv(variable) { return try unsafe first(of: [String(cString: named)]) }
        return try first(of: [OwnFile.program, OwnFile.library].compactMap { $0 }.flatMap(places(beside:)))
    }

    /// The same, and at first beside another program of ours.
    package static func located(beside program: String) throws(ImageError) -> Unpacker {
        if let found = try? first(of: places(beside: program)) { return found }
        return try located()
    }

    private static func first(of places: [String]) throws(ImageError) -> Unpacker {
        guard let found = places.first(where: { unsafe access($0, X_OK) == 0 }) else {
            throw .noUnpacker(searched: places)
        }
        return Unpacker(program: found)
    }

    private static func places(beside program: String) -> [String] {
        let folder = program.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        return ["\(folder)/gcx-unpack", "\(folder)/../libexec/gcx/gcx-unpack"]
    }
}
