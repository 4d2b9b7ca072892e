import GCXLedger
import GCXLinux
import GCXModel
import GCXSandbox
import GCXSigning
import GCXWire
import Logging
import ServiceLifecycle

/// Measures the machine, signs what was found and keeps a live offer on the ledger.
///
/// An offer of an earlier life is used again while more than half of its time is left, the policy is the same and the
/// machine still claims the same of itself; then the machine is measured anew. An offer that was withdrawn on the ledger
/// is not published again while it would have been used: the owner took it back.
///
/// While an offer stands the machine is glanced at every second. When it has less than the offer sells (memory that the owner
/// set aside as huge pages, cores that went offline, a tighter control group, a GPU that is gone, a full disk) nothing is signed
/// on that offer any more, the status says why, and what is left is measured and offered.
package struct OfferService: Service {
    let context: KeeperContext
    let core: AgentCore
    let measurer: any MachineMeasurer
    /// Rung when the owner's policy may be another one.
    let bell = Bell()

    package init(context: KeeperContext, core: AgentCore, measurer: any MachineMeasurer) {
        self.context = context
        self.core = core
        self.measurer = measurer
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let seen = await sight
                let isFresh = await refresh()
                await wait(isFresh ? pauseUntilNextLook : AgentLimits.offerRetryInterval, since: seen)
            }
        }
    }

    /// Until it is time for another look, the machine is no longer as it was before the last one, or the policy may be another.
    func wait(_ pause: Duration, since seen: Sight) async {
        let clock = context.clock
        let end = clock.boot().saturatingSum(pause.wholeNanoseconds)
        while !Task.isCancelled, await sight == seen {
            let now = clock.boot()
            guard now < end else { return }
            // bounded: the end is later, asked first
            let glance = min(end - now, AgentLimits.glanceInterval.wholeNanoseconds)
            if await bell.wait(atMost: .nanoseconds(Int64(clamping: glance)), by: clock.pause) { return }
        }
    }

    /// What is seen in passing of all that is for sale.
    struct Sight: Equatable {
        var glance: MachineGlance?
        var devices: [String]
        var isDiskShort: Bool
    }

    var sight: Sight {
        get async {
            let offered = await core.offer?.signed.document.capacity.storageBytes
            let left = try? StorageForSale.read(context).bytes
            let isShort = offered.flatMap { offered in left.map { Shrinkage.isShort($0, of: offered) } } ?? false
            return Sight(glance: measurer.glance(), devices: devices, isDiskShort: isShort)
        }
    }

    /// Half of an offer's life may be shorter than the time between two looks at the machine.
    private var pauseUntilNextLook: Duration {
        let half = Duration.seconds(Int64(clamping: max(context.settings.offer.validSeconds / 4, 1)))
        return min(context.settings.probeInterval, half)
    }

    /// One look: publishes when there is no offer, when it is half spent, or when what is for sale has changed.
    ///
    /// - Returns: false when something failed, so that it is tried again soon.
    func refresh() async -> Bool {
        do {
            try postGrant()
            if let current = try await usable() {
                try await use(current)
            } else {
                try await publish()
                await context.problems.clear("offer")
            }
            return true
        } catch {
            // Nothing failed where the agent was told to stop in the middle.
            guard !Task.isCancelled else {
                context.logger.info("measurement ended, for the agent stops")
                return false
            }
            await context.problems.note("offer", error.description)
            context.logger.error("offer not published", metadata: ["error": "\(error.description)"])
            return false
        }
    }

    private func use(_ current: Signed<Offer>) async throws(AgentError) {
        let digest = current.digest(in: context.identity.domain)
        // A ledger that does not answer has nothing new to say about the offer; the outbox notices its silence.
        let isWithdrawn = (try? await context.ledger.offer(digest))?.withdrawnAt != nil
        guard isWithdrawn else {
            await core.use(current, digest: digest)
            return await context.problems.clear("offer")
        }
        await core.retractOffer()
        await context.problems.note(
            "offer", "offer \(digest.short) was withdrawn on the ledger; change the policy to make another")
    }

    private func postGrant() throws(AgentError) {
        let entry = Entry.grant(context.identity.grant)
        try context.store.enqueue(entry, key: entry.key(in: context.identity.domain).description, lease: nil)
    }

    private func usable() async throws(AgentError) -> Signed<Offer>? {
        guard let text = try context.store.setting(Setting.current),
            let signed = try? StoredJSON.decode(Signed<Offer>.self, text)
        else { return nil }
        let offer = signed.document
        // Looked at first, whatever becomes of the offer: until another is made, leases are signed on this one.
        let inventory = try await measurer.look()
        let left = try await left(for: offer, inventory)
        let policy = builder
        // bounded: the smaller from the larger
        let life = offer.expiresAt > offer.issuedAt ? offer.expiresAt - offer.issuedAt : 0
        let halfLife = offer.issuedAt.saturatingSum(life / 2)
        let same = policy.offer(
            id: offer.offerID, revision: offer.revision, capacity: offer.capacity, facts: offer.facts,
            attestation: offer.attestation, at: offer.issuedAt)
        guard context.now() < halfLife, same == offer else { return nil }
        await core.use(machineMap(inventory))
        // bounded here: joins lists
        let claims =
            policy.offered(
                inventory.claimedFacts(at: offer.issuedAt), of: inventory, capacity: offer.capacity)
            + granted(at: offer.issuedAt)
        let known = offer.facts.filter { $0.level == .claimed }
        guard left.cores == offer.capacity.cores, left.memoryBytes == offer.capacity.memoryBytes,
            left.gpus == offer.capacity.gpus, Shrinkage(from: offer.capacity, to: left, inventory) == nil
        else { return nil }
        return claims.map(\.asClaim) == known.map(\.asClaim) ? signed : nil
    }

    /// What the machine has to sell now. Where that is less than is offered, the offer is taken down before anything else is done.
    private func left(for offer: Offer, _ inventory: Inventory) async throws(AgentError) -> Resources {
        do {
            let left = try builder.capacity(
                of: inventory, storage: try StorageForSale.read(context), gpus: devices.count)
            await noteOverselling(left)
            if let shrinkage = Shrinkage(from: offer.capacity, to: left, inventory) { await takeDown(shrinkage.lines) }
            return left
        } catch {
            await noteOverselling(Resources(cores: 0, memoryBytes: 0, storageBytes: 0, gpus: 0))
            await takeDown([error.description])
            throw error
        }
    }

    /// Leases that are running keep what they were sold, and the owner hears that the machine no longer has it.
    private func noteOverselling(_ left: Resources) async {
        let leased = ((try? context.store.book().holders(at: context.now())) ?? []).map(\.terms.resources)
        let cores = leased.reduce(UInt64(0)) { $0.saturatingSum(UInt64($1.cores)) }  // bounded: 32 bits in 64
        let memory = leased.reduce(UInt64(0)) { $0.saturatingSum($1.memoryBytes) }
        // bounded: 32 bits in 64
        guard cores > UInt64(left.cores) || memory > left.memoryBytes else {
            return await context.problems.clear("leases")
        }
        await context.problems.note(
            "leases",
            "they hold \(NumberText.count(cores, "core")) and \(NumberText.size(memory)) of memory, and the machine has \(left.cores) and "
                + "\(NumberText.size(left.memoryBytes)) for them: give back what was taken, or their jobs run short")
    }

    private func takeDown(_ reasons: [String]) async {
        guard await core.offer != nil else { return }
        let why = reasons.joined(separator: "; ")
        await core.retractOffer()
        await context.problems.note("offer", "the machine has less than it offered: \(why); it is measured again")
        context.logger.warning("offer taken down", metadata: ["reason": "\(why)"])
    }

    private func machineMap(_ inventory: Inventory) -> MachineMap {
        let cores = CoreMap(inventory, reserved: context.settings.offer.coresReserved)
        return MachineMap(cores: context.settings.jobs.exclusiveCores ? cores : nil, devices: devices)
    }

    /// The owner's GPUs that are described and there; the others are a problem, and not for sale.
    private var devices: [String] {
        context.settings.jobs.gpus.filter { (try? context.driver.checkDevices([$0])) != nil }
    }

    /// What every lease gets besides its resources, by the owner's word.
    private func granted(at now: UInt64) -> [Fact] {
        guard let network = context.settings.network else { return [] }
        return [
            Fact(
                name: Fact.egressName, value: network.bytesPerSecond, unit: "B/s", level: .claimed, measuredAt: now)
        ]
    }

    private var builder: OfferBuilder {
        OfferBuilder(
            policy: context.settings.offer, identity: context.identity, isolation: context.driver.isolation)
    }

    private func publish() async throws(AgentError) {
        let now = context.now()
        try context.identity.requireGrant(at: now)
        let measurement = try await context.standing.measuring(since: now, seconds: measurer.secondsExpected) {
            () async throws(AgentError) in try await measurer.measure(at: now)
        }
        // A measurement that was cut short is none to sign.
        guard !Task.isCancelled else { throw .sandbox("the measurement was ended", remedy: "Start the agent again.") }
        await core.use(machineMap(measurement.inventory))
        try keep(measurement.documents)
        let record = try await context.identity.sign(builder.attestation(measurement, at: now))
        try enqueue(.attestation(record))
        let capacity = try builder.capacity(
            of: measurement.inventory, storage: try StorageForSale.read(context), gpus: devices.count)
        await noteDevices()
        let offer = builder.offer(
            id: try offerID(), revision: try nextRevision(), capacity: capacity,
            // bounded: joins lists
            facts: builder.offered(measurement.facts, of: measurement.inventory, capacity: capacity) + granted(at: now),
            attestation: record.digest(in: context.identity.domain), at: now)
        let signed = try await context.identity.sign(offer)
        try context.store.set(Setting.current, encode(signed))
        try enqueue(.offer(signed))
        await core.use(signed, digest: signed.digest(in: context.identity.domain))
        for problem in measurement.problems {
            context.logger.warning("not measured", metadata: ["reason": "\(problem)"])
        }
        context.logger.info("offer published", metadata: ["offer.revision": "\(offer.revision)"])
    }

    private func noteDevices() async {
        var problems: [String] = []
        for name in context.settings.jobs.gpus {
            do { try context.driver.checkDevices([name]) } catch { problems.append(error.description) }
        }
        if problems.isEmpty { return await context.problems.clear("devices") }
        await context.problems.note("devices", problems.joined(separator: "; "))
    }

    /// An attestation names its evidence by digest; the evidence is a file of that name for as long as the machine is.
    private func keep(_ documents: [Digest: [UInt8]]) throws(AgentError) {
        let directory = context.settings.evidencePath
        do throws(LinuxError) {
            try Files.makeDirectories(directory, mode: 0o700)
            for (digest, bytes) in documents {
                try DurableFile.write(bytes, to: "\(directory)/\(Hex.encodeBare(digest.bytes)).json", mode: 0o644)
            }
        } catch { throw .storage(Untrusted(error.description)) }
    }

    private func enqueue(_ entry: Entry) throws(AgentError) {
        try context.store.enqueue(entry, key: entry.key(in: context.identity.domain).description, lease: nil)
    }

    private func offerID() throws(AgentError) -> Digest {
        if let text = try context.store.setting(Setting.id), let id = Digest(text) { return id }
        let id = Digest.random()
        try context.store.set(Setting.id, id.description)
        return id
    }

    // Written before the offer is signed: a crash in between skips a number, which is allowed, and never repeats one.
    private func nextRevision() throws(AgentError) -> UInt64 {
        // bounded: a revision each half hour or so
        let next = (try context.store.setting(Setting.revision).flatMap { UInt64($0) } ?? 0) + 1
        try context.store.set(Setting.revision, "\(next)")
        return next
    }

    private func encode(_ signed: Signed<Offer>) throws(AgentError) -> String {
        do { return try StoredJSON.encode(signed) } catch { throw .storage(Untrusted(ForeignError.words(error))) }
    }

    private enum Setting {
        static let id = "offer.id"
        static let revision = "offer.revision"
        static let current = "offer.current"
    }
}

extension Fact {
    /// What is claimed, whenever it was looked at.
    fileprivate var asClaim: [Untrusted] { [name, "\(value)", unit] }
}
