/// A thread that does one kind of blocking work, message after message, away from the loop.
///
/// It takes all that waits at once, so that work that is cheaper in bulk, such as a commit to a
/// disk, is done in bulk exactly when it has fallen behind. Results go back through a `Mailbox`.
public final class WorkerThread<Message: Sendable>: Sendable {
    private let queue: WaitingQueue<Message>
    private let thread: SystemThread

    /// Far more than a worker that keeps up ever has waiting.
    public static var defaultCapacity: Int { 4_096 }

    /// Starts the thread.
    /// - Parameters:
    ///   - name: for `top -H` and debuggers; the first 15 bytes count.
    ///   - capacity: messages that may wait before `submit` refuses.
    ///   - work: called on the thread with one or more messages in the order of submission; moved
    ///     there with everything it captures.
    public init(
        name: String, capacity: Int = WorkerThread.defaultCapacity,
        work: sending @escaping ([Message]) -> Void
    ) throws(LoopError) {
        let queue = WaitingQueue<Message>(capacity: capacity)
        self.queue = queue
        thread = try SystemThread(name: name) {
            while let messages = queue.takeAll() { work(messages) }
        }
    }

    /// Hands over a message, from any thread; never waits.
    /// - Returns: false when the worker is closed or so far behind that its queue is full.
    @discardableResult public func submit(_ message: Message) -> Bool { queue.append(message) }

    /// Refuses further messages, waits until those submitted are done, and ends the thread.
    /// - Precondition: not called on the thread itself.
    public func close() {
        queue.close()
        thread.join()
    }
}
