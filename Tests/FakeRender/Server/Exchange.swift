// SPDX-License-Identifier: Apache-2.0

import Common
import NIOHTTP1
import Synchronization

/// What becomes of a request.
enum Outcome: Sendable {
    case answer(FakeAnswer)
    /// The connection ends without one.
    case loss
}

extension FakeRender {
    /// Handles one request from its arrival to its answer.
    func handle(_ received: FakeCall) async -> Outcome {
        var call = received
        if call.segments.first == "__site" { return .answer(site(call)) }
        if call.segments.first == "__fake" {
            return .answer(settings.hasControlEndpoint ? control(call) : refused(.notFound(call.path)))
        }
        guard call.segments.first == "v1" else { return .answer(refused(.notFound(call.path))) }
        let found = Operation.find(call.method, call.segments.dropFirst())
        guard case .operation(let operation, let parameters) = found else {
            let number = record(call, nil)
            let isKnown = if case .wrongMethod = found { true } else { false }
            let refusal = Refusal(status: isKnown ? 405 : 404, message: isKnown ? "method not allowed" : "not found")
            return .answer(finish(number, refused(refusal)))
        }
        call.parameters = parameters
        let number = record(call, operation)
        guard call.headers.first(name: "authorization") == "Bearer \(settings.token)" else {
            return .answer(finish(number, refused(Refusal(status: 401, message: "Unauthorized"))))
        }
        return await work(call, operation, number)
    }

    private func work(_ call: FakeCall, _ operation: Operation, _ number: Int) async -> Outcome {
        await callHook(number, .beforeEffect)
        let fault = faults.next(for: operation)
        book.withLock { $0.note(number) { $0.fault = fault } }
        switch fault {
        case .delay(let duration): try? await ContinuousClock().sleep(for: duration)
        case .answer(let status, let retryAfter):
            var answer = refused(Refusal(status: status, message: "made to fail"))
            if let retryAfter { answer.headers.append(("Retry-After", String(retryAfter))) }
            return .answer(finish(number, answer))
        case .garbage(let status): return .answer(finish(number, .html(status, "<html>upstream trouble</html>")))
        case .loseBeforeEffect: return .loss
        case .loseAfterEffect, nil: break
        }
        let answer = effect(call, operation, number)
        await callHook(number, .afterEffect)
        if fault == .loseAfterEffect { return .loss }
        return .answer(finish(number, answer))
    }

    /// Holds the request against limits and the document, and does it.
    private func effect(_ call: FakeCall, _ operation: Operation, _ number: Int) -> FakeAnswer {
        let now = world.withLock { world in
            world.pass(.milliseconds(1))
            world.catchUp()
            return world.now
        }
        let verdict = book.withLock { book in
            book.limits.map {
                book.buckets.take(operation.kind, service: call.parameters["serviceId"], $0, at: now)
            }
        }
        var answer: FakeAnswer
        if verdict?.isAllowed == false {
            answer = refused(Refusal(status: 429, message: "rate limit exceeded"))
        } else {
            answer = done(call, operation, number)
        }
        answer.headers += verdict?.headers.map { ($0.key, $0.value) } ?? []
        return answer
    }

    private func done(_ call: FakeCall, _ operation: Operation, _ number: Int) -> FakeAnswer {
        let type = world.withLock { world in
            call.parameters["serviceId"].flatMap { world.services[$0]?.type } ?? call.json?["type"]?.string
        }
        if let problem = oracle?.check(call, operation, serviceType: type) { return refused(.invalid(problem)) }
        do {
            let answer = try world.withLock { world throws(Refusal) in
                // What is refused has changed nothing.
                var changed = world
                let answer = try operation.handler(&changed, call)
                world = changed
                return answer
            }
            book.withLock { $0.note(number) { $0.wasHandled = true } }
            let violations = oracle?.check(answer, operation, serviceType: type) ?? []
            if !violations.isEmpty { book.withLock { $0.violations += violations } }
            return answer
        } catch {
            return refused(error)
        }
    }

    private func callHook(_ number: Int, _ moment: FakeMoment) async {
        let called = book.withLock { book in book.hook.map { ($0, book.request(number)) } }
        if let hook = called?.0, let request = called?.1 { await hook(request, moment) }
    }

    func refused(_ refusal: Refusal) -> FakeAnswer {
        refusal.answer(id: world.withLock { $0.minting.text(20) })
    }

    private func record(_ call: FakeCall, _ operation: Operation?) -> Int {
        book.withLock { book in
            var request = RecordedRequest(
                number: book.forgotten + book.requests.count, method: call.method.rawValue, path: call.path,
                query: call.query,
                operation: operation?.id, parameters: call.parameters)
            if settings.keepsBodies { request.body = call.json.map { Secret($0) } }
            book.requests.append(request)
            return request.number
        }
    }

    private func finish(_ number: Int, _ answer: FakeAnswer) -> FakeAnswer {
        book.withLock { $0.note(number) { $0.status = answer.status } }
        return answer
    }
}

extension FakeRender.Book {
    /// Adds to what is known of a request, unless it has been forgotten.
    fileprivate mutating func note(_ number: Int, _ change: (inout RecordedRequest) -> Void) {
        let index = number - forgotten
        guard requests.indices.contains(index) else { return }
        change(&requests[index])
    }

    fileprivate func request(_ number: Int) -> RecordedRequest? {
        let index = number - forgotten
        return requests.indices.contains(index) ? requests[index] : nil
    }
}
