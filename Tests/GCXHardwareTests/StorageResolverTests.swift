import Foundation
import GCXHardware
import GCXModel
import Testing

@Suite("What a directory lies on")
struct StorageResolverTests {
    /// A machine of which only mounts and block devices are known, in a folder.
    final class Machine {
        let folder: TemporaryFolder
        /// Bytes by the path of a filesystem; every path below has as many.
        var sizes: [String: UInt64] = [:]
        /// Paths at which there is nothing.
        var absent: Set<String> = []

        init(_ mounts: [String], fdinfo: [Int: Int] = [:]) throws {
            folder = try TemporaryFolder()
            try put("proc/self/mountinfo", mounts.joined(separator: "\n"))
            for (descriptor, mount) in fdinfo {
                try put("proc/self/fdinfo/\(descriptor)", "pos:\t0\nmnt_id:\t\(mount)\n")
            }
        }

        func put(_ path: String, _ text: String) throws {
            let file = URL(filePath: "\(folder.path)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }

        /// A disk with partitions, or one that lies on others.
        func disk(_ name: String, _ number: String, parts: [String: String] = [:], on slaves: [String] = []) throws {
            try put("sys/block/\(name)/dev", "\(number)\n")
            for (part, number) in parts {
                try put("sys/block/\(name)/\(part)/dev", "\(number)\n")
                try put("sys/block/\(name)/\(part)/partition", "1\n")
            }
            for slave in slaves { try put("sys/block/\(name)/slaves/\(slave)", "") }
        }

        var resolver: StorageResolver {
            let (sizes, absent) = (sizes, absent)
            return StorageResolver(root: SystemRoot(path: folder.path)) { path in
                absent.contains(path)
                    ? nil
                    : sizes.filter { path == $0.key || path.hasPrefix($0.key == "/" ? "/" : $0.key + "/") }
                        .max { $0.key.count < $1.key.count }?.value
            }
        }

        func line(_ path: String) -> String { resolver.ground(of: path).line }
    }

    private static let root = "1 0 8:2 / / rw - ext4 /dev/sda2 rw"

    private static func machine(_ mounts: [String], fdinfo: [Int: Int] = [:]) throws -> Machine {
        let machine = try Machine([root] + mounts, fdinfo: fdinfo)
        try machine.disk("sda", "8:0", parts: ["sda2": "8:2"])
        machine.sizes["/"] = 1_000
        return machine
    }

    @Test("a filesystem on a partition lies on its disk")
    func plain() throws {
        #expect(try Self.machine([]).line("/srv/x") == "ext4 on sda")
    }

    @Test("filesystems in memory are memory", arguments: ["tmpfs", "ramfs", "devtmpfs", "hugetlbfs", "rootfs"])
    func memory(type: String) throws {
        let machine = try Self.machine(["2 1 0:30 / /m rw - \(type) none rw"])
        #expect(machine.line("/m/deep/x") == "\(type): the directory lies in memory")
    }

    @Test("an overlay lies where its upper layer does, whatever its lower ones are")
    func overlay() throws {
        let machine = try Self.machine([
            "2 1 0:30 / /a\\040b rw - tmpfs t rw",
            #"3 1 0:31 / /top rw - overlay o rw,lowerdir=/low,upperdir=/a\040b/u,workdir=/a\040b/w"#,
            "4 1 0:32 / /other rw - overlay o rw,lowerdir=/a\\040b,upperdir=/u,workdir=/w",
        ])
        machine.sizes["/a b"] = 300
        machine.sizes["/top"] = 300
        machine.sizes["/other"] = 1_000
        #expect(machine.line("/top") == "overlay on tmpfs: the directory lies in memory")
        #expect(machine.line("/other") == "overlay on ext4 on sda")
    }

    @Test("an upper layer that is named from elsewhere is found by its size, which the overlay answers as its own")
    func relative() throws {
        let mounts = [
            "2 1 0:30 / /m rw - tmpfs t rw", "3 1 0:31 / /top rw - overlay o rw,lowerdir=low,upperdir=m/u,workdir=m/w",
        ]
        let machine = try Self.machine(mounts)
        machine.sizes["/m"] = 300
        machine.sizes["/top"] = 300
        #expect(machine.line("/top") == "overlay on tmpfs: the directory lies in memory")
        machine.sizes["/top"] = 1_000
        #expect(machine.line("/top") == "overlay on ext4 on sda")
        machine.sizes["/top"] = 77
        #expect(
            machine.line("/top").hasPrefix("overlay: what it lies on cannot be told (its upper layer is out of sight)"))
        // A container's path that exists here too, and is something else.
        let other = try Self.machine([
            "3 1 0:31 / /top rw - overlay o rw,lowerdir=/low,upperdir=/var/u,workdir=/var/w"
        ])
        other.sizes["/top"] = 77
        #expect(other.resolver.ground(of: "/top").kind == .unknown)
    }

