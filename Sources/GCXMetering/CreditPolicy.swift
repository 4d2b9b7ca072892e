package import GCXModel

/// Whether a job may go on, given what it has used and what was vouched for.
///
/// The provider risks at most the credit limit, and never works for more than the deposit holds: the deposit's end
/// pauses the job before it is reached, because what is used beyond it can never be claimed.
package struct CreditPolicy: Equatable, Sendable {
    package enum Decision: Equatable, Sendable {
        case run, pause
    }

    package var creditLimit: Amount
    package var deposit: Amount
    /// What the job can use up between two looks, base units.
    package var reserve: Amount

    package init(creditLimit: Amount, deposit: Amount, reserve: Amount) {
        self.creditLimit = creditLimit
        self.deposit = deposit
        self.reserve = reserve
    }

    /// - Parameters:
    ///   - metered: owed by now, base units.
    ///   - vouched: covered by the best voucher, base units.
    package func decide(metered: Amount, vouched: Amount) -> Decision {
        let exposure = metered.subtracting(vouched) ?? .zero
        if exposure > creditLimit { return .pause }
        return isSpent(metered: metered) ? .pause : .run
    }

    /// True when the deposit would not cover what the job may use until the next look: no voucher can mend that.
    package func isSpent(metered: Amount) -> Bool {
        guard let ahead = metered.adding(reserve) else { return true }
        return ahead > deposit
    }
}
