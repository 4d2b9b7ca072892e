package import HTTPTypes

/// A page of a list over HTTP: the items as a JSON array, and in a header what to ask for next.
package enum ListWire {
    /// Absent on the last page; else the value of the query parameter `from` that the next page begins at.
    package static let next: HTTPField.Name = {
        guard let field = HTTPField.Name("gcx-next") else { preconditionFailure("gcx-next is a header's name") }
        return field
    }()
}
