// SPDX-License-Identifier: Apache-2.0

package import Common

/// Whatever can carry out a run, as it was last registered.
package struct Agent: Sendable, Equatable {
    /// How it is reached.
    package enum Kind: String, Sendable, CaseIterable {
        /// The engine calls its endpoint.
        case http
        /// Programs outside claim its runs.
        case worker
        /// The engine carries its runs out by itself.
        case builtin

        /// Whether an engine calls it, rather than programs outside claiming its runs.
        package var isCalled: Bool { self != .worker }
    }

    package let workspaceID: ID<Workspace>
    /// Unique in its workspace: lowercase letters, digits and hyphens.
    package let name: String
    package var kind: Kind
    package var description: String
    /// The URL that runs are posted to; nil for the kinds that are not called.
    package var endpoint: String?
    /// JSON Schema 2020-12 of the input, as JSON.
    package var inputSchema: [UInt8]
    /// Runs it takes at the same time, over all workers.
    package var concurrency: Int
    /// It is taken for gone when nothing was heard for three times as long; nil when it does not report itself.
    package var heartbeatSeconds: Int?
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        workspaceID: ID<Workspace>, name: String, kind: Kind, description: String, endpoint: String?,
        inputSchema: [UInt8], concurrency: Int, heartbeatSeconds: Int?, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.workspaceID = workspaceID
        self.name = name
        self.kind = kind
        self.description = description
        self.endpoint = endpoint
        self.inputSchema = inputSchema
        self.concurrency = concurrency
        self.heartbeatSeconds = heartbeatSeconds
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Whether `other` asks for the same thing: everything but the times.
    package func hasSameDefinition(as other: Agent) -> Bool {
        var same = other
        same.updatedAt = updatedAt
        return Agent(
            workspaceID: same.workspaceID, name: same.name, kind: same.kind, description: same.description,
            endpoint: same.endpoint, inputSchema: same.inputSchema, concurrency: same.concurrency,
            heartbeatSeconds: same.heartbeatSeconds, createdAt: createdAt, updatedAt: updatedAt) == self
    }
}
