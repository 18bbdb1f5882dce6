// SPDX-License-Identifier: Apache-2.0

import Common

/// Which string of a template cannot be used, and why.
package struct HookTemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with it.
    package enum Reason: Error, Sendable, Equatable {
        /// `{{` without `}}`.
        case unclosed
        /// Neither a pointer nor a header nor `delivery_id`.
        case unknown(String)
        /// Begins with a slash, but is no JSON Pointer.
        case pointer(String)
        /// No header may be called so.
        case header(String)
        /// The header carries credentials or the signature.
        case refused(String)
        /// After `??` there is no string, number, true, false or null.
        case fallback
        case tooManyPlaces
        case tooLarge
    }

    /// The JSON Pointer of the string; empty for the template itself.
    package let pointer: String
    /// Where in the string the place begins, counted in Unicode scalars from 1.
    package let column: Int
    package let reason: Reason

    init(_ pointer: String, column: Int, _ reason: Reason) {
        self.pointer = pointer
        self.column = column
        self.reason = reason
    }

    /// One sentence for whoever wrote the template.
    package var description: String {
        let text =
            switch reason {
            case .unclosed: "the place that begins here has no }}"
            case .unknown(let text):
                "\"\(text)\" is neither a JSON Pointer (/…) nor header:<name> nor delivery_id"
            case .pointer(let text): "\"\(text)\" is not a JSON Pointer (~ is written ~0, / in a name ~1)"
            case .header(let name): "no header can be called \"\(name)\""
            case .refused(let name): "the header \(name) carries credentials and cannot be used"
            case .fallback: "after ?? there must be a string in quotes, a number, true, false or null"
            case .tooManyPlaces: "a template has at most \(HookTemplate.maximumPlaces) places"
            case .tooLarge: "a template has at most \(HookTemplate.maximumBytes) bytes"
            }
        return "column \(column): \(text)"
    }
}

/// Takes a template apart, once, when the hook is made.
struct HookTemplateParser {
    /// Headers that no place may read.
    let refused: Set<String>
    private var places = 0

    init(refused: Set<String>) { self.refused = refused }

    mutating func node(_ value: JSONValue, at pointer: String) throws(HookTemplateError) -> HookTemplateNode {
        switch value {
        case .null, .bool, .number: return .fixed(value)
        case .string(let text): return try string(text, at: pointer)
        case .array(let elements):
            var nodes: [HookTemplateNode] = []
            for (index, element) in elements.enumerated() { nodes.append(try node(element, at: "\(pointer)/\(index)")) }
            return nodes.allSatisfy(\.isFixed) ? .fixed(value) : .array(nodes)
        case .object(let object):
            var members: [HookTemplateMember] = []
            for (name, value) in object.members {
                let node = try node(value, at: "\(pointer)/\(JSONPointer.escape(name))")
                members.append(HookTemplateMember(name: name, node: node))
            }
            return members.allSatisfy(\.node.isFixed) ? .fixed(value) : .object(members)
        }
    }

    private mutating func string(_ text: String, at pointer: String) throws(HookTemplateError) -> HookTemplateNode {
        var scanner = HookStringScanner(Array(text.unicodeScalars))
        var pieces: [HookTextPiece] = []
        while let literal = scanner.textBeforePlace() {
            if !literal.isEmpty { pieces.append(.text(literal)) }
            let column = scanner.position + 1
            do throws(HookTemplateError.Reason) {
                places += 1
                guard places <= HookTemplate.maximumPlaces else { throw .tooManyPlaces }
                pieces.append(.place(try place(scanner.place())))
            } catch {
                throw HookTemplateError(pointer, column: column, error)
            }
        }
        guard !pieces.isEmpty else { return .fixed(.string(text)) }
        let rest = scanner.rest
        if pieces.count == 1, rest.isEmpty, case .place(let place) = pieces[0] { return .place(place) }
        return .text(rest.isEmpty ? pieces : pieces + [.text(rest)])
    }

