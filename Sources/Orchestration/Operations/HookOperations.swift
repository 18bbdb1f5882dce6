// SPDX-License-Identifier: Apache-2.0

package import Common
package import Domain
import Store

/// What may be done to hooks, and what comes in by them.
package struct HookOperations: Sendable {
    let core: OperationsCore
    let directory: AgentDirectory

    package init(core: OperationsCore, directory: AgentDirectory) {
        self.core = core
        self.directory = directory
    }

    /// Makes a hook; nil for the room is the default one.
    package func create(
        _ definition: HookDefinition, roomID: ID<Room>?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> Hook {
        _ = try await agent(definition.agent, in: workspaceID)
        let id = try await core.commit.submit(
            MakeHook(
                workspaceID: workspaceID, roomID: roomID ?? Room.defaultID, definition: definition,
                actor: caller.principal, traceID: caller.traceID))
        return try await hook(id, in: workspaceID)
    }

    /// What a person wants to be otherwise; nil leaves a thing as it is.
    package struct Edit: Sendable {
        package var name: String?
        package var agent: String?
        /// JSON; read as a template for the hook's signature scheme.
        package var template: JSONValue?
        package var deliveryID: HookSource?
        package var correlationID: HookSource?
        package var priority: Int?
        package var deliveriesPerMinute: Int?
        package var isPaused: Bool?

        package init() {}
    }

    package func edit(
        _ id: ID<Hook>, _ edit: Edit, version: Int?, in workspaceID: ID<Workspace>, by caller: Caller
    ) async throws -> Hook {
        if let name = edit.agent { _ = try await agent(name, in: workspaceID) }
        // The signature scheme never changes, so what is read before the lock holds.
        let signature = try await hook(id, in: workspaceID).definition.signature
        let template = try edit.template.map { try HookTemplate(checking: $0, signature: signature) }
        let change: ChangeHook.Change = .edit(
            { definition in
                definition.name = edit.name ?? definition.name
                definition.agent = edit.agent ?? definition.agent
                definition.template = template ?? definition.template
                definition.deliveryID = edit.deliveryID ?? definition.deliveryID
                definition.correlationID = edit.correlationID ?? definition.correlationID
                definition.priority = edit.priority ?? definition.priority
                definition.deliveriesPerMinute = edit.deliveriesPerMinute ?? definition.deliveriesPerMinute
            }, isPaused: edit.isPaused)
        return try await self.change(id, change, version: version, in: workspaceID, by: caller)
    }

    /// Rotates or deletes.
    package func change(
        _ id: ID<Hook>, _ change: ChangeHook.Change, version: Int? = nil, in workspaceID: ID<Workspace>,
        by caller: Caller
    ) async throws -> Hook {
        let hook = try await hook(id, in: workspaceID)
        return try await core.commit.submit(
            ChangeHook(
                workspaceID: workspaceID, roomID: hook.roomID, hookID: id, version: version, change: change,
                actor: caller.principal, traceID: caller.traceID))
    }

    // MARK: Deliveries

    /// Takes a delivery in: whether it is genuine, which one it is, what task it asks for, in this order, so that
    /// nothing of an unsigned body is looked at.
    package func deliver(
        _ delivery: HookDelivery, to id: ID<Hook>, internalKey: Secret<String>, traceID: String
    ) async throws -> DeliverHook.Outcome {
        guard let hook = try await core.read(HookStore.hook(id)) else { throw Problem.notFound("hook", id.rawValue) }
        do throws(HookSignatureError) {
            try hook.verify(delivery, internalKey: internalKey, at: .now())
        } catch {
            throw Problem(error)
        }
        let body: JSONValue
        do throws(JSONParseError) {
            body = try JSONValue.parse(delivery.body)
        } catch {
            throw Problem(.invalid, "The body is not valid JSON: \(error).", code: "malformed_json")
        }
        guard let deliveryID = hook.deliveryID(of: delivery, body: body) else {
            throw Problem(
                .invalid,
                "The delivery has no id of 1 to \(HookSource.maximumLength) characters where this hook looks.",
                code: "no_delivery_id", fields: hook.deliveryIDField)
        }
        let input = try fill(hook, HookContent(body: body, headers: delivery.headers, deliveryID: deliveryID))
        try await agent(hook.definition.agent, in: hook.workspaceID).check(input, at: "/input")
        let request = TaskRequest(
            agent: hook.definition.agent, input: input.bytes, priority: hook.definition.priority,
            timeoutSeconds: 300, retry: .standard, runAt: nil, idempotencyHash: Array(deliveryID.utf8))
        return try await core.commit.submit(
            DeliverHook(
                hook: hook, deliveryID: deliveryID, request: request,
                correlationID: hook.correlationID(of: delivery, body: body),
                actor: Principal(.service, "hook-\(id)"), traceID: traceID))
    }

    private func fill(_ hook: Hook, _ content: HookContent) throws(Problem) -> JSONValue {
        do throws(HookFillError) {
            return try hook.definition.template.fill(from: content)
        } catch {
            switch error {
            case .tooLarge(let limit):
                throw Problem(.tooLarge, "The task's input would be larger than \(limit) bytes.")
            case .tooDeep:
                throw Problem(.invalid, "The task's input would nest deeper than \(JSONValue.maximumDepth).")
            }
        }
    }

    // MARK: Reading

    package func hook(_ id: ID<Hook>, in workspaceID: ID<Workspace>) async throws -> Hook {
        guard let hook = try await core.read(HookStore.hook(id, in: workspaceID)) else {
            throw Problem.notFound("hook", id.rawValue)
        }
        return hook
    }

    /// Hooks newest first; `next` is where to go on.
    package func list(
        in workspaceID: ID<Workspace>, before cursor: ID<Hook>?, limit: Int
    ) async throws -> (hooks: [Hook], next: ID<Hook>?) {
        let page = try await core.read(HookStore.list(in: workspaceID, before: cursor, limit: limit + 1)).page(limit)
        return (page.items, page.last?.id)
    }

    private func agent(_ name: String, in workspaceID: ID<Workspace>) async throws -> AgentDirectory.Entry {
        guard let agent = try await directory.entry(name, in: workspaceID) else {
            throw Problem.invalid("/agent", "no agent of this name is registered")
        }
        return agent
    }
}

extension Hook {
    /// Where the id of a delivery is missing.
    fileprivate var deliveryIDField: [Problem.FieldError] {
        let message = "must be the id of the delivery"
        return switch definition.deliveryID ?? definition.signature.deliveryIDSource {
        case .header(let name): [Problem.FieldError(name, message)]
        case .pointer(let pointer): [Problem.FieldError(pointer.description, message)]
        case nil: []
        }
    }
}

extension HookTemplate {
    /// As `init(_:signature:)`, with the refusal in the words of the API.
    package init(checking source: JSONValue, signature: HookSignature) throws(Problem) {
        do throws(HookTemplateError) {
            try self.init(source, signature: signature)
        } catch {
            throw .invalid("/template\(error.pointer)", error.description)
        }
    }
}

extension Problem {
    /// A delivery that is not taken for genuine. What is missing may be said: it is no secret how signatures are made.
    fileprivate init(_ error: HookSignatureError) {
        let words =
            switch error {
            case .missing(let header): "The header \(header) is missing."
            case .malformed(let header): "The header \(header) is not what this hook's signature scheme says."
            case .stale: "The timestamp is more than five minutes from now."
            case .mismatch: "The signature does not fit the body."
            }
        self.init(.unauthenticated, words, code: "bad_signature")
    }
}
