import GCXLinux
import ServiceLifecycle

/// Tells the service manager that this program is alive and that it stops. Without one, it only waits for the stop.
///
/// That it is ready its server says, once it listens.
package struct NotifyService: Service {
    /// False in a part of the program's life that another one follows.
    private let saysStop: Bool

    package init(saysStop: Bool = true) { self.saysStop = saysStop }

    package func run() async throws {
        let pause = ServiceNotify.watchdogPause ?? .seconds(3_600)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                ServiceNotify.watchdog()
                try? await Task.sleep(for: pause)
            }
        }
        if saysStop { ServiceNotify.stopping() }
    }
}
