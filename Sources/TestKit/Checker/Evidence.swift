// SPDX-License-Identifier: Apache-2.0

/// What is known beside the log: what clients were told, what agents did, what subscribers were sent.
package struct Evidence: Sendable {
    /// A client was told that its task is there.
    package struct Creation: Sendable {
        package let key: String?
        package let taskID: String

        package init(key: String?, taskID: String) {
            self.key = key
            self.taskID = taskID
        }
    }

    /// Somebody was told that a task is completed. A worker knows the epoch it was accepted under.
    package struct Completion: Sendable {
        package let taskID: String
        package let epoch: Int?

        package init(taskID: String, epoch: Int? = nil) {
            self.taskID = taskID
            self.epoch = epoch
        }
    }

    /// A line of the journal that an agent keeps outside: it was called, or it did something that must happen once.
    package struct Deed: Sendable, Hashable {
        package let taskID: String
        /// Names what is done within the task.
        package let step: String
        package let runID: String
        package let epoch: Int

        package init(taskID: String, step: String, runID: String, epoch: Int) {
            self.taskID = taskID
            self.step = step
            self.runID = runID
            self.epoch = epoch
        }
    }

    /// All that a subscriber was sent, in the order in which it came, over however many connections.
    package struct Delivery: Sendable {
        package let subscriber: String
        /// The stream that was followed by `stream_seq`; nil for the events of tasks by position.
        package let stream: String?
        package let places: [Int64]

        package init(subscriber: String, stream: String?, places: [Int64]) {
            self.subscriber = subscriber
            self.stream = stream
            self.places = places
        }
    }

    /// A task as its projection shows it, read in the same snapshot as the log.
    package struct Row: Sendable, Equatable {
        package let taskID: String
        package let status: String
        package let version: Int
        package let runID: String
        package let epoch: Int

        package init(taskID: String, status: String, version: Int, runID: String, epoch: Int) {
            self.taskID = taskID
            self.status = status
            self.version = version
            self.runID = runID
            self.epoch = epoch
        }
    }

    /// What a verifier of the daemons said.
    package struct Audit: Sendable {
        package let isSound: Bool
        package let report: String

        package init(isSound: Bool, report: String) {
            self.isSound = isSound
            self.report = report
        }
    }

    /// What became of a daemon over all its lives.
    package struct DaemonEnd: Sendable {
        package let name: String
        /// Whether it was ready in the end, without help.
        package let isReady: Bool
        /// How it ended when nobody had ended it.
        package let deaths: [String]

        package init(name: String, isReady: Bool, deaths: [String]) {
            self.name = name
            self.isReady = isReady
            self.deaths = deaths
        }
    }

    /// Whether everything that was asked for had time to end.
    package var isOver = true
    package var creations: [Creation] = []
    package var completions: [Completion] = []
    /// Correlation ids that were each given to one request for a task, without a key, which was sent once.
    package var requests: Set<String> = []
    /// Tasks that nothing stands in the way of: whatever happens, they have tries enough to be completed.
    package var promised: Set<String> = []
    /// What clients were told that nobody should be told, whatever happens.
    package var surprises: [String] = []
    package var calls: [Deed] = []
    /// Nil when no agent kept a journal; otherwise every completed task must have its effect here.
    package var effects: [Deed]?
    /// Agents that keep no journal beside those that do.
    package var agentsWithoutJournal: Set<String> = []
    package var deliveries: [Delivery] = []
    package var rows: [Row]?
    package var chain: Audit?
    package var rebuild: Audit?
    /// What the daemons themselves say is wrong with the log, as open incidents.
    package var alarms: [String] = []
    package var daemons: [DaemonEnd] = []

    package init() {}
}
