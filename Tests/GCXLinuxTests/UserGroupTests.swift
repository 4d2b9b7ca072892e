import Glibc
import Testing

@testable import GCXLinux

@Suite("Groups of users")
struct UserGroupTests {
    @Test("a group is found by its name and by its number, and one that is not there is not")
    func lookups() throws {
        #expect(UserGroup.number(of: "root") == 0)
        #expect(UserGroup.name(of: 0) == "root")
        #expect(UserGroup.number(of: "4711") == 4711)
        for name in ["", "no-such-group-\(getpid())", "-1"] { #expect(UserGroup.number(of: name) == nil) }
        #expect(UserGroup.name(of: .max - 1) == nil)
    }
}
