// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// One thing that the API does, by the document's name for it.
struct Operation: Sendable {
    typealias Handler = @Sendable (inout World, FakeCall) throws(Refusal) -> FakeAnswer

    let method: HTTPMethod
    /// As the document writes it, such as `/services/{serviceId}`.
    let pattern: String
    let id: String
    let kind: RequestKind
    let handler: Handler
    private let parts: [Substring]

    init(
        _ method: HTTPMethod, _ pattern: String, _ id: String, kind: RequestKind? = nil, _ handler: @escaping Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.id = id
        self.kind = kind ?? (method == .GET ? .read : .write)
        self.handler = handler
        parts = pattern.split(separator: "/")
    }

    /// The values of the pattern's names when the segments match it.
    func match(_ segments: ArraySlice<String>) -> [String: String]? {
        guard segments.count == parts.count else { return nil }
        var found: [String: String] = [:]
        for (part, segment) in zip(parts, segments) {
            if part.hasPrefix("{") {
                found[String(part.dropFirst().dropLast())] = segment
            } else if part != segment {
                return nil
            }
        }
        return found
    }
}

/// What Render counts a request as when it limits them.
package enum RequestKind: String, Sendable, Hashable, CaseIterable {
    case read, write, logs
    /// Counted for each service by itself.
    case deploy
}

extension Operation {
    static let all: [Operation] =
        accounts + services + serviceActions + serviceEnvironment + serviceParts + domains + disks + deploys + activity
        + databases + keyValues + envGroups + projects + environments + blueprints

    enum Found {
        case operation(Operation, parameters: [String: String])
        /// The path is one of ours, the method is not.
        case wrongMethod
        case none
    }

    static func find(_ method: HTTPMethod, _ segments: ArraySlice<String>) -> Found {
        var isKnownPath = false
        // Where two patterns match, the one that names more of the path is listed first.
        for operation in all {
            guard let parameters = operation.match(segments) else { continue }
            if operation.method == method { return .operation(operation, parameters: parameters) }
            isKnownPath = true
        }
        return isKnownPath ? .wrongMethod : .none
    }
}
