import Synchronization

/// A value that is read in many places and may be replaced while they run: each reading sees one whole value.
@propertyWrapper
package struct Live<Value: Sendable>: Sendable {
    private let place: Place

    private final class Place: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }

    package init(wrappedValue: Value) { place = Place(wrappedValue) }

    package var wrappedValue: Value { place.value.withLock { $0 } }
    package var projectedValue: Self { self }

    /// Every later reading of this value, and of its copies, sees `value`.
    package func replace(_ value: Value) { place.value.withLock { $0 = value } }
}
