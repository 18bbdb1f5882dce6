// SPDX-License-Identifier: Apache-2.0

import Common

extension RenderClient {
    /// The largest page that the API gives.
    static let pageLimit = 100

    /// The object that an answer is.
    func object(_ call: RenderCall) async throws -> RenderFields {
        let answer = try await send(call)
        return try created(call) { try RenderFields(Self.json(answer, of: call), at: "\(call.operation.rawValue)#") }
    }

    /// What a POST has made, as `read` makes it of the answer. An answer that cannot be read leaves us without the id of
    /// something that is there now, which is the same as no answer at all.
    func created<Value>(_ call: RenderCall, _ read: () throws -> Value) throws -> Value {
        do {
            return try read()
        } catch RenderError.malformed(let place) where !call.operation.mayRepeat {
            throw RenderError.outcomeUnknown("\(call.purpose ?? call.operation.rawValue): unreadable answer, \(place)")
        }
    }

    /// The elements of a list, read to its end or until there are `limit`, each by `read`.
    ///
    /// An element is the thing itself, or an object that has the thing under `member` beside a cursor: the API's description
    /// and its answers differ in that for some lists.
    func list<Element>(
        _ call: RenderCall, member: String, limit: Int = .max, pageSize: Int? = nil,
        _ read: (RenderFields) throws -> Element?
    ) async throws -> [Element] {
        let size = pageSize ?? min(Self.pageLimit, max(1, limit))
        var found: [Element] = []
        var cursor: String?
        var cursors: Set<String> = []
        for _ in 0..<limits.pages {
            var page = call
            page.query.append(("limit", "\(size)"))
            if let cursor { page.query.append(("cursor", cursor)) }
            let (elements, next) = try elements(of: try await send(page), to: call, member: member)
            for fields in elements.compactMap(\.self) {
                if let element = try read(fields) { found.append(element) }
                if found.count >= limit { return found }
            }
            guard elements.count >= size else { return found }
            guard let next else {
                // More than was asked for: this list comes in one piece.
                if elements.count > size { return found }
                throw RenderError.malformed("\(call.operation.rawValue): a full page has no cursor")
            }
            guard cursors.insert(next).inserted else {
                throw RenderError.malformed("\(call.operation.rawValue): a cursor comes again")
            }
            cursor = next
        }
        throw RenderError.malformed("\(call.operation.rawValue): more than \(limits.pages) pages")
    }

    /// The elements of one page, nil where there is nothing but a cursor, and the last cursor.
    private func elements(
        of answer: HTTPAnswer, to call: RenderCall, member: String
    ) throws -> (elements: [RenderFields?], next: String?) {
        let name = call.operation.rawValue
        guard let values = try Self.json(answer, of: call).array else {
            throw RenderError.malformed("\(name)# is not an array")
        }
        var next: String?
        let elements = try values.enumerated().map { index, value -> RenderFields? in
            let element = try RenderFields(value, at: "\(name)#/\(index)")
            next = try element.optionalText("cursor")
            if let inner = try element.optionalObject(member) { return inner }
            return value.object?.names.allSatisfy { ["cursor", member].contains($0) } == true ? nil : element
        }
        return (elements, next)
    }

    /// The body as JSON.
    static func json(_ answer: HTTPAnswer, of call: RenderCall) throws -> JSONValue {
        do {
            return try JSONValue.parse(answer.body)
        } catch {
            throw RenderError.malformed("\(call.operation.rawValue) is not JSON")
        }
    }
}
