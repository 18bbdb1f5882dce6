// SPDX-License-Identifier: Apache-2.0

import Common
import Crypto
import Domain
import Orchestration
import Postgres
import Store
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2)))
struct HookTests {
    private let internalKey = Secret(String(repeating: "k", count: 40))
    private let caller = Caller(
        principal: KernelFixture.actor, audience: .human, traceID: KernelFixture.trace, requestID: "r")

    /// Hooks with an agent that wants a message.
    private func operations(_ kernel: KernelFixture) async throws -> HookOperations {
        let directory = AgentDirectory(pool: kernel.pool)
        _ = try await AgentOperations(
            pool: kernel.pool, commit: kernel.commit, directory: directory
        ).register(
            name: "echo", kind: .http, description: "", endpoint: "http://127.0.0.1:1/",
            inputSchema: ["type": "object", "required": ["message"]], concurrency: 16, heartbeatSeconds: nil,
            in: KernelFixture.workspace,
            by: caller)
        return HookOperations(core: OperationsCore(pool: kernel.pool, commit: kernel.commit), directory: directory)
    }

    private func make(
        _ operations: HookOperations, template: JSONValue = ["message": "{{/text}} #{{/number}}", "all": "{{}}"]
    ) async throws -> Hook {
        try await operations.create(
            HookDefinition(
                name: "issues", agent: "echo", template: try HookTemplate(template, signature: .github),
                signature: .github, correlationID: .header("x-correlation")),
            roomID: nil, in: KernelFixture.workspace, by: caller)
    }

    private func delivery(
        _ hook: Hook, id: String?, body: String = #"{"text":"hi","number":7}"#, generation: Int? = nil
    ) -> HookDelivery {
        let secret = HookSecret(
            hook: hook.id, generation: generation ?? hook.generation, internalKey: internalKey)
        let code = HMAC<SHA256>.authenticationCode(for: Array(body.utf8), using: secret.key(for: .github))
        var headers = [
            (name: "X-Hub-Signature-256", value: "sha256=" + Hex.text(Array(code))),
            (name: "X-Correlation", value: "order-7"),
        ]
        if let id { headers.append((name: "X-GitHub-Delivery", value: id)) }
        return HookDelivery(headers: HookHeaders(headers), body: Array(body.utf8))
    }

    private func deliver(
        _ operations: HookOperations, _ hook: Hook, _ delivery: HookDelivery
    ) async throws -> DeliverHook.Outcome {
        try await operations.deliver(
            delivery, to: hook.id, internalKey: internalKey, traceID: KernelFixture.trace)
    }

