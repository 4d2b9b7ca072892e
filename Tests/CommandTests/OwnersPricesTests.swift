import GCXConfig
import GCXModel
import Testing

@testable import gcx

@Suite("Prices that an owner wrote in a currency")
struct OwnersPricesTests {
    private static func priced(_ lines: String, in currency: Currency = .test) throws -> Configuration {
        try Configuration.parse(lines, name: "t").priced(in: currency, name: "t")
    }

    @Test("each becomes base units an hour of what it is the price of")
    func each() throws {
        let configuration = try Self.priced(
            """
            [price]
            lease_hour_base_units = "0.001 TEST/hour"
            core_hour_base_units = "0.00001 TEST/core-second"
            memory_gib_hour_base_units = "0.005 TEST/GiB-hour"
            gpu_hour_base_units = "1 TEST/GPU-hour"
            storage_gib_hour_base_units = "0.0001 TEST/GiB-hour"
            egress_gib_base_units = "0.01 TEST/GiB"
            [offer]
            credit_limit_base_units = "0.02 TEST"
            """)
        let price = configuration.price
        #expect(price.leaseHour == 1_000_000 && price.coreHour == 36_000_000 && price.memoryGiBHour == 5_000_000)
        #expect(price.gpuHour == 1_000_000_000 && price.storageGiBHour == 100_000 && price.egressGiB == 10_000_000)
        #expect(configuration.offer.creditLimit == 20_000_000 && configuration.typed.isEmpty)
    }

    @Test("what the ledger's currency cannot express is named with its key, all of it at once")
    func refused() throws {
        let lines = """
            [price]
            core_hour_base_units = "1 CREDIT/core-hour"
            gpu_hour_base_units = "1 TEST/core-hour"
            [offer]
            credit_limit_base_units = "0.02 TEST/hour"
            """
        let error = #expect(throws: ConfigError.self) { try Self.priced(lines) }
        guard case .invalid(_, let problems) = error else { return #expect(error == nil) }
        #expect(
            problems.map(\.place) == [
                "offer.credit_limit_base_units", "price.core_hour_base_units", "price.gpu_hour_base_units",
            ])
    }

    @Test("base units are what they were, whatever the currency")
    func plain() throws {
        let read = try Configuration.parse("[price]\ncore_hour_base_units = 7", name: "t")
        #expect(try read.priced(in: .credit, name: "t") == read)
    }
}