    @Test("a root that is an overlay whose upper layer is out of sight is unknown, and does not go round in circles")
    func container() throws {
        let machine = try Machine(["1 0 0:31 / / rw - overlay o rw,lowerdir=/l,upperdir=/var/lib/u,workdir=/w"])
        machine.sizes["/"] = 5
        let ground = machine.resolver.ground(of: "/x")
        #expect(ground == StorageGround(.unknown, "overlay", reason: "its upper layer is out of sight"))
    }

    @Test("of filesystems that are as large as the overlay the one in memory is taken for its upper layer")
    func twins() throws {
        let mounts = [
            "2 1 0:30 / /m rw - tmpfs t rw", "3 1 0:31 / /top rw - overlay o rw,lowerdir=low,upperdir=u,workdir=w",
        ]
        let machine = try Self.machine(mounts)
        machine.sizes["/m"] = 1_000
        machine.sizes["/top"] = 1_000
        #expect(machine.line("/top") == "overlay on tmpfs: the directory lies in memory")
    }

    @Test("a name in which an older kernel has kept its backslashes is read without them")
    func backslashes() throws {
        let machine = try Self.machine([
            "2 1 0:30 / /a:b rw - tmpfs t rw",
            #"3 1 0:31 / /top rw - overlay o rw,lowerdir=/low,upperdir=/a\134:b/u,workdir=/a\134:b/w"#,
        ])
        machine.sizes = ["/": 1_000, "/a:b": 301, "/a:b/u": 300, "/top": 300]
        machine.absent = [#"/a\:b/u"#]
        #expect(machine.line("/top") == "overlay on tmpfs: the directory lies in memory")
    }

    @Test("of mounts on each other the last counts, and what lies below one that hides it does not")
    func hidden() throws {
        let machine = try Self.machine([
            "2 1 0:30 / /a/b rw - tmpfs t rw", "3 1 8:2 / /a rw - ext4 /dev/sda2 rw", "4 1 0:33 / /c rw - tmpfs t rw",
            "5 4 8:2 / /c rw - ext4 /dev/sda2 rw",
        ])
        #expect(machine.line("/a/b/x") == "ext4 on sda")
        #expect(machine.line("/c/x") == "ext4 on sda")
        #expect(machine.line("/cc") == "ext4 on sda")
    }

    @Test("a file that is open lies on the mount it was opened on, though another hides it now")
    func descriptor() throws {
        let mounts = ["2 1 0:30 / /a rw - tmpfs t rw", "3 2 8:2 / /a rw - ext4 /dev/sda2 rw"]
        let machine = try Self.machine(mounts, fdinfo: [7: 2, 8: 3, 9: 99])
        #expect(machine.resolver.ground(ofDescriptor: 7).kind == .memory)
        #expect(machine.resolver.ground(ofDescriptor: 8).layers == "ext4 on sda")
        #expect(machine.resolver.ground(ofDescriptor: 9).kind == .unknown)
        #expect(machine.resolver.ground(ofDescriptor: 10).kind == .unknown)
    }

    @Test("a loop device lies where its file does, also when that has no name any more")
    func loop() throws {
        let machine = try Self.machine([
            "2 1 0:30 / /m rw - tmpfs t rw", "3 1 7:0 / /l rw - ext4 /dev/loop0 rw",
            "4 1 7:1 / /k rw - xfs /dev/loop1 rw",
            "5 1 7:2 / /j rw - xfs /dev/loop2 rw", "6 1 7:3 / /i rw - xfs /dev/loop3 rw",
        ])
        for number in 0..<4 { try machine.disk("loop\(number)", "7:\(number)") }
        try machine.put("sys/block/loop0/loop/backing_file", "/m/img\n")
        try machine.put("sys/block/loop1/loop/backing_file", "/srv/img\n")
        try machine.put("sys/block/loop2/loop/backing_file", "/m/img (deleted)\n")
        machine.absent = ["/m/img (deleted)"]
        #expect(machine.line("/l") == "ext4 on a loop file on tmpfs: the directory lies in memory")
        #expect(machine.line("/k") == "xfs on a loop file on ext4 on sda")
        #expect(machine.resolver.ground(of: "/j").kind == .memory)
        #expect(machine.resolver.ground(of: "/i").kind == .unknown)
        machine.sizes = [:]
        #expect(machine.line("/l").contains("/m/img is out of sight"))
    }

    @Test("disks in memory are memory, also below mappers, arrays and caches", arguments: ["ram0", "zram1", "nullb0"])
    func memoryDisks(name: String) throws {
        let machine = try Self.machine([
            "2 1 9:0 / /d rw - xfs /dev/\(name) rw", "3 1 253:0 / /e rw - xfs /dev/mapper/x rw",
            "4 1 9:1 / /f rw - ext4 /dev/md1 rw", "5 1 252:0 / /g rw - ext4 /dev/bcache0 rw",
        ])
        try machine.disk(name, "9:0")
        try machine.disk("dm-0", "253:0", on: [name])
        try machine.disk("md1", "9:1", on: ["sda2", "dm-0"])
        try machine.disk("bcache0", "252:0", on: ["sda"])
        #expect(machine.line("/d") == "xfs on \(name): the directory lies in memory")
        #expect(machine.line("/e") == "xfs on dm-0 on \(name): the directory lies in memory")
        #expect(machine.resolver.ground(of: "/f").kind == .memory)
        #expect(machine.line("/g") == "ext4 on bcache0 on sda")
    }

    @Test("a kernel's pretended SCSI disk is memory")
    func pretended() throws {
        let machine = try Self.machine([])
        try machine.put("sys/block/sda/device/model", "scsi_debug      \n")
        #expect(machine.resolver.ground(of: "/").kind == .memory)
    }

    @Test("a btrfs lies on all its devices, of which the table names one")
    func btrfs() throws {
        let machine = try Self.machine([
            "2 1 0:40 /sub /b rw - btrfs /dev/sdb rw", "3 1 0:41 / /c rw - bcachefs /dev/sdb:/dev/sda2 rw",
            "4 1 0:42 / /d rw - btrfs /dev/mapper/crypt rw",
        ])
        try machine.disk("sdb", "8:16")
        try machine.disk("ram0", "1:0")
        try machine.disk("dm-3", "253:3", on: ["sdb"])
        try machine.put("sys/block/dm-3/dm/name", "crypt\n")
        #expect(machine.line("/b") == "btrfs on sdb")
        #expect(machine.line("/c") == "bcachefs on sdb and sda")
        #expect(machine.line("/d") == "btrfs on dm-3 on sdb")
        try machine.put("sys/fs/btrfs/0a-1b/devices/sdb", "")
        try machine.put("sys/fs/btrfs/0a-1b/devices/ram0", "")
        #expect(machine.line("/b") == "btrfs on ram0 and sdb: the directory lies in memory")
    }

    @Test(
        "what other machines or programs serve is unknown, and says so",
        arguments: [
            "nfs4 host:/export", "fuse.sshfs host:", "9p share", "virtiofs share", "zfs pool/data", "aufs x",
        ])
    func served(words: String) throws {
        let machine = try Self.machine(["2 1 0:50 / /n rw - \(words) rw"])
        let ground = machine.resolver.ground(of: "/n")
        #expect(ground.kind == .unknown && ground.reason?.isEmpty == false)
        #expect(ground.line.contains("cannot be told"))
    }

    @Test(
        "network disks and disks that programs serve are unknown, as is a mapper that names nothing",
        arguments: ["nbd0", "rbd1", "ublkb0", "dm-1", "md7"])
    func elsewhere(name: String) throws {
        let machine = try Self.machine(["2 1 43:0 / /n rw - ext4 /dev/\(name) rw"])
        #expect(machine.resolver.ground(of: "/n").kind == .unknown, "not in sysfs")
        try machine.disk(name, "43:0")
        #expect(machine.resolver.ground(of: "/n").kind == .unknown)
    }

    @Test("a disk whose driver names it with a slash")
    func slash() throws {
        let machine = try Self.machine(["2 1 0:60 / /n rw - btrfs /dev/cciss/c0d0p1 rw"])
        try machine.disk("cciss!c0d0", "104:0", parts: ["cciss!c0d0p1": "104:1"])
        #expect(machine.line("/n") == "btrfs on cciss!c0d0")
    }

    @Test("layers without end, and arrays in arrays, are unknown in no time")
    func endless() throws {
        let machine = try Self.machine(["2 1 253:0 / /n rw - ext4 /dev/dm-0 rw"])
        for number in 0..<40 {
            try machine.disk("dm-\(number)", "253:\(number)", on: ["dm-\(number + 1)", "dm-\(number + 2)"])
        }
        let begun = ContinuousClock.now
        let ground = machine.resolver.ground(of: "/n")
        #expect(ground.kind == .unknown && ground.reason?.contains("layers") == true)
        #expect(ContinuousClock.now - begun < .seconds(5))
        try machine.disk("dm-9", "253:9", on: ["dm-9"])
        #expect(machine.resolver.ground(of: "/n").kind == .unknown)
    }

    @Test("of many devices some are named and the others counted, and no name of a machine's file moves a terminal")
    func names() throws {
        let machine = try Self.machine(["2 1 9:0 / /n rw - ext4 /dev/md0 rw"])
        for letter in "bcdefg" { try machine.disk("sd\(letter)", "8:1\(letter)") }
        try machine.disk("md0", "9:0", on: "bcdefg".map { "sd\($0)" })
        #expect(machine.line("/n") == "ext4 on md0 on sdb and sdc and sdd and sde and 2 more")
        let evil = try Self.machine(["2 1 0:9 / /n rw - fuse.\u{1B}[31m x rw"])
        #expect(!evil.line("/n").unicodeScalars.contains("\u{1B}"))
    }

    @Test("a path that is none, and a table that is empty, are unknown")
    func nothing() throws {
        #expect(try Self.machine([]).resolver.ground(of: "x").kind == .unknown)
        #expect(try Self.machine([]).resolver.ground(of: "/a/../b").kind == .unknown)
        #expect(try Machine([]).resolver.ground(of: "/").kind == .unknown)
    }
}
