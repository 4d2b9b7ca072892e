import GCXLinux
import ServiceLifecycle

/// Tells the service manager that the agent is up, alive and stopping. Without one, it only waits for the stop.
package struct NotifyService: Service {
    package init() {}

    package func run() async throws {
        ServiceNotify.ready()
        // Half the interval, so that one late turn is no death.
        let pause = ServiceNotify.watchdogInterval.map { $0 / 2 } ?? .seconds(3_600)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                ServiceNotify.watchdog()
                try? await Task.sleep(for: pause)
            }
        }
        ServiceNotify.stopping()
    }
}
