// SPDX-License-Identifier: Apache-2.0

import Common

/// The pages of a list: `limit` from 1 to 100, 20 when it is not given, and a cursor that clients do not look into.
struct Paging {
    let limit: Int
    let cursor: String?

    init(_ call: FakeCall) throws(Refusal) {
        if let text = call.first("limit") {
            guard let number = Int(text), (1...100).contains(number) else {
                throw .invalid("limit must be a number from 1 to 100")
            }
            limit = number
        } else {
            limit = 20
        }
        cursor = call.first("cursor").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The part of `items` that comes next. Items are told apart by `id`.
    private func next(_ items: [(id: String, json: JSONValue)]) throws(Refusal) -> Range<Int> {
        var start = 0
        if let cursor {
            guard let place = Cursor(cursor) else { throw .invalid("cursor is not valid") }
            if let index = items.firstIndex(where: { $0.id == place.id }) {
                start = index + 1
            } else {
                // What it stood on is gone: the items after that have moved up by one.
                start = min(place.index, items.count)
            }
        }
        return start..<min(start + limit, items.count)
    }

    /// A bare array of `{name: item, "cursor": …}`.
    func answer(_ items: [(id: String, json: JSONValue)], as name: String) throws(Refusal) -> FakeAnswer {
        let range = try next(items)
        return FakeAnswer(
            200,
            .array(
                range.map { index in
                    let cursor = Cursor(index: index, id: items[index].id)
                    return .object([name: items[index].json, "cursor": .string(cursor.text)])
                }))
    }

    /// A bare array of items, as the document has it for a few lists.
    func bareAnswer(_ items: [(id: String, json: JSONValue)]) throws(Refusal) -> FakeAnswer {
        FakeAnswer(200, .array(try next(items).map { items[$0].json }))
    }
}

/// A place in a list, written so that nobody is tempted to make one up.
private struct Cursor {
    let index: Int
    let id: String

    init(index: Int, id: String) {
        self.index = index
        self.id = id
    }

    init?(_ text: String) {
        let parts = text.split(separator: "-", maxSplits: 1)
        guard parts.count == 2, let index = Int(parts[0], radix: 36), let bytes = Hex.decoded(parts[1]) else {
            return nil
        }
        self.init(index: index, id: String(decoding: bytes, as: UTF8.self))
    }

    var text: String { "\(String(index, radix: 36))-\(Hex.text(id))" }
}

private enum Hex {
    static func text(_ value: String) -> String {
        value.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func decoded(_ text: Substring) -> [UInt8]? {
        guard text.utf8.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        var rest = text
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
