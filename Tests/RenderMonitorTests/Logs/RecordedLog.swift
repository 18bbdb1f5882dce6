// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common
import Render
import RenderMonitor
import Testing

/// A log as Render would write it, with the settings of its service, and what the monitor is to make of it.
struct RecordedLog: Sendable, CustomTestStringConvertible {
    /// In what order the API hands the lines out.
    enum Order: Sendable { case written, newestFirst, shuffled, sameMoment, sameMomentNewestFirst, twice }

    /// What is done about it for a service that may be fixed.
    enum Action: Sendable, Hashable {
        case nothing
        case fix([FixField: String])
        case clearCache
        case patch([FixField: String])
        case propose
        case person
    }

    let name: String
    var type = "static_site"
    var root = ""
    var build = ""
    var publish = ""
    var branch = "main"
    var blueprint: [Field: String] = [:]
    var status = DeployStatus.buildFailed
    var failure: EventReason.Failure?
    var order = Order.written
    let signature: String?
    let action: Action
    let text: String

    var testDescription: String { name }

    static let start = Timestamp(microseconds: 1_795_000_000_000_000)

    var lines: [RenderLogLine] {
        let texts = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let isOneMoment = order == .sameMoment || order == .sameMomentNewestFirst
        let lines = texts.enumerated().map { index, line in
            let time = Self.start + .milliseconds(isOneMoment ? 0 : index * 700)
            return RenderLogLine(id: "\(name)-\(index)", message: line, timestamp: time.description)
        }
        switch order {
        case .written, .sameMoment: return lines
        case .newestFirst, .sameMomentNewestFirst: return lines.reversed()
        case .shuffled:
            let keys = lines.indices.map { $0 * 7919 % 31 }
            return lines.indices.sorted { keys[$0] < keys[$1] }.map { lines[$0] }
        case .twice: return lines + lines.reversed()
        }
    }

    var subject: Diagnoser.Case {
        let deploy = TestRender.deploy("dep-1", status)
        let event = failure.map { failure in
            RenderServiceEvent(
                id: "evt-1", type: status == .buildFailed ? "build_ended" : "deploy_ended",
                timestamp: Self.start.description, deployID: nil, buildID: "bld-1", status: "failed",
                reason: EventReason(failure: failure, buildFailedID: nil, isSuperseded: false))
        }
        return Diagnoser.Case(
            service: TestRender.service(
                "srv-1", type: type, root: root, build: build, publish: publish, branch: branch),
            deploy: deploy, events: event.map { [$0] } ?? [],
            log: text.isEmpty ? nil : BuildLog(lines, beginning: status == .buildFailed ? .build : .start),
            wanted: Dictionary(
                uniqueKeysWithValues: blueprint.map { ($0.key, BlueprintValue($0.value, at: "render.yaml:7:5")) }))
    }

    /// The build of a static site: what Render prints around `lines`, for the settings that are given. `ran` is the command of
    /// the log where it is not the one that is set.
    static func site(
        _ name: String, root: String = "", build: String = "npm ci && npm run build", publish: String = "dist",
        blueprint: [Field: String] = [:], order: Order = .written, ran: String? = nil, isMissing: Bool = true,
        _ signature: String, _ action: Action, _ lines: String = ""
    ) -> RecordedLog {
        let command = ran ?? build
        let start =
            command.isEmpty ? "==> Empty build command; skipping build" : "==> Running build command '\(command)'..."
        let head = [cloned, "==> Using Node.js version 22.16.0 (default)", start]
        let tail = (isMissing ? ["==> Publish directory \(publish) does not exist!"] : []) + ["==> Build failed 😞"]
        return RecordedLog(
            name: name, root: root, build: build, publish: publish, blueprint: blueprint, order: order,
            signature: signature, action: action,
            text: (head + (lines.isEmpty ? [] : [lines]) + tail).joined(separator: "\n"))
    }

    /// What the monitor would do with the diagnosis.
    static func action(of diagnosis: Diagnosis?) -> Action {
        guard let diagnosis else { return .nothing }
        if let patch = diagnosis.patch {
            let lines = patch.lines.compactMap { line in FixField(rawValue: line.field.rawValue).map { ($0, line.new) }
            }
            return .patch(Dictionary(uniqueKeysWithValues: lines))
        }
        guard let fix = diagnosis.proposed else { return .person }
        guard diagnosis.whyNotFixed == nil, fix.confidence >= .medium else { return .propose }
        if fix.clearsCache { return .clearCache }
        return .fix(Dictionary(uniqueKeysWithValues: fix.changes.map { ($0.field, $0.new) }))
    }

    static let all =
        publishLogs + commandLogs + folderLogs + frameworkLogs + dependencyLogs + serverLogs + orderLogs + hostileLogs
        + quietLogs + mixedLogs + stepLogs + movedLogs
}

/// What every build begins with.
let cloned = """
    ==> Cloning from https://github.com/example/site
    ==> Checking out commit 0123456789abcdef0123456789abcdef01234567 in branch main
    """
