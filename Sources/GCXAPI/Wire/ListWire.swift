import GCXLedger
import HTTPTypes
import Hummingbird

/// A page of a list over HTTP: the items as a JSON array, and in a header what to ask for next.
enum ListWire {
    /// Absent on the last page; else the value of the query parameter `from` that the next page begins at.
    static let next: HTTPField.Name = {
        guard let field = HTTPField.Name("gcx-next") else { preconditionFailure("gcx-next is a header's name") }
        return field
    }()
}

extension Request {
    /// The place in a list that the caller wants to begin at.
    var from: UInt64 {
        get throws { try query("from", as: UInt64.self) ?? 0 }
    }
}

extension Response {
    static func list<Item: Encodable>(_ page: Page<Item>) throws -> Response {
        var response = try Response.json(page.items)
        response.headers[ListWire.next] = page.next.map { "\($0)" }  // bounded: a dictionary
        return response
    }
}
