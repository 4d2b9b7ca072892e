import GCXLedger
import GCXModel
import GCXSigning
import GCXWire
import NIOCore
import Synchronization

// dictionaries: rests

/// How much each connection, each peer and each account may write into a ledger.
///
/// A post draws from its connection and from its peer. When one of those is empty, because somebody behind the same
/// socket floods, an account that has money or leases draws from a quota of its own: keys are free, and money is not.
final class PostQuota: Sendable {
    /// Posts and bytes.
    struct Size: Sendable {
        var posts: TokenBucket.Size
        var bytes: TokenBucket.Size
    }

    /// Who draws.
    private enum Purse: Hashable {
        case connection(ConnectionID)
        case peer(Peer)
        case account(Address)
    }

    /// What one may still write.
    private struct Rest {
        var posts: TokenBucket
        var bytes: TokenBucket

        init(_ size: Size, at now: NIODeadline) {
            posts = TokenBucket(size.posts, at: now)
            bytes = TokenBucket(size.bytes, at: now)
        }

        /// Seconds to wait; 0 when it was taken.
        mutating func take(_ count: Int64, at now: NIODeadline) -> Int64 {
            let (first, second) = (posts.take(1, at: now), bytes.take(count, at: now))
            if first > 0, second == 0 { bytes.put(count) }
            if second > 0, first == 0 { posts.put(1) }
            return max(first, second)
        }

        mutating func put(_ count: Int64) {
            posts.put(1)
            bytes.put(count)
        }

        func isFull(at now: NIODeadline) -> Bool { posts.isFull(at: now) && bytes.isFull(at: now) }
    }

    let limits: PostLimits
    private let rests = Mutex<[Purse: Rest]>([:])

    init(_ limits: PostLimits) { self.limits = limits }

    /// Draws one post of so many bytes.
    ///
    /// - Parameter account: who signed it, if it is an account that has something to lose; asked only in need.
    /// - Returns: the account that paid; ``giveBack(_:to:)`` when nothing was written, or anybody could use up the quota
    ///   of another by posting what that one once signed.
    /// - Throws: `RequestError.quotaUsed`; nothing is drawn then.
    func draw(_ bytes: Int, for visit: Visit?, account: () async -> Address?) async throws -> Address? {
        guard let visit else { return nil }
        let wait = draw(bytes, [(.connection(visit.id), limits.connection), (.peer(visit.peer), limits.peer)])
        guard wait > 0 else { return nil }
        if let account = await account(), draw(bytes, [(.account(account), limits.account)]) == 0 { return account }
        throw RequestError.quotaUsed("posts", afterSeconds: wait)
    }

    func giveBack(_ bytes: Int, to account: Address?) {
        guard let account else { return }
        rests.withLock { rests in rests[.account(account)]?.put(Int64(bytes)) }  // bounded: bytes of a post in memory
    }

    /// From all or from none. Returns the seconds to wait.
    private func draw(_ bytes: Int, _ purses: [(Purse, Size)]) -> Int64 {
        let now = NIODeadline.now()
        return rests.withLock { rests in
            if rests.count > ServerLimits.pursesMax { rests = rests.filter { !$0.value.isFull(at: now) } }
            var wait: Int64 = 0
            var drawn: [Purse] = []
            for (purse, size) in purses where wait == 0 {
                // bounded: bytes of a post in memory
                wait = rests[purse, default: Rest(size, at: now)].take(Int64(bytes), at: now)
                if wait == 0 { drawn.append(purse) }
            }
            // bounded: bytes of a post in memory
            if wait > 0 { for purse in drawn { rests[purse]?.put(Int64(bytes)) } }
            return wait
        }
    }
}

/// The quotas of a ledger's server.
struct PostLimits: Sendable {
    var connection = ServerLimits.postsOfConnection
    var peer = ServerLimits.postsOfPeer
    var account = ServerLimits.postsOfAccount
}

extension Entry {
    /// The account behind a post, if the signature is good and the account has something to lose: a balance or a lease.
    ///
    /// - Complexity: one or two recoveries of a key, a fifth of a millisecond, beside the ledger's thread.
    func standingAccount(on ledger: any Ledger) async -> Address? {
        guard let domain = try? await ledger.identity().domain else { return nil }
        for signer in signers(digest(in: domain)).compactMap({ $0 }) {
            // A voucher is signed with a key made for the lease; the one it pays for posts it.
            if case .claim(let voucher) = self, let lease = try? await ledger.lease(voucher.document.channel),
                lease.terms.session == signer
            {
                return lease.terms.payee
            }
            if await ledger.isStanding(signer) { return signer }
        }
        return nil
    }
}

extension Signed<SignOfLife> {
    /// The machine behind a sign of life, if it has something to lose.
    func standingAccount(on ledger: any Ledger) async -> Address? {
        guard let domain = try? await ledger.identity().domain, let signer = try? signer(in: domain) else { return nil }
        return await ledger.isStanding(signer) ? signer : nil
    }
}

extension Ledger {
    /// Whether an account has a balance, or a lease in which it is a party.
    fileprivate func isStanding(_ signer: Address) async -> Bool {
        guard let account = try? await account(signer) else { return false }
        if account.balance > .zero || account.escrowed > .zero { return true }
        guard let page = try? await leases(of: signer, from: 0) else { return false }
        return !page.items.isEmpty
    }
}
