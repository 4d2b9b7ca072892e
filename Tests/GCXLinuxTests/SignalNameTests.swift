import GCXLinux
import Testing

@Suite("Names of signals")
struct SignalNameTests {
    @Test(
        "are read as people and images write them",
        arguments: [
            ("SIGINT", 2), ("INT", 2), ("sigint", 2), ("2", 2), ("SIGTERM", 15), ("KILL", 9), ("SIGQUIT", 3),
            ("SIGWINCH", 28), ("SIGRTMIN", 34), ("RTMIN+3", 37), ("SIGRTMIN+30", 64), ("SIGRTMAX", 64),
            ("RTMAX-14", 50),
            ("64", 64), ("CLD", 17),
        ] as [(String, Int32)])
    func known(text: String, number: Int32) { #expect(SignalName.number(of: text) == number) }

    @Test(
        "that are none are none",
        arguments: [
            "", "SIG", "SIGFOO", "0", "65", "-1", "+2", "2.5", "RTMIN-1", "RTMIN+31", "RTMAX+1", "RTMIN+",
            "RTMIN+99999999999",
            "SIGSIGINT", " INT", "INT ", "RTMIN+٣",
        ])
    func unknown(text: String) { #expect(SignalName.number(of: text) == nil) }
}
