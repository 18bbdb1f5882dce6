// SPDX-License-Identifier: Apache-2.0

/// Where a Redis server is and how to get in. Printing it shows everything but the password.
package struct RedisConfiguration: Sendable {
    package let host: String
    package let port: Int
    /// Nil for the server's default user.
    package let user: String?
    package let password: String?
    /// Messages are published to all databases alike; it decides only where keys would be.
    package let database: Int
    /// How long connecting and signing in may take together, after the host's name was looked up.
    package var connectTimeout: Duration = .seconds(2)
    /// How long the answer to a command may take.
    package var commandTimeout: Duration = .milliseconds(500)
    /// A connection on which nothing happens for so long is asked whether it is still there.
    package var idleLimit: Duration = .seconds(5)

    /// Reads `redis://[user[:password]@]host[:port][/database]`, with percent-encoding in user and password. Errors never
    /// quote the URL.
    package init(url: String) throws(RedisError) {
        let scheme = "redis://"
        guard url.hasPrefix(scheme) else {
            throw Self.refusal(
                url.hasPrefix("rediss://")
                    ? "rediss:// is not offered, because the hiredis that this is built with has no TLS"
                    : "it must begin with redis://")
        }
        let rest = url.dropFirst(scheme.count)
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw Self.refusal("it must have no query and no fragment; percent-encode them in a password")
        }
        // A password may hold an @ that somebody forgot to encode; a host cannot.
        let at = rest.lastIndex(of: "@")
        let place = at.map { rest[rest.index(after: $0)...] } ?? rest
        let parts = place.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        (host, port) = try Self.address(parts[0])
        database = try Self.database(parts.count > 1 ? parts[1] : "")
        let credentials = at.map { rest[..<$0] } ?? ""
        let words = credentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let user = try Self.decoded(words.first ?? "", "the user")
        let password = words.count > 1 ? try Self.decoded(words[1], "the password") : ""
        guard user.isEmpty || !password.isEmpty else {
            throw Self.refusal("it names a user without a password; write redis://user:password@host")
        }
        self.user = user.isEmpty ? nil : user
        self.password = password.isEmpty ? nil : password
    }

    private static func refusal(_ why: String) -> RedisError {
        RedisError(.configuration, "the Redis URL cannot be used: \(why)")
    }

    private static func address(_ text: Substring) throws(RedisError) -> (host: String, port: Int) {
        let host: Substring
        var rest: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw refusal("the address has no closing bracket") }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
        } else {
            host = text.prefix { $0 != ":" }
            rest = text[host.endIndex...]
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { throw refusal("it names no host") }
        if rest.isEmpty { return (String(host), 6379) }
        guard rest.removeFirst() == ":", let port = UInt16(rest), port > 0 else {
            throw refusal("the port must be a number from 1 to 65535")
        }
        return (String(host), Int(port))
    }

    private static func database(_ text: Substring) throws(RedisError) -> Int {
        if text.isEmpty { return 0 }
        guard let number = UInt16(text) else { throw refusal("the database must be a number") }
        return Int(number)
    }

    private static func decoded(_ text: Substring, _ what: String) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
                let value = UInt8(String(Substring(digits)), radix: 16)
            else { throw refusal("\(what) has a % without two hexadecimal digits after it; write %25 for a %") }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw refusal("\(what) is not UTF-8") }
        return decoded
    }
}

extension RedisConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let credentials = password == nil ? "" : "\(user ?? ""):••••@"
        return "redis://\(credentials)\(address)/\(database)"
    }

    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
