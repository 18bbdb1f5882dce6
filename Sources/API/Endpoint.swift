// SPDX-License-Identifier: Apache-2.0

package import Common
package import HTTPTypes

/// Who may call an endpoint, and what they must be allowed to do. There is no way to leave it open by forgetting.
package struct Access: Sendable {
    package let audiences: Set<Audience>
    /// Nil only for the public.
    package let permission: Permission?

    private init(_ audiences: Set<Audience>, _ permission: Permission?) {
        self.audiences = audiences
        self.permission = permission
    }

    /// Anybody, without credentials.
    package static let everybody = Access([.public], nil)
    package static func people(_ permission: Permission) -> Access { Access([.human], permission) }
    package static func services(_ permission: Permission) -> Access { Access([.internal], permission) }
    package static func peopleAndServices(_ permission: Permission) -> Access {
        Access([.human, .internal], permission)
    }

    /// Workers outside as well as people and services.
    package static func workers(_ permission: Permission) -> Access {
        Access([.human, .internal, .agent], permission)
    }

    package var isPublic: Bool { audiences.contains(.public) }
}

/// One route: the definition by which it is served, documented and called.
package struct Endpoint<Input: WireInput, Output: EndpointOutput>: Sendable {
    /// The parts that do not depend on the types.
    package let route: AnyEndpoint

    /// - Parameters:
    ///   - id: The operation's name in documents: a verb and a noun such as `createTask`, unique in a catalogue.
    ///   - success: The statuses it succeeds with, the usual one first.
    ///   - headers: Headers of successful answers beside those that every answer has, with what they mean.
    ///   - problems: Kinds of failure of its own; those that its audience, input and the server bring are known.
    ///   - isIdempotent: Whether a client may send it again without asking; what HTTP says of the method unless set.
    ///   - bodyLimit: Bytes a body may have; `MAX_BODY_BYTES` unless set.
    ///   - stopsWithConnection: Whether the handler is cancelled when the caller closes the connection.
    ///   - keepsOwnDeadline: Whether the handler itself sees to it that it ends, so that `REQUEST_TIMEOUT_SECONDS` does
    ///     not apply.
    package init(
        _ id: String, _ method: HTTPRequest.Method, _ path: PathTemplate, _ access: Access, _ summary: String,
        description: String = "", tag: String, success: [Int] = [200], headers: [(name: String, meaning: String)] = [],
        problems: Set<Problem.Kind> = [], isIdempotent: Bool? = nil, bodyLimit: Int? = nil,
        stopsWithConnection: Bool = false,
        keepsOwnDeadline: Bool = false
    ) {
        let input = InputDescription(of: Input.self)
        let declared = input.parameters.filter { $0.place == .path }.map(\.name)
        precondition(
            Set(declared) == Set(path.parameters), "\(id): the input reads \(declared), the path has \(path.parameters)"
        )
        route = AnyEndpoint(
            id: id, method: method, path: path, access: access, summary: summary, description: description, tag: tag,
            successes: success, headers: headers, problems: problems,
            isIdempotent: isIdempotent ?? [.get, .head, .put, .delete, .options].contains(method),
            bodyLimit: bodyLimit, stopsWithConnection: stopsWithConnection,
            keepsOwnDeadline: keepsOwnDeadline || Output.answerBody.isStream, input: input, bodyName: Input.wireName,
            answer: Output.answerBody)
    }

    private init(_ route: AnyEndpoint) { self.route = route }

    /// The same endpoint for bodies of at most so many bytes, where a daemon's configuration decides about that.
    package func limited(to bytes: Int) -> Endpoint {
        var route = route
        route.bodyLimit = bytes
        return Endpoint(route)
    }
}

/// An endpoint without its types, for catalogues: documents, tests that walk every route, and the router.
package struct AnyEndpoint: Sendable {
    package let id: String
    package let method: HTTPRequest.Method
    package let path: PathTemplate
    package let access: Access
    package let summary: String
    package let description: String
    package let tag: String
    package let successes: [Int]
    package let headers: [(name: String, meaning: String)]
    /// Failures of its own.
    package let problems: Set<Problem.Kind>
    package let isIdempotent: Bool
    /// Bytes a body may have; the server's own limit when nil.
    package internal(set) var bodyLimit: Int?
    package let stopsWithConnection: Bool
    package let keepsOwnDeadline: Bool
    package let input: InputDescription
    let bodyName: String
    package let answer: AnswerBody

    /// Every kind of failure that it may answer with, whoever brings it about.
    package var allProblems: Set<Problem.Kind> {
        var kinds = problems.union([.invalid, .forbidden, .internal, .unavailable])
        if !access.isPublic { kinds.formUnion([.unauthenticated, .rateLimited]) }
        if !path.parameters.isEmpty || input.namesWorkspace { kinds.insert(.notFound) }
        if input.hasBody { kinds.formUnion([.tooLarge, .unsupportedMedia]) }
        if !keepsOwnDeadline { kinds.insert(.timeout) }
        return kinds
    }
}
