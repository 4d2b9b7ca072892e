import CKernels
import GCXBenchmark
import GCXHardware
import GCXModel
import Glibc

/// The nameless file of the storage benchmarks, with the count of what may still be written to it.
@safe final class BenchFile {
    static let blockBytes = 1 << 20
    private static let blocksMin = 8

    let file: gcx_storage_file
    /// What the file lies on in the end.
    let ground: StorageGround
    private let directory: String
    private let buffer: UnsafeMutableRawPointer
    private let bytesMax: UInt64
    /// Bytes appended so far; also the end of the file.
    private(set) var written: UInt64 = 0
    /// Bytes written a second time.
    private var overwritten: UInt64 = 0

    init(directory: String, bytesMax: UInt64) throws(BenchFailure) {
        let file = unsafe gcx_storage_open(directory)
        guard file.fd >= 0 else { throw .system(operation: "make a file in", object: directory, errno: errno) }
        let room = gcx_storage_room(file.fd)
        guard room > bytesMax else {
            close(file.fd)
            throw .noRoom(directory: directory, room: room, needed: bytesMax)
        }
        guard let buffer = unsafe gcx_memory_map(Self.blockBytes) else {
            let code = errno
            close(file.fd)
            throw .system(operation: "allocate", object: NumberText.count(Self.blockBytes, "byte"), errno: code)
        }
        unsafe gcx_storage_fill(buffer, Self.blockBytes, gcx_now_nanoseconds())
        self.file = file
        ground = Self.ground(of: file)
        self.directory = directory
        unsafe self.buffer = unsafe buffer
        self.bytesMax = bytesMax
    }

    deinit {
        unsafe gcx_memory_unmap(buffer, Self.blockBytes)
        close(file.fd)
    }

    var conditions: [Flag] { (file.is_direct == 0 ? [.buffered] : []) + Self.conditions(of: ground) }

    static func conditions(of ground: StorageGround) -> [Flag] {
        switch ground.kind {
        case .device: []
        case .memory: [.memoryBacked]
        case .unknown: [.groundUnknown]
        }
    }

    /// The filesystem's own word counts where the table of mounts is out of sight.
    private static func ground(of file: gcx_storage_file) -> StorageGround {
        let found = StorageResolver.live().ground(ofDescriptor: file.fd)
        return file.is_memory != 0 && found.kind != .memory ? StorageGround(.memory, "a filesystem in memory") : found
    }

    /// Bytes that one run may write altogether.
    var budget: UInt64 { bytesMax }

    /// What an axis that writes may leave behind it as ``used``: half of what is left, so that however often it repeats a sample
    /// the axes to come find something.
    var usedMax: UInt64 { used + (bytesMax - used) / 2 }
    var used: UInt64 { written + overwritten }

    /// Appends and makes durable; nanoseconds, or nil when that would be more than may be written.
    func append(blocks: Int, of blockBytes: Int) throws(BenchFailure) -> UInt64? {
        let bytes = UInt64(blocks * blockBytes)
        guard used + bytes <= bytesMax else { return nil }
        var nanoseconds: UInt64 = 0
        let code = unsafe gcx_storage_write(file.fd, buffer, blockBytes, UInt32(blocks), written, &nanoseconds)
        guard code == 0 else { throw .system(operation: "write to a file in", object: directory, errno: code) }
        written += bytes
        return max(1, nanoseconds)
    }

    /// Appends a few blocks where no axis before has written as many, so that there are places to choose from.
    func grow() throws(BenchFailure) {
        guard written < UInt64(Self.blocksMin * Self.blockBytes) else { return }
        _ = try append(blocks: Self.blocksMin, of: Self.blockBytes)
    }

    /// Writes over blocks that were written before; nanoseconds, or nil when that would be more than may be written.
    func overwrite(at offsets: [UInt64], blockBytes: Int) throws(BenchFailure) -> UInt64? {
        guard try claim(offsets.count * blockBytes) else { return nil }
        var nanoseconds: UInt64 = 0
        let code = unsafe gcx_storage_overwrite(
            file.fd, buffer, blockBytes, offsets, UInt32(offsets.count), &nanoseconds)
        guard code == 0 else { throw .system(operation: "write to a file in", object: directory, errno: code) }
        return max(1, nanoseconds)
    }

    /// Reads or writes over blocks with as many under way as the ring is deep; nanoseconds, or nil as above.
    func run(_ ring: BenchRing, writes: Bool, at offsets: [UInt64], blockBytes: Int) throws(BenchFailure) -> UInt64? {
        if writes { guard try claim(offsets.count * blockBytes) else { return nil } }
        var nanoseconds: UInt64 = 0
        let code = unsafe offsets.withUnsafeBufferPointer { offsets in
            var job = unsafe gcx_ring_job(
                fd: file.fd, writes: writes ? 1 : 0, buffer: buffer, block_bytes: blockBytes,
                offsets: offsets.baseAddress, count: UInt32(offsets.count))
            return unsafe gcx_ring_run(ring.handle, &job, &nanoseconds)
        }
        guard code == 0 else { throw .system(operation: "use io_uring on a file in", object: directory, errno: code) }
        return max(1, nanoseconds)
    }

