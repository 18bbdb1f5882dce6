// SPDX-License-Identifier: Apache-2.0

package import Common

/// A deploy as the fake keeps it.
package struct FakeDeploy: Sendable {
    package let id: String
    package let serviceID: String
    package let buildID: String
    package var status: String
    package let trigger: String
    package let mode: String
    package let clearsCache: Bool
    package var commit: String?
    package var commitMessage: String?
    package var imageRef: String?
    package let createdAt: Timestamp
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    package var updatedAt: Timestamp
    /// The variables that it was begun with, those of linked groups too.
    var environment: [String: String] = [:]
    /// What is still to come, the next first.
    var phases: [DeployPhase] = []
    /// When the next phase begins, for a pace that time sets.
    var nextAt: Timestamp?
    /// What the site serves once this is live; nil for what is no static site.
    var site: PublishedSite?

    package var isFinished: Bool {
        ["live", "deactivated", "build_failed", "update_failed", "pre_deploy_failed", "canceled"].contains(status)
    }

    var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "status": .string(status), "trigger": .string(trigger),
            "createdAt": .string(createdAt.description), "updatedAt": .string(updatedAt.description),
        ]
        if let commit {
            object["commit"] = [
                "id": .string(commit), "message": .string(commitMessage ?? ""),
                "createdAt": .string(createdAt.description),
            ]
        }
        if let imageRef { object["image"] = ["ref": .string(imageRef)] }
        if let startedAt { object["startedAt"] = .string(startedAt.description) }
        if let finishedAt { object["finishedAt"] = .string(finishedAt.description) }
        return .object(object)
    }
}

/// What a static site serves.
struct PublishedSite: Sendable, Equatable {
    /// Paths below the published folder.
    var files: Set<String>
}

/// A part of a deploy: the status it brings, the lines it prints, and the events it leaves.
struct DeployPhase: Sendable {
    var status: String
    var lines: [LogText] = []
    var events: [(type: String, details: JSONObject)] = []
}

/// A line to be printed.
struct LogText: Sendable, Equatable {
    var type = "build"
    var level = "info"
    var message: String

    static func build(_ message: String) -> LogText { LogText(message: message) }
    static func app(_ message: String, level: String = "info") -> LogText {
        LogText(type: "app", level: level, message: message)
    }
}

/// A line that was printed.
struct FakeLogLine: Sendable {
    let id: String
    let serviceID: String
    let text: LogText
    let time: Timestamp

    var json: JSONValue {
        [
            "id": .string(id), "message": .string(text.message), "timestamp": .string(time.description),
            "labels": [
                ["name": "resource", "value": .string(serviceID)], ["name": "level", "value": .string(text.level)],
                ["name": "type", "value": .string(text.type)],
            ],
        ]
    }
}

/// Something that happened to a service.
package struct FakeEvent: Sendable {
    package let id: String
    package let serviceID: String
    package let type: String
    package let time: Timestamp
    package let details: JSONObject

    var json: JSONValue {
        [
            "id": .string(id), "timestamp": .string(time.description), "serviceId": .string(serviceID),
            "type": .string(type), "details": .object(details),
        ]
    }
}
