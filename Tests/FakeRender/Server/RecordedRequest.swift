// SPDX-License-Identifier: Apache-2.0

package import Common

/// A request that the fake was sent. Holds no token and no body, unless the settings keep bodies.
package struct RecordedRequest: Sendable {
    package let number: Int
    package let method: String
    /// Without the query.
    package let path: String
    package let query: [(name: String, value: String)]
    /// The document's name for what was asked, such as `create-service`; nil when it is nothing we know.
    package let operation: String?
    /// The values in the path, such as `serviceId`.
    package let parameters: [String: String]
    /// Nil while it is under way, and when the connection was lost.
    package internal(set) var status: Int?
    /// Whether the state was asked to change, or read, by it.
    package internal(set) var wasHandled = false
    package internal(set) var fault: Fault.Effect?
    /// Kept on request only.
    package internal(set) var body: Secret<JSONValue>?
}

/// When a hook is called.
package enum FakeMoment: Sendable, Equatable {
    /// Nothing has been done yet.
    case beforeEffect
    /// It has been done, and is not answered yet.
    case afterEffect
}