    /// Counts bytes that are about to be written over others.
    private func claim(_ bytes: Int) throws(BenchFailure) -> Bool {
        guard used + UInt64(bytes) <= bytesMax else { return false }
        overwritten += UInt64(bytes)
        return true
    }

    /// Reads the blocks at `offsets`, one after the other; nanoseconds.
    func read(at offsets: [UInt64], blockBytes: Int) throws(BenchFailure) -> UInt64 {
        var nanoseconds: UInt64 = 0
        let code = unsafe gcx_storage_read(file.fd, buffer, blockBytes, offsets, UInt32(offsets.count), &nanoseconds)
        guard code == 0 else { throw .system(operation: "read a file in", object: directory, errno: code) }
        return max(1, nanoseconds)
    }
}

/// How long this thread was ready to run and was not let: a disk's answer that nobody takes is not the disk's delay.
enum BenchPatience {
    /// Nanoseconds so far, of the second number of `schedstat` (the kernel's sched-stats.rst); nil on a kernel without.
    static var waited: UInt64? {
        BenchSystem.text("/proc/thread-self/schedstat").flatMap(waitedNanoseconds(schedstat:))
    }

    static func waitedNanoseconds(schedstat: String) -> UInt64? {
        let words = schedstat.split(whereSeparator: \.isWhitespace)
        return words.count >= 2 ? UInt64(words[1]) : nil
    }

    /// The share of `nanoseconds`, which is what `work` says it took, in which this thread did not wait for a processor.
    static func share(_ work: () throws(BenchFailure) -> UInt64?) throws(BenchFailure)
        -> (nanoseconds: UInt64, processorShare: Double?)?
    {
        let before = waited
        guard let nanoseconds = try work() else { return nil }
        guard let before, let after = waited, after >= before else { return (nanoseconds, nil) }
        return (nanoseconds, max(0, 1 - Double(after - before) / Double(max(1, nanoseconds))))
    }
}

/// `storage.write.sequential`
struct BenchDiskWrite: BenchMeasurement {
    let file: BenchFile
    private let blocks: Int
    let threads = 1
    var workingSetBytes: UInt64 { UInt64(blocks * BenchFile.blockBytes) }
    var conditions: [Flag] { file.conditions }

    /// Half of the bytes go to the samples wanted, the rest stays for the other axes.
    init(file: BenchFile) {
        self.file = file
        let samples = UInt64(Benchmark.diskWrite.validity.samplesWanted)
        blocks = max(1, Int(file.budget / 2 / samples) / BenchFile.blockBytes)
    }

    mutating func sample() throws(BenchFailure) -> Sample? {
        // Repeated samples must not take what the other axes need.
        guard file.written + workingSetBytes <= file.budget / 2 else { return nil }
        return try BenchPatience.share { () throws(BenchFailure) in
            try file.append(blocks: blocks, of: BenchFile.blockBytes)
        }.map {
            Sample(value: Double(workingSetBytes) * 1e9 / Double($0.nanoseconds), processorShare: $0.processorShare)
        }
    }
}

/// `storage.read.sequential`
struct BenchDiskRead: BenchMeasurement {
    private static let blocksPerSample = 16

    let file: BenchFile
    let threads = 1
    private var next = 0
    private let blocks: Int
    var workingSetBytes: UInt64 { UInt64(blocks * BenchFile.blockBytes) }
    var conditions: [Flag] { file.conditions }

    /// Writes first what is missing to one sample's worth.
    init(file: BenchFile) throws(BenchFailure) {
        self.file = file
        let missing = Self.blocksPerSample - Int(file.written) / BenchFile.blockBytes
        if missing > 0 { _ = try file.append(blocks: missing, of: BenchFile.blockBytes) }
        blocks = Int(file.written) / BenchFile.blockBytes
    }

    mutating func sample() throws(BenchFailure) -> Sample? {
        guard blocks >= Self.blocksPerSample else { return nil }
        let offsets = (0..<Self.blocksPerSample).map { UInt64((next + $0) % blocks * BenchFile.blockBytes) }
        next = (next + Self.blocksPerSample) % blocks
        return try BenchPatience.share { () throws(BenchFailure) in
            try file.read(at: offsets, blockBytes: BenchFile.blockBytes)
        }.map {
            let bytes = Double(Self.blocksPerSample * BenchFile.blockBytes)
            return Sample(value: bytes * 1e9 / Double($0.nanoseconds), processorShare: $0.processorShare)
        }
    }
}

