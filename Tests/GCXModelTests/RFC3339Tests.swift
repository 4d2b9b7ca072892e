import GCXModel
import Testing

@Suite("Wall times as text")
struct RFC3339Tests {
    @Test(
        "known moments read and write alike",
        arguments: [
            ("1970-01-01T00:00:00.000000Z", 0), ("2000-02-29T23:59:59.999999Z", 951_868_799_999_999_000),
            ("2026-11-27T12:19:01.000001Z", 1_795_781_941_000_001_000),
            ("2100-03-01T00:00:00.000000Z", 4_107_542_400_000_000_000),
        ] as [(String, UInt64)])
    func known(text: String, nanoseconds: UInt64) {
        #expect(RFC3339.text(nanoseconds) == text)
        #expect(RFC3339.nanoseconds(text) == nanoseconds)
    }

    @Test("every day of four centuries comes back")
    func days() {
        for day in stride(from: UInt64(0), to: 146_097, by: 1) {
            let nanoseconds = day * 86_400_000_000_000 + 1_000
            #expect(RFC3339.nanoseconds(RFC3339.text(nanoseconds)) == nanoseconds)
        }
    }

    @Test("zones, fractions and small letters are understood")
    func forms() {
        let noon: UInt64 = 1_795_780_800_000_000_000
        #expect(RFC3339.nanoseconds("2026-11-27T14:00:00+02:00") == noon)
        #expect(RFC3339.nanoseconds("2026-11-27t06:30:00-05:30") == noon)
        #expect(RFC3339.nanoseconds("2026-11-27 12:00:00.123456789123z") == noon + 123_456_789)
    }

    @Test(
        "what is no time is none",
        arguments: [
            "", "2026-11-27", "2026-11-27T12:00:00", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
            "2026-11-27T24:00:00Z",
            "2026-11-27T12:00:00.Z", "2026-11-27T12:00:00+0200", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "x",
            "2026-11-27T12:00:00Zx",
        ])
    func bad(text: String) { #expect(RFC3339.nanoseconds(text) == nil) }
}