    @Test func `the same delivery many times at once makes one task`() async throws {
        try await KernelFixture.with { kernel in
            let operations = try await operations(kernel)
            let hook = try await make(operations)
            let outcomes = try await withThrowingTaskGroup(of: DeliverHook.Outcome.self) { group in
                for _ in 0..<30 { group.addTask { try await deliver(operations, hook, delivery(hook, id: "d-1")) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(outcomes.map(\.taskID)).count == 1)
            #expect(outcomes.filter { !$0.isDuplicate }.count == 1)
            let task = try await kernel.task(outcomes[0].taskID)
            #expect(
                String(decoding: task.input, as: UTF8.self)
                    == #"{"message":"hi #7","all":{"text":"hi","number":7}}"#)
            #expect(task.correlationID == "order-7" && task.idempotencyKey == "hook:\(hook.id):d-1")
            let after = try await operations.hook(hook.id, in: KernelFixture.workspace)
            #expect(after.deliveryCount == 1 && after.lastDeliveryAt != nil && after.version == 1)
            // Another delivery with the same content is another one.
            #expect(try await !deliver(operations, hook, delivery(hook, id: "d-2")).isDuplicate)
            let rebuilt = try await kernel.rebuild()
            #expect(rebuilt.isEqual, "\(rebuilt.comparisons)")
        }
    }

    @Test func `what is not genuine, not JSON, without an id or not fit for the agent is refused`() async throws {
        try await KernelFixture.with { kernel in
            let operations = try await operations(kernel)
            let hook = try await make(operations, template: "{{/input}}")
            func problem(_ delivery: HookDelivery) async -> Problem? {
                await #expect(throws: Problem.self) { try await deliver(operations, hook, delivery) }
            }
            let forged = HookDelivery(headers: delivery(hook, id: "d").headers, body: Array("{}".utf8))
            let refusal = await problem(forged)
            #expect(refusal?.kind == .unauthenticated && refusal?.code == "bad_signature")
            #expect(await problem(delivery(hook, id: "d", generation: 2))?.kind == .unauthenticated)
            #expect(await problem(delivery(hook, id: "d", body: "{"))?.code == "malformed_json")
            #expect(await problem(delivery(hook, id: nil, body: "{}"))?.code == "no_delivery_id")
            let unfit = await problem(delivery(hook, id: "d", body: #"{"input":{}}"#))
            #expect(unfit?.kind == .invalid && unfit?.fields.isEmpty == false)
            let unknown = await #expect(throws: Problem.self) {
                try await operations.deliver(
                    delivery(hook, id: "d"), to: .make(), internalKey: internalKey, traceID: KernelFixture.trace)
            }
            #expect(unknown?.kind == .notFound)
            #expect(try await kernel.number("SELECT count(*) AS n FROM proj_tasks") == 0)
            #expect(
                try await !deliver(operations, hook, delivery(hook, id: "d", body: #"{"input":{"message":1}}"#))
                    .isDuplicate)
        }
    }

    @Test func `more deliveries than a minute allows wait, and those that came before are still found`() async throws {
        try await KernelFixture.with { kernel in
            let operations = try await operations(kernel)
            let hook = try await make(operations)
            var edit = HookOperations.Edit()
            edit.deliveriesPerMinute = 3
            _ = try await operations.edit(hook.id, edit, version: 1, in: KernelFixture.workspace, by: caller)
            let results = await withTaskGroup(of: Result<DeliverHook.Outcome, any Error>.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        do {
                            return .success(try await deliver(operations, hook, delivery(hook, id: "d-\(number)")))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let problems = results.compactMap { result -> Problem? in
                if case .failure(let error) = result { error as? Problem } else { nil }
            }
            #expect(problems.count == 17)
            for problem in problems {
                #expect(problem.kind == .rateLimited && problem.code == "too_many_deliveries")
                #expect(problem.retryAfter.map { $0 > .zero && $0 <= .seconds(60) } == true)
            }
            let made = try await kernel.events().filter { $0.event.type == "hook.delivered" }
            let id = try #require(try JSONValue.parse(made[0].event.body)["delivery_id"]?.string)
            #expect(try await deliver(operations, hook, delivery(hook, id: id)).isDuplicate)
            #expect(try await kernel.number("SELECT count(*) AS n FROM proj_tasks") == 3)
            let rebuilt = try await kernel.rebuild()
            #expect(rebuilt.isEqual, "\(rebuilt.comparisons)")
        }
    }

    @Test func `a hook is edited, paused, rotated and deleted`() async throws {
        try await KernelFixture.with { kernel in
            let operations = try await operations(kernel)
            let hook = try await make(operations)
            let workspace = KernelFixture.workspace
            var edit = HookOperations.Edit()
            edit.template = ["message": "{{/text}}"]
            edit.isPaused = true
            let paused = try await operations.edit(hook.id, edit, version: 1, in: workspace, by: caller)
            #expect(paused.version == 3 && paused.pausedAt != nil)
            let refused = await #expect(throws: Problem.self) {
                try await deliver(operations, hook, delivery(hook, id: "d"))
            }
            #expect(refused?.code == "hook_paused")
            edit.isPaused = false
            _ = try await operations.edit(hook.id, edit, version: nil, in: workspace, by: caller)
            let outcome = try await deliver(operations, hook, delivery(hook, id: "d"))
            #expect(try await kernel.task(outcome.taskID).input == Array(#"{"message":"hi"}"#.utf8))
            let rotated = try await operations.change(hook.id, .rotate(grace: .seconds(60)), in: workspace, by: caller)
            #expect(rotated.generation == 2)
            #expect(try await deliver(operations, rotated, delivery(rotated, id: "new")).isDuplicate == false)
            #expect(try await deliver(operations, hook, delivery(hook, id: "old")).isDuplicate == false)
            edit.template = ["{{/x"]
            let wrong = await #expect(throws: Problem.self) {
                try await operations.edit(hook.id, edit, version: nil, in: workspace, by: caller)
            }
            #expect(wrong?.fields.first?.field == "/template/0")
            _ = try await operations.change(hook.id, .delete, in: workspace, by: caller)
            let gone = await #expect(throws: Problem.self) {
                try await deliver(operations, hook, delivery(hook, id: "late"))
            }
            #expect(gone?.kind == .notFound)
            let rebuilt = try await kernel.rebuild()
            #expect(rebuilt.isEqual, "\(rebuilt.comparisons)")
        }
    }
}
