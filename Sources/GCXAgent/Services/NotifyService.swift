import GCXLinux
import ServiceLifecycle

/// Tells the service manager that this program is alive and that it stops. Without one, it only waits for the stop.
///
/// That it is ready its server says, once it listens.
package struct NotifyService: Service {
    package init() {}

    package func run() async throws {
        let pause = ServiceNotify.watchdogPause ?? .seconds(3_600)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                ServiceNotify.watchdog()
                try? await Task.sleep(for: pause)
            }
        }
        ServiceNotify.stopping()
    }
}
