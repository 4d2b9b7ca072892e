package import GCXModel

/// A job's use over its whole life in at most ``pointsMax`` points: the longer it runs, the further apart they are.
package struct UsageGraph: Codable, Equatable, Sendable {
    /// Enough for a line across a wide terminal, and a few kilobytes.
    package static let pointsMax = 240

    package private(set) var points: [UsagePoint] = []
    /// Points are at least this far apart, ns.
    private var stride: UInt64 = 0

    package init() {}

    /// Takes a sample in; one too close to the last point replaces it, so the end is always there.
    package mutating func add(_ sample: RawSample) {
        let point = UsagePoint(sample)
        if points.count >= 2, let before = points.dropLast().last, isNear(before, point) { points.removeLast() }
        points.append(point)
        guard points.count > Self.pointsMax else { return }
        // bounded here: more points than `pointsMax`, of which the last is the new one; the smaller from the larger
        let span = points[points.count - 1].bootNanoseconds - min(points[0].bootNanoseconds, point.bootNanoseconds)
        stride = max(stride.saturatingProduct(2), span.saturatingProduct(2) / UInt64(Self.pointsMax))
        points = points.enumerated().filter { $0.offset % 2 == 0 || $0.offset == points.count - 1 }.map(\.element)
    }

    private func isNear(_ first: UsagePoint, _ second: UsagePoint) -> Bool {
        // bounded: the smaller from the larger
        second.bootNanoseconds >= first.bootNanoseconds && second.bootNanoseconds - first.bootNanoseconds < stride
    }
}

/// One moment of a job's life. Counters are cumulative, as in the samples.
package struct UsagePoint: Codable, Equatable, Sendable {
    /// CLOCK_BOOTTIME, ns.
    package var bootNanoseconds: UInt64
    package var cpuNanoseconds: UInt64
    package var memoryBytes: UInt64?
    package var storageBytes: UInt64?
    package var ioReadBytes: UInt64?
    package var ioWriteBytes: UInt64?
    package var throttledNanoseconds: UInt64?

    init(_ sample: RawSample) {
        bootNanoseconds = sample.bootNanoseconds
        cpuNanoseconds = sample.cpuNanoseconds
        memoryBytes = sample.memoryCurrentBytes
        storageBytes = sample.storageBytes
        ioReadBytes = sample.ioReadBytes
        ioWriteBytes = sample.ioWriteBytes
        throttledNanoseconds = sample.throttledNanoseconds
    }
}
