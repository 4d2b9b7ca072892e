import Synchronization

/// A wish to stop, raised by one thread and looked at by another that does long work. It is never lowered again.
package final class StopFlag: Sendable {
    private let raised = Atomic(false)

    package init() {}

    package var isRaised: Bool { raised.load(ordering: .relaxed) }

    package func raise() { raised.store(true, ordering: .relaxed) }
}

/// A file that is open, to be kept in lists.
package final class OpenFile: Sendable {
    package let file: FileDescriptor

    package init(_ file: consuming FileDescriptor) { self.file = file }

    package var number: Int32 { file.number }
}