    private func place(
        _ written: (operand: String, fallback: JSONValue?)
    ) throws(HookTemplateError.Reason) -> HookPlace {
        let (operand, fallback) = written
        if operand.isEmpty || operand.hasPrefix("/") {
            guard let pointer = HookPointer(operand) else { throw .pointer(operand) }
            return .pointer(pointer, fallback: fallback ?? .null)
        }
        if operand.hasPrefix("header:") {
            let text = operand.dropFirst("header:".count)
            guard let name = HookHeaders.name(text) else { throw .header(String(text)) }
            guard !refused.contains(name) else { throw .refused(name) }
            return .header(name, fallback: fallback ?? .null)
        }
        // Every delivery has an id, so there is nothing to fall back from.
        guard operand == "delivery_id", fallback == nil else { throw .unknown(operand) }
        return .deliveryID
    }
}

extension HookTemplateNode {
    fileprivate var isFixed: Bool {
        if case .fixed = self { true } else { false }
    }
}

/// Walks over one string of a template.
private struct HookStringScanner {
    private let scalars: [Unicode.Scalar]
    private(set) var position = 0

    init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

    /// What no place came after.
    var rest: String { text(position..<scalars.count) }

    /// Goes to the next `{{`; nil, without a move, when there is none.
    mutating func textBeforePlace() -> String? {
        guard let start = find("{", in: position..<scalars.count) else { return nil }
        defer { position = start }
        return text(position..<start)
    }

    /// Reads the place that begins here and goes past its `}}`.
    mutating func place() throws(HookTemplateError.Reason) -> (operand: String, fallback: JSONValue?) {
        let start = min(position + 2, scalars.count)
        guard let end = find("}", in: start..<scalars.count) else { throw .unclosed }
        guard let mark = find("?", in: start..<end) else {
            position = end + 2
            return (trimmed(start..<end), nil)
        }
        position = mark + 2
        while isNext(" ") { position += 1 }
        let value = isNext("\"") ? try quoted() : try word()
        while isNext(" ") { position += 1 }
        guard isPair("}", at: position) else { throw .fallback }
        position += 2
        return (trimmed(start..<mark), value)
    }

    /// A JSON string, which may have `}}` in it.
    private mutating func quoted() throws(HookTemplateError.Reason) -> JSONValue {
        let start = position
        position += 1
        while position < scalars.count, scalars[position] != "\"" {
            position += scalars[position] == "\\" ? 2 : 1
        }
        guard position < scalars.count, let value = try? JSONValue.parse(text(start..<position + 1)) else {
            throw .fallback
        }
        position += 1
        return value
    }

    private mutating func word() throws(HookTemplateError.Reason) -> JSONValue {
        guard let end = find("}", in: position..<scalars.count),
            let value = try? JSONValue.parse(trimmed(position..<end))
        else {
            throw .fallback
        }
        switch value {
        case .array, .object, .string: throw .fallback
        case .null, .bool, .number: position = end
        }
        return value
    }

    /// Where in `range` the first two of these marks stand together.
    private func find(_ mark: Unicode.Scalar, in range: Range<Int>) -> Int? {
        range.first { isPair(mark, at: $0) }
    }

    private func isPair(_ mark: Unicode.Scalar, at index: Int) -> Bool {
        index + 1 < scalars.count && scalars[index] == mark && scalars[index + 1] == mark
    }

    private func isNext(_ scalar: Unicode.Scalar) -> Bool { position < scalars.count && scalars[position] == scalar }

    private func text(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[range])
        return String(text)
    }

    private func trimmed(_ range: Range<Int>) -> String {
        let trimmed = scalars[range].drop { $0 == " " }
        guard let last = trimmed.lastIndex(where: { $0 != " " }) else { return "" }
        return text(trimmed.startIndex..<last + 1)
    }
}
