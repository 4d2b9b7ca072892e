import Foundation
import GCXHardware
import GCXModel
import Testing

/// The machine folders, and the real probe that reads them.
enum Machines {
    static let folder: String = {
        var parts = #filePath.split(separator: "/").map(String.init)
        parts.removeLast(2)
        return "/" + parts.joined(separator: "/") + "/Fixtures/Machines"
    }()

    /// The gcx-probe that was built beside the tests.
    static func probe() throws -> HardwareProbe {
        try HardwareProbe.located()
    }

    static func read(_ name: String) async throws -> Inventory {
        try await probe().inventory(of: .machineFolder("\(folder)/\(name)"))
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(path)")), as: UTF8.self)
    }
}

/// A folder that is empty at first and gone at the end.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "gcx-test-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes an executable shell script and returns its path.
    ///
    /// A shell writes it: were it open for writing here, a child that another test starts at that moment would hold
    /// the descriptor too, and the script could not be run ("text file busy").
    func script(_ body: String) throws -> String {
        let file = "\(path)/probe"
        let shell = try Process.run(
            URL(filePath: "/bin/sh"),
            arguments: ["-c", #"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod 755 "$0""#, file, body])
        shell.waitUntilExit()
        try #require(shell.terminationStatus == 0)
        return file
    }

    func text(_ name: String) -> String? {
        (try? Data(contentsOf: URL(filePath: "\(path)/\(name)"))).map { String(decoding: $0, as: UTF8.self) }
    }
}
