import Foundation
import GCXModel
import Testing

@testable import gcx

/// Errors as they reach a person.
@Suite("An error that ends a command")
struct FailureTests {
    private struct Strange: Error, CustomStringConvertible {
        let description = "SecretLibrary.Internals(code: 7)"
    }

    @Test("that no type of ours stands for is told without its library's text, with what to do")
    func foreign() throws {
        for error in [Strange(), CocoaError(.fileWriteNoPermission), POSIXError(.ENOENT)] as [any Error] {
            let failure = Failure.ofAnother(error)
            #expect(failure.message == "a fault came up that gcx has no words for", "\(failure)")
            #expect(failure.status == 70 && failure.remedy?.contains("GCX_DEBUG=1") == true, "\(failure)")
        }
        let known = Failure.ofAnother(CancellationError())
        #expect(known.message == "it was stopped before its end" && known.remedy == nil, "\(known)")
    }
}
