import GCXModel
import Testing

struct PUSetTests {
    @Test("the kernel's list format goes in and comes out", arguments: ["", "0", "0-3,8", "0-27,56-83", "1,3,5"])
    func roundTrip(list: String) {
        #expect(PUSet(list: list)?.description == list)
    }

    @Test("a list out of order or with repeats becomes the shortest list")
    func normal() {
        #expect(PUSet(list: "8,0-2,2-3 ")?.description == "0-3,8")
    }

    @Test(
        "what is no list is refused", arguments: ["a", "3-1", "-1", "0-", "1-2-3", "0-65536", "0-99999999999999999999"])
    func refused(list: String) {
        #expect(PUSet(list: list) == nil)
    }

    @Test("a list that names the same units again and again is none: 64 kB of it would be four gigabytes of numbers")
    func repeated() {
        let whole = "0-\(InventoryLimits.puIndexMax)"
        #expect(PUSet(list: whole)?.count == InventoryLimits.puIndexMax + 1)
        #expect(PUSet(list: Array(repeating: whole, count: 8_000).joined(separator: ",")) == nil)
        #expect(PUSet(list: "3,1-3,3")?.indexes == [1, 2, 3])
    }
}
