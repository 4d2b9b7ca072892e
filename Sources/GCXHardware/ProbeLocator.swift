import Glibc

/// Where `gcx-probe` is: what `GCX_PROBE` names, else beside the running program, else in `../libexec/gcx/`.
package enum ProbeLocator {
    package static let variable = "GCX_PROBE"

    /// The first place that holds an executable file.
    ///
    /// - Throws: ``ProbeError/notFound(searched:)``.
    package static func locate() throws(ProbeError) -> String {
        let override = unsafe getenv(variable).map { unsafe String(cString: $0) }
        return try locate(override: override, program: SystemRoot.live.linkTarget("proc/self/exe"))
    }

    /// The same as a function of its inputs. An override is the only place looked at: a typing error must show.
    package static func locate(override: String?, program: String?) throws(ProbeError) -> String {
        let places = override.map { [$0] } ?? program.map(places(beside:)) ?? []
        guard let found = places.first(where: { unsafe access($0, X_OK) == 0 }) else {
            throw .notFound(searched: places)
        }
        return found
    }

    private static func places(beside program: String) -> [String] {
        let folder = program.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        return ["\(folder)/gcx-probe", "\(folder)/../libexec/gcx/gcx-probe"]
    }
}
