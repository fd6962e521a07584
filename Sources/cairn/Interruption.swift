// Ctrl-C and SIGTERM while the demo waits for its processes: they end it in order, so that nothing is
// left running and no directory is left behind.

import Foundation
import Synchronization

/// Whether somebody has asked the demo to stop.
enum Interruption {
    private static let requested = Atomic<Bool>(false)

    /// True once SIGINT or SIGTERM came.
    static var isRequested: Bool { requested.load(ordering: .relaxed) }

    /// Notes the signals from now on, instead of dying of them.
    static func watch() {
        // Reading it once makes it, so that the handler finds it made and only stores a flag.
        _ = isRequested
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in Interruption.requested.store(true, ordering: .relaxed) }
        }
    }
}
