// SPDX-License-Identifier: Apache-2.0

import CHiredis

/// An answer of the server, copied out of hiredis.
enum RedisReply: Equatable {
    case text(String)
    case number(Int)
    case array([RedisReply])
    case null
    /// The first word of the server's error; the rest may repeat what was sent.
    case error(code: String)

    init(_ reply: redisReply) {
        switch unsafe reply.type {
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = .text(unsafe Self.text(reply))
        case REDIS_REPLY_INTEGER: self = .number(unsafe Int(reply.integer))
        case REDIS_REPLY_ARRAY:
            let elements = unsafe UnsafeBufferPointer(start: reply.element, count: reply.elements)
            self = .array(unsafe elements.map { unsafe $0.map { unsafe RedisReply($0.pointee) } ?? .null })
        case REDIS_REPLY_ERROR:
            let code = unsafe Self.text(reply).prefix { $0.isASCII && ($0.isUppercase || $0.isNumber) }
            self = .error(code: code.isEmpty ? "ERR" : String(code.prefix(32)))
        default: self = .null
        }
    }

    private static func text(_ reply: redisReply) -> String {
        let bytes = unsafe UnsafeRawBufferPointer(start: reply.str, count: reply.len)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Int? { if case .number(let number) = self { number } else { nil } }
    var array: [RedisReply]? { if case .array(let elements) = self { elements } else { nil } }
}
