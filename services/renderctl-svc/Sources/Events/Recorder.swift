// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Logging
import ServiceKit
import Store

/// Something that is done to Render, as policies name it: an approval of it is one of exactly these arguments.
struct RenderAction: Sendable {
    let kind: String
    let target: String
    let arguments: JSONObject

    private var action: Action { Action(kind: kind, target: target, arguments: .object(arguments)) }

    var view: RenderActionView {
        RenderActionView(kind: kind, target: target, argumentsHash: Hex.text(action.argumentsHash))
    }

    var members: [(String, JSONValue)] {
        [
            (
                "action",
                [
                    "kind": .string(kind), "target": .string(target), "arguments": .object(arguments),
                    "arguments_hash": .string(Hex.text(action.argumentsHash)),
                ]
            )
        ]
    }
}

/// Writes down what was done, for the orchestrator to keep.
struct Recorder: Sendable {
    private let outbox: RenderOutboxStore
    /// Tells whoever delivers that something was kept.
    let ring: @Sendable () -> Void
    private let logger: Logger
    let failures = Counter()

    /// - Parameter ring: Tells whoever delivers that there is something new.
    init(outbox: RenderOutboxStore, ring: @escaping @Sendable () -> Void, logger: Logger) {
        self.outbox = outbox
        self.ring = ring
        self.logger = logger
    }

    /// What it was done to has changed already when this is called, so a database that is away does not make the call fail:
    /// it is tried again, and then told in the log with everything but its body.
    func record(_ event: RenderEvent, by principal: Principal, traceID: String, _ body: JSONObject) async {
        let entry = OutboxEvent(
            id: .timeOrdered(), type: event.rawValue, principal: principal.text, traceID: traceID, body: body,
            occurredAt: .now())
        for _ in 0..<3 {
            do {
                try await outbox.put([entry])
                return ring()
            } catch {
                logger.warning("An event could not be kept.", error: error, metadata: ["type": "\(entry.type)"])
            }
        }
        failures.add(1)
        logger.error(
            "An event was lost, because the database could not be used.",
            metadata: ["type": "\(entry.type)", "principal": "\(entry.principal)", "event_id": "\(entry.id)"])
    }

    func record(_ event: RenderEvent, _ context: CallContext, _ body: JSONObject) async {
        await record(event, by: context.caller.principal, traceID: context.caller.traceID, body)
    }
}
