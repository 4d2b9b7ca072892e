/// Signals by the names that people and images write.
package enum SignalName {
    /// The number of `SIGINT`, `int`, `2` or `RTMIN+3`; nil for what is no signal.
    ///
    /// Source: signal(7); the numbers are those of x86-64 and arm64, which agree. The C library keeps 32 and 33 for itself.
    package static func number(of text: String) -> Int32? {
        if let number = Int32(text, radix: 10) {
            return number >= 1 && number <= last && text.first != "+" ? number : nil
        }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let number = numbers[name] { return number }  // bounded: a dictionary
        // bounded here: a distance of 0 to 30 from a constant
        if let up = distance(name, after: "RTMIN", "+") { return firstRealTime + up }
        return distance(name, after: "RTMAX", "-").map { last - $0 }
    }

    private static func distance(_ name: String, after base: String, _ sign: Character) -> Int32? {
        guard name.hasPrefix(base) else { return nil }
        let rest = name.dropFirst(base.count)
        if rest.isEmpty { return 0 }
        guard rest.first == sign, rest.dropFirst().allSatisfy(\.isNumber), let number = Int32(rest.dropFirst()),
            (0...(last - firstRealTime)).contains(number)  // bounded: of constants
        else { return nil }
        return number
    }

    private static let firstRealTime: Int32 = 34
    private static let last: Int32 = 64

    private static let numbers: [String: Int32] = [
        "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7, "FPE": 8, "KILL": 9,
        "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CLD": 17,
        "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26,
        "PROF": 27, "WINCH": 28, "IO": 29, "POLL": 29, "PWR": 30, "SYS": 31,
    ]
}
