// SPDX-License-Identifier: Apache-2.0

import AgentRuntime
import ArgumentParser
import Common
import Crypto
import Domain
import Foundation
import Logging
import Orchestration
import Postgres
import ServiceLifecycle
import Store

/// Whole lives of tasks through the kernel alone: made, carried out by the built-in agent `noop`, completed. No HTTP.
///
/// `scripts/bench lifecycle` runs it. It makes the schema in the database that it is given, which should be one of its own.
@main
struct KernelBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernel-bench", abstract: "Measures whole lives of tasks through the kernel, without HTTP.")

    @Option(help: "A PostgreSQL database of its own, with the right to make schemas and roles.")
    var databaseURL: String

    @Option(help: "How long tasks are made.")
    var seconds = 5

    @Option(help: "How many callers make tasks, each one after the other.")
    var connections = 128

    func run() async throws {
        let kernel = try await BenchedKernel(databaseURL: databaseURL)
        let figures = try await kernel.measure(callers: connections, for: .seconds(seconds))
        print(figures.json)
    }
}

/// What was measured.
struct BenchFigures: Sendable {
    let tasks: Int
    let duration: Duration
    /// Processor time of this process; PostgreSQL's is counted by whoever started that.
    let processorSeconds: Double

    var json: String {
        let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        return JSONValue.object([
            "tasks": JSONValue(tasks),
            "tasks_per_second": JSONValue(Double(tasks) / seconds),
            "cpu_ms_per_task": JSONValue(processorSeconds * 1000 / Double(max(1, tasks))),
        ]).text
    }
}
