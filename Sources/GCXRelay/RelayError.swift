package import GCXModel
import GCXSigning
import GCXWire

/// Why a relay does not take a machine or a buyer, or why a machine does not get to a relay.
package enum RelayError: RemediedError, Equatable {
    /// Not `HOST:PORT`.
    case addressMalformed(String)
    /// The relay does not listen.
    case listenFailed(String, reason: String)
    /// Nobody answers there, or not in time.
    case unreachable(String, reason: String)
    /// What the other side sent is no line of the registration.
    case lineMalformed(reason: String)
    /// The registration is for another relay than this one.
    case otherRelay(expected: String, found: Untrusted)
    /// The registration answers another connection's nonce.
    case otherNonce
    /// The machine's key did not sign it.
    case signatureWrong(reason: String)
    /// The two clocks are too far apart, seconds.
    case clocksApart(seconds: UInt64)
    /// The relay has as many of these as it takes.
    case full(what: String)
    /// The relay said no, in its own words.
    case refused(by: String, reason: Untrusted)
    /// The connection ended before it was used.
    case closed
    /// The relay asks more for each GiB than this machine's owner pays; base units.
    case tooDear(price: Amount, most: Amount)
    /// The account that pays holds nothing.
    case noMoney(Address)
    /// Paying the relay does not go on.
    case tollRefused(reason: String)

    package var description: String {
        switch self {
        case .addressMalformed(let text): "“\(PlainText.excerpt(text))” is no address of a relay"
        case .listenFailed(let address, let reason): "cannot relay on \(address): \(reason)"
        case .unreachable(let relay, let reason): "the relay \(relay) cannot be reached: \(reason)"
        case .lineMalformed(let reason): "the other side does not register as a relay and a machine do: \(reason)"
        case .otherRelay(let expected, let found): "this is for the relay \(found.shown), not for \(expected)"
        case .otherNonce: "the registration answers another connection"
        case .signatureWrong(let reason): "the machine's key did not sign this registration: \(reason)"
        case .clocksApart(let seconds):
            "the clocks of machine and relay are \(NumberText.count(seconds, "second")) apart"
        case .full(let what): "the relay takes no more \(what) now"
        case .refused(let relay, let reason): "the relay \(relay) refused: \(reason.shown)"
        case .closed: "the connection was closed before it was registered"
        case .tooDear(let price, let most):
            "the relay asks \(NumberText.amount(price)) for each GiB, and this machine pays no more than \(NumberText.amount(most))"
        case .noMoney(let account): "the relay is to be paid, and the account \(account.checksummed) holds nothing"
        case .tollRefused(let reason): "the relay is not paid: \(PlainText.excerpt(reason))"
        }
    }

    package var remedy: Remedy {
        switch self {
        case .addressMalformed: .fix("Write it as HOST:PORT, such as relay.example:443 or [2001:db8::7]:443.")
        case .listenFailed: .fix("Give another port, or stop the process that has this one.")
        case .unreachable, .full, .closed: .retry(after: .seconds(5))
        case .lineMalformed: .fix("See that the address is a relay's, and that both sides run a current gcx.")
        case .otherRelay: .fix("Let relay.name be the address by which machines dial this relay.")
        case .clocksApart: .fix("Set the clock of the machine: see `timedatectl status`.")
        case .otherNonce, .signatureWrong, .refused, .tollRefused: .refuse
        case .tooDear: .fix("Raise agent.relay_max_price_gib_base_units, or name other relays in agent.relays.")
        case .noMoney: .fix("Let the ledger's operator credit the machine's account, or name relays that ask nothing.")
        }
    }
}

extension RelayError {
    /// What programs compare, on a line.
    private var code: String {
        switch self {
        case .addressMalformed: "addressMalformed"
        case .listenFailed: "listenFailed"
        case .unreachable: "unreachable"
        case .lineMalformed: "lineMalformed"
        case .otherRelay: "otherRelay"
        case .otherNonce: "otherNonce"
        case .signatureWrong: "signatureWrong"
        case .clocksApart: "clocksApart"
        case .full: "full"
        case .refused: "refused"
        case .closed: "closed"
        case .tooDear: "tooDear"
        case .noMoney: "noMoney"
        case .tollRefused: "tollRefused"
        }
    }

    /// As the other side gets it.
    var problem: RelayProblem { RelayProblem(code: code, self) }
}
