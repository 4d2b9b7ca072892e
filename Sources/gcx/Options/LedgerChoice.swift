import GCXConfig
import GCXModel

/// Which ledger is spoken to, and who said so.
///
/// The nearest word counts: the option, then the environment, then what the user chose, then the machine's configuration.
struct LedgerChoice: Equatable {
    enum Source: Equatable {
        case option
        case environment
        /// The user's own file.
        case user(String)
        /// The configuration of the machine, or its default.
        case configuration

        /// Where it was said, for whoever wants to change it.
        var words: String {
            switch self {
            case .option: "--ledger"
            case .environment: "GCX_LEDGER"
            case .user(let file): "\(file), by `gcx ledger use`"
            case .configuration: "ledger.endpoint of \(Installed.path), or its default"
            }
        }
    }

    let place: String
    let source: Source

    static func find(
        named: String?, environment: String? = Environment.value("GCX_LEDGER"), folder: UserFolder? = .own,
        installed: () throws -> String = { try Installed.configuration().ledger.endpoint }
    ) throws -> LedgerChoice {
        if let named { return LedgerChoice(place: named, source: .option) }
        if let environment { return LedgerChoice(place: environment, source: .environment) }
        if let folder, let chosen = try folder.ledger() {
            return LedgerChoice(place: chosen, source: .user(folder.ledgerFile))
        }
        return LedgerChoice(place: try installed(), source: .configuration)
    }
}
