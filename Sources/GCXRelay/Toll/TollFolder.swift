import FoundationEssentials
import GCXJSON
import GCXLinux
import GCXModel

/// Records of leases in a folder, one file each, replaced as a whole: those of a relay, or of a machine that pays one.
struct TollFolder: Sendable {
    let path: String

    func load<Record: Decodable>(_ lease: LeaseID, as type: Record.Type = Record.self) throws(RelayError) -> Record? {
        do {
            let bytes = try Files.bytes(file(lease), limit: TollLimits.fileBytesMax)
            return try StrictJSON.decode(Record.self, from: bytes)
        } catch let error as LinuxError where error.isNotFound {
            return nil
        } catch {
            throw .tollRefused(reason: "\(file(lease)) cannot be read: \(ForeignError.words(error))")
        }
    }

    /// What was saved is on the disk.
    func save(_ record: some Encodable, of lease: LeaseID) throws(RelayError) {
        do {
            try Files.makeDirectories(path, mode: 0o700)
            try DurableFile.write(try CanonicalJSON.bytes(record), to: file(lease))
        } catch {
            throw .tollRefused(reason: "\(file(lease)) cannot be written: \(ForeignError.words(error))")
        }
    }

    /// All that can be read.
    func all<Record: Decodable>(as type: Record.Type) -> [Record] {
        let names = (try? Files.names(in: path)) ?? []
        return names.compactMap { $0.hasSuffix(".json") ? LeaseID(String($0.dropLast(5))) : nil }
            .compactMap { (try? load($0, as: type)) ?? nil }
    }

    func remove(_ lease: LeaseID) { try? Files.removeTree(file(lease)) }

    private func file(_ lease: LeaseID) -> String { "\(path)/\(lease).json" }
}
