// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain

/// What a live subscription may be about.
package enum LiveChannel: String, Sendable, CaseIterable {
    /// Every change of a task, as the event that brought it about.
    case tasks
    /// Log frames of all daemons.
    case logs
}

extension LogLevel: WireEnum {}

/// Which updates and frames a subscriber wants. A member that is left out does not restrict; within one, any value will do;
/// between them, all must hold.
package struct LiveFilter: WireInput {
    /// The most values that one member takes.
    package static let valueLimit = 50

    /// As the log takes for names and ids.
    private static let label = TextPattern(#"^[^\u0000-\u001f\u007f]*$"#, words: "text without control characters") {
        $0.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    package let tasks: Set<ID<WorkTask>>
    package let statuses: Set<TaskStatus>
    package let services: Set<String>
    /// This level and above.
    package let minimumLevel: LogLevel?
    package let correlations: Set<String>
    package let traces: Set<String>

    package init(_ input: inout InputReader) {
        let limit = Self.valueLimit
        tasks = Set(
            input.optional(
                "task", "Updates of these tasks.", .array(of: .id(WorkTask.self), min: 1, max: limit, unique: true))
                ?? [])
        statuses = Set(
            input.optional(
                "status", "Updates after which a task has one of these statuses.",
                .array(of: .choice(TaskStatus.self), min: 1, max: TaskStatus.allCases.count, unique: true)) ?? [])
        services = Set(
            input.optional(
                "service", "Log frames of these daemons.",
                .array(of: .string(Self.label, min: 1, max: 128), min: 1, max: limit, unique: true)) ?? [])
        minimumLevel = input.optional("level", "Log frames of this level and above.", .choice(LogLevel.self))
        correlations = Set(
            input.optional(
                "correlation", "Updates and log frames with these correlation ids.",
                .array(of: .string(Self.label, min: 1, max: 256), min: 1, max: limit, unique: true)) ?? [])
        traces = Set(
            input.optional(
                "trace", "Updates and log frames of these traces.",
                .array(of: .string(.traceID), min: 1, max: limit, unique: true)) ?? [])
    }

    private init() {
        (tasks, statuses, services, minimumLevel, correlations, traces) = ([], [], [], nil, [], [])
    }

    /// Admits everything.
    package static let everything = LiveFilter()

    /// Whether an event of a task is wanted; `status` is the task's after it, nil when it is no longer known.
    package func admits(_ event: Event, status: TaskStatus?) -> Bool {
        guard let taskID = event.taskID, tasks.isEmpty || tasks.contains(taskID) else { return false }
        if !statuses.isEmpty, status.map(statuses.contains) != true { return false }
        return admits(correlationID: event.correlationID, traceID: event.traceID)
    }

    /// Whether a log frame is wanted.
    package func admits(level: LogLevel, service: String, correlationID: String?, traceID: String?) -> Bool {
        if let minimumLevel, level < minimumLevel { return false }
        guard services.isEmpty || services.contains(service) else { return false }
        return admits(correlationID: correlationID, traceID: traceID)
    }

    private func admits(correlationID: String?, traceID: String?) -> Bool {
        if !correlations.isEmpty, correlationID.map(correlations.contains) != true { return false }
        return traces.isEmpty || traceID.map(traces.contains) == true
    }
}
