import Glibc

/// A group of users, as this machine's account database names it.
package enum UserGroup {
    /// The number of a group, by its name or in digits; nil where there is no such group.
    ///
    /// Source: getgrnam_r(3). Cost: what the machine's account database takes, some microseconds for a file.
    package static func number(of name: String) -> UInt32? {
        if let number = UInt32(name) { return number }
        return unsafe look {
            unsafe getgrnam_r(name, $0, $1, $2, $3)
        } found: {
            unsafe $0.gr_gid
        }
    }

    /// The name of a group; nil where the machine has none for that number.
    ///
    /// Source: getgrgid_r(3).
    package static func name(of number: UInt32) -> String? {
        unsafe look {
            unsafe getgrgid_r(number, $0, $1, $2, $3)
        } found: {
            unsafe $0.gr_name.map { unsafe String(cString: $0) }
        } ?? nil
    }

    private typealias Call = (
        UnsafeMutablePointer<group>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<group>?>
    ) -> Int32

    private static func look<Value>(_ call: Call, found: (group) -> Value) -> Value? {
        var entry = unsafe group()
        var answer: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: LinuxLimits.groupBytesMax)
        return unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress, unsafe call(&entry, start, buffer.count, &answer) == 0,
                let answer = unsafe answer
            else {
                return nil
            }
            return unsafe found(answer.pointee)
        }
    }
}
