import Testing

@testable import GCXLinux

@Test("escapes in a mount point are undone")
func mountPointEscapes() {
    let line = #"36 35 98:0 / /mnt/a\040b rw,noatime master:1 shared:2 - ext4 /dev/root rw,errors=continue"#
    #expect(MountTable.parse(line).first?.point == "/mnt/a b")
}
