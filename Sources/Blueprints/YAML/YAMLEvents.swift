// SPDX-License-Identifier: Apache-2.0

import CYaml

/// One event of a document, with its texts copied out of libyaml.
struct YAMLEvent {
    enum Kind {
        case documentStart, documentEnd, end
        case scalar(text: String, isPlain: Bool)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
        case alias(String)
    }

    let kind: Kind
    let position: SourcePosition
    var anchor: String?
    var tag: String?
}

/// The events of a text, one at a time, from libyaml.
@safe final class YAMLEvents {
    private let source: SourceText
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// libyaml reads from where it is told until the end, so the bytes stay where they are.
    private let input: UnsafeMutableBufferPointer<UInt8>

    init(_ source: SourceText) {
        self.source = source
        unsafe parser = .allocate(capacity: 1)
        unsafe parser.initialize(to: yaml_parser_t())
        unsafe input = .allocate(capacity: max(1, source.bytes.count))
        _ = unsafe input.initialize(from: source.bytes)
        unsafe yaml_parser_initialize(parser)
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, source.bytes.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// The next event; `end` again and again behind the last.
    func next() throws(YAMLProblem) -> YAMLEvent {
        while true {
            var event = unsafe yaml_event_t()
            guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw problem() }
            defer { unsafe yaml_event_delete(&event) }
            if let read = unsafe read(event) { return read }
        }
    }

    private func read(_ event: yaml_event_t) -> YAMLEvent? {
        let position = unsafe source.position(ofScalar: Int(event.start_mark.index))
        func made(_ kind: YAMLEvent.Kind, anchor: String? = nil, tag: String? = nil) -> YAMLEvent {
            YAMLEvent(kind: kind, position: position, anchor: anchor, tag: tag)
        }
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: return nil
        case YAML_DOCUMENT_START_EVENT: return made(.documentStart)
        case YAML_DOCUMENT_END_EVENT: return made(.documentEnd)
        case YAML_ALIAS_EVENT: return unsafe made(.alias(Self.text(event.data.alias.anchor) ?? ""))
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe event.data.sequence_start
            return unsafe made(.sequenceStart, anchor: Self.text(start.anchor), tag: Self.text(start.tag))
        case YAML_SEQUENCE_END_EVENT: return made(.sequenceEnd)
        case YAML_MAPPING_START_EVENT:
            let start = unsafe event.data.mapping_start
            return unsafe made(.mappingStart, anchor: Self.text(start.anchor), tag: Self.text(start.tag))
        case YAML_MAPPING_END_EVENT: return made(.mappingEnd)
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let text = unsafe String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
            return unsafe made(
                .scalar(text: text, isPlain: isPlain), anchor: Self.text(scalar.anchor), tag: Self.text(scalar.tag))
        default: return made(.end)
        }
    }

    private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        guard let pointer = unsafe pointer else { return nil }
        return unsafe String(cString: pointer)
    }

    private func problem() -> YAMLProblem {
        let parser = unsafe self.parser.pointee
        let place = unsafe Int(parser.problem_mark.index)
        let position = source.position(ofScalar: place)
        if unsafe parser.error == YAML_MEMORY_ERROR {
            return YAMLProblem(.tooLarge, "There is not enough memory to read the file.", at: position)
        }
        if source.scalar(at: place) == UInt8(ascii: "\t") {
            return YAMLProblem(.tab, "A tab cannot stand here; YAML is indented by spaces.", at: position)
        }
        // Both are constant sentences of libyaml, without anything from the file.
        let words = unsafe [parser.problem, parser.context].compactMap { unsafe $0.map { unsafe String(cString: $0) } }
        return YAMLProblem(.syntax, "This is not YAML: \(words.joined(separator: ", ")).", at: position)
    }
}