/// `storage.read.random`, `storage.write.random`, and both at depth 32.
struct BenchDiskRandom: BenchMeasurement {
    private static let blockBytes: UInt64 = 4096

    let file: BenchFile
    private let writes: Bool
    /// Nil for one block at a time.
    private let ring: BenchRing?
    private let usedMax: UInt64
    let threads = 1
    var workingSetBytes: UInt64 { file.written }
    var conditions: [Flag] { file.conditions }

    /// Writes a small file first when no axis before has written one.
    ///
    /// - Parameter depth: blocks under way at once; above 1 by io_uring.
    init(file: BenchFile, writes: Bool, depth: Int = 1) throws(BenchFailure) {
        self.file = file
        self.writes = writes
        ring = depth > 1 ? try BenchRing(depth: UInt32(depth)) : nil
        try file.grow()
        usedMax = file.usedMax
        // Filling and emptying the ring is in the figure, so a sample is many rings long; but all samples must fit.
        let samples = UInt64(Benchmark.diskRandomWriteDeep.validity.samplesWanted)
        let most = writes ? Int((usedMax - file.used) / samples / Self.blockBytes) : Self.blocksDeep
        blocksPerSample = ring == nil ? Self.blocksAlone : max(2 * depth, min(Self.blocksDeep, most))
    }

    /// Some milliseconds either way.
    private static let (blocksAlone, blocksDeep) = (128, 1_024)
    private let blocksPerSample: Int

    mutating func sample() throws(BenchFailure) -> Sample? {
        let blocks = file.written / Self.blockBytes
        guard blocks > 0, !writes || file.used < usedMax else { return nil }
        let offsets = (0..<blocksPerSample).map { _ in UInt64.random(in: 0..<blocks) * Self.blockBytes }
        return try BenchPatience.share { () throws(BenchFailure) in try run(at: offsets) }.map {
            // The kernel hands deep writes to workers of its own, which this thread then waits behind.
            Sample(
                value: Double(blocksPerSample) * 1e9 / Double($0.nanoseconds),
                processorShare: writes && ring != nil ? nil : $0.processorShare)
        }
    }

    private func run(at offsets: [UInt64]) throws(BenchFailure) -> UInt64? {
        let bytes = Int(Self.blockBytes)
        if let ring { return try file.run(ring, writes: writes, at: offsets, blockBytes: bytes) }
        return writes
            ? try file.overwrite(at: offsets, blockBytes: bytes) : try file.read(at: offsets, blockBytes: bytes)
    }
}

/// An io_uring of this thread.
@safe final class BenchRing {
    let handle: OpaquePointer

    init(depth: UInt32) throws(BenchFailure) {
        guard let handle = unsafe gcx_ring_open(depth) else {
            throw .system(operation: "set up", object: "io_uring", errno: errno)
        }
        unsafe self.handle = unsafe handle
    }

    deinit { unsafe gcx_ring_close(handle) }
}

/// `storage.fsync.p50` and `storage.fsync.p99`
struct BenchDiskSync: BenchMeasurement {
    private static let blockBytes = 4096

    let file: BenchFile
    private let usedMax: UInt64
    let threads = 1
    let workingSetBytes = UInt64(blockBytes)
    var conditions: [Flag] { file.conditions }

    init(file: BenchFile) {
        self.file = file
        usedMax = file.usedMax
    }

    mutating func sample() throws(BenchFailure) -> Sample? {
        guard file.used < usedMax else { return nil }
        return try BenchPatience.share { () throws(BenchFailure) in try file.append(blocks: 1, of: Self.blockBytes) }
            .map { Sample(value: Double($0.nanoseconds) * 1000, processorShare: $0.processorShare) }
    }
}

/// `storage.read.random.p50` and `storage.read.random.p99`
struct BenchDiskLatency: BenchMeasurement {
    private static let blockBytes = 4096

    let file: BenchFile
    let threads = 1
    var workingSetBytes: UInt64 { file.written }
    var conditions: [Flag] { file.conditions }

    /// Writes a small file first when no axis before has written one.
    init(file: BenchFile) throws(BenchFailure) {
        self.file = file
        try file.grow()
    }

    mutating func sample() throws(BenchFailure) -> Sample? {
        let blocks = file.written / UInt64(Self.blockBytes)
        guard blocks > 0 else { return nil }
        let offset = UInt64.random(in: 0..<blocks) * UInt64(Self.blockBytes)
        return try BenchPatience.share { () throws(BenchFailure) in
            try file.read(at: [offset], blockBytes: Self.blockBytes)
        }.map { Sample(value: Double($0.nanoseconds) * 1000, processorShare: $0.processorShare) }
    }
}
