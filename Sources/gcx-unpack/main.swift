// The reader and writer of archives: `gcx-unpack ORDER`, started by `gcx` and `gcx-supervisor`, which hand it what it is
// to read and write as open files. Before it reads a byte of them it shuts itself in; see Walls.
import GCXLinux
import GCXSandbox
import Glibc

func complain(_ text: String) { _ = unsafe "gcx-unpack: \(text)\n".withCString { unsafe write(2, $0, strlen($0)) } }

/// Bounds this process and puts the walls around it.
func shutIn(_ order: UnpackOrder) throws -> Walls.Standing {
    for group in order.groupDescriptors {
        try FileDescriptor.adopt(group).write("0".utf8, object: "control group")
    }
    NameConversion.warmUp()
    // Modes are as they are said; nobody else can reach the directory meanwhile.
    umask(0)
    let isWriting = [.unpack, .layers, .tryWalls].contains(order.verb)
    let fileBytes = isWriting ? order.limits.bytesMax : order.limits.archiveBytesMax
    try ResourceLimits.lower(
        memoryBytes: SandboxLimits.readerBytesMax, seconds: order.limits.seconds,
        // bounded: a limit of ours
        fileBytes: max(fileBytes, UInt64(SandboxLimits.reportBytesMax)), openFiles: SandboxLimits.readerFilesMax)
    let isReading = [.pack, .process, .measure, .open].contains(order.verb)
    let access: Walls.Access = isWriting ? .writes : isReading ? .reads : .none
    return try Walls(identity: order.identity, access: access, parent: order.parent).enter(
        directory: order.directoryDescriptor, namespace: order.namespaceDescriptor)
}

/// Does what was ordered, and says how it went.
func obey(_ order: UnpackOrder) -> UnpackReport {
    switch order.verb {
    case .inspect, .unpack, .layers: return Extraction(order).run()
    case .pack: return Packing(order).run()
    case .digest: return Digests.report(order)
    case .process: return ProcessReport.report(order)
    case .layerUsers: return LayerUsers.report(order)
    case .measure: return Measuring().run(order)
    case .open: return Opening.report(order)
    case .tryWalls: return WallTrial.report(order)
    }
}

guard CommandLine.arguments.count == 2,
    // bounded: an argument, counted first
    let order = try? JSONFile.decode(UnpackOrder.self, Array(CommandLine.arguments[1].utf8), object: "order")
else {
    complain("usage: gcx-unpack ORDER (started by `gcx` and `gcx-supervisor`, not by hand)")
    exit(64)
}
do {
    let standing = try shutIn(order)
    var report = obey(order)
    report.standing = standing
    try FileDescriptor.adopt(1).write(try JSONFile.encode(report, object: "report"), object: "report")
} catch let error as LinuxError {
    complain(error.description)
    exit(70)
} catch {
    complain("the walls could not be put up")
    exit(70)
}
exit(0)
