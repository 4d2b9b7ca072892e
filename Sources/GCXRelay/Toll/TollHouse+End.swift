import GCXModel
import GCXSigning
import Synchronization

// dictionaries: accounts, senders

/// The end of a relay that is paid.
extension TollHouse {
    /// The last round: nothing passes any more, machines that are here vouch for what passed, and all that is vouched for is claimed.
    /// What nobody vouched for is kept for the next start. What went wrong is said, whatever was said before.
    func finish() async {
        state.withLock { ($0.isOver, $0.lastFault) = (true, "") }
        await hearLastVouchers()
        await claimLast()
        for machine in machines { _ = await attempt { try save(machine) } }
        let left = state.withLock { $0.accounts.values.map(\.unvouched) }.filter { $0 > .zero }
        guard !left.isEmpty else { return }
        let sum = left.reduce(Amount.zero) { $0.adding($1) ?? Amount(.max) }
        onFault(
            "\(NumberText.count(left.count, "machine")) did not vouch for \(NumberText.amount(sum)); the next start asks again"
        )
    }

    private func claimLast() async {
        let deadline = ContinuousClock.now.advanced(by: TollLimits.lastClaims)
        for machine in machines {
            guard ContinuousClock.now < deadline else {
                return onFault("no time is left to claim all that is vouched for; it is kept for the next start")
            }
            do { try await claim(of: machine, force: true) } catch {
                onFault("what \(machine.checksummed) vouched for is not claimed: \(ForeignError.words(error))")
            }
        }
    }

    private func hearLastVouchers() async {
        let deadline = ContinuousClock.now.advanced(by: settings.lastWait)
        while true {
            for machine in state.withLock({ Array($0.senders.keys) }) {
                _ = await attempt { try await writeReceipt(for: machine, isLast: true) }
            }
            guard state.withLock(\.waitsForVoucher), ContinuousClock.now < deadline else { return }
            try? await Task.sleep(for: TollLimits.lastLook)
        }
    }
}

extension TollHouse.State {
    /// Whether a machine that is here has not vouched for all that passed.
    fileprivate var waitsForVoucher: Bool {
        accounts.contains { senders[$0.key] != nil && ($0.value.awaitsVoucher || $0.value.unwritten > 0) }
    }
}
