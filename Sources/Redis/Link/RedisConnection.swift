// SPDX-License-Identifier: Apache-2.0

import CHiredis
import Glibc

/// One connection of hiredis, with deadlines that hold however slowly the server answers. It lives on one thread, which
/// has SIGPIPE blocked: hiredis writes to sockets that may have been closed.
@safe final class RedisConnection {
    /// A command and its arguments.
    typealias Command = [String]

    private let context: UnsafeMutablePointer<redisContext>

    /// Connects and signs in. Blocks for as long as the configuration allows, and while the host's name is looked up.
    init(_ configuration: RedisConfiguration) throws(RedisError) {
        let limit = configuration.connectTimeout
        let (seconds, attoseconds) = limit.components
        let time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        guard let context = unsafe redisConnectWithTimeout(configuration.host, Int32(configuration.port), time) else {
            throw RedisError(.connection, "there is no memory for a connection")
        }
        unsafe self.context = context
        guard unsafe context.pointee.err == 0 else { throw failure() }
        // From here on hiredis never waits; the deadlines are kept here.
        unsafe context.pointee.flags &= ~REDIS_BLOCK
        _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK)
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        try signIn(configuration, until: .now + limit)
    }

    deinit { unsafe redisFree(context) }

    private var socket: Int32 { unsafe context.pointee.fd }

    private func signIn(_ configuration: RedisConfiguration, until deadline: ContinuousClock.Instant)
        throws(RedisError)
    {
        var commands: [Command] = []
        if let password = configuration.password {
            commands.append(["AUTH"] + (configuration.user.map { [$0] } ?? []) + [password])
        }
        if configuration.database != 0 { commands.append(["SELECT", String(configuration.database)]) }
        commands.append(["PING"])
        let replies = try call(commands, until: deadline)
        for (command, reply) in zip(commands, replies) {
            // Who may not PING was told so by a Redis server that knows him, which is all that this is to find out.
            if case .error(let code) = reply, !(command == ["PING"] && code == "NOPERM") {
                throw RedisError.refused(command[0], code: code)
            }
        }
    }

    /// Sends commands and waits for all their answers. After an error the connection is of no use any more.
    func call(_ commands: [Command], until deadline: ContinuousClock.Instant) throws(RedisError) -> [RedisReply] {
        for command in commands { try append(command) }
        var replies: [RedisReply] = []
        while true {
            let isSent = try flush()
            while replies.count < commands.count, let reply = try next() { replies.append(reply) }
            if replies.count == commands.count { return replies }
            guard let ready = wait(until: deadline, isSending: !isSent) else {
                throw RedisError(.timeout, "the server did not answer in time")
            }
            if ready.isReadable { try read() }
        }
    }

    /// Sends a command whose answer comes among what `next` gives.
    func send(_ command: Command, until deadline: ContinuousClock.Instant) throws(RedisError) {
        try append(command)
        while try !flush() {
            guard wait(until: deadline, isSending: true) != nil else {
                throw RedisError(.timeout, "the server takes nothing in")
            }
            try read()
        }
    }

    /// Waits until something can be read or sent, or until `alarm` rings; nil when the time has come first.
    func wait(
        until time: ContinuousClock.Instant, isSending: Bool = false, or alarm: Alarm? = nil
    ) -> (isReadable: Bool, isRung: Bool)? {
        let events = Int16(isSending ? POLLIN | POLLOUT : POLLIN)
        var entries = [pollfd(fd: socket, events: events, revents: 0)]
        if let alarm { entries.append(pollfd(fd: alarm.descriptor, events: Int16(POLLIN), revents: 0)) }
        while true {
            let count = unsafe poll(&entries, nfds_t(entries.count), Alarm.milliseconds(until: time))
            if count > 0 {
                let isRung = entries.count > 1 && entries[1].revents != 0
                if isRung { alarm?.silence() }
                return (Int32(entries[0].revents) & ~POLLOUT != 0, isRung)
            }
            if count == 0 || ContinuousClock.now >= time { return nil }
        }
    }

    /// Takes in what the socket has.
    func read() throws(RedisError) {
        guard unsafe redisBufferRead(context) == REDIS_OK else { throw failure() }
    }

    /// The next answer that is there as a whole.
    func next() throws(RedisError) -> RedisReply? {
        var raw: UnsafeMutableRawPointer?
        guard unsafe redisGetReplyFromReader(context, &raw) == REDIS_OK else { throw failure() }
        guard let raw = unsafe raw else { return nil }
        defer { unsafe freeReplyObject(raw) }
        return unsafe RedisReply(raw.assumingMemoryBound(to: redisReply.self).pointee)
    }

    /// Sends what there is to send; false when something is left.
    private func flush() throws(RedisError) -> Bool {
        var isDone: Int32 = 0
        guard unsafe redisBufferWrite(context, &isDone) == REDIS_OK else { throw failure() }
        return isDone == 1
    }

    private func append(_ command: Command) throws(RedisError) {
        let arguments = command.map { Array($0.utf8) }
        let lengths = arguments.map(\.count)
        // One byte more, so that an empty argument has an address too.
        let bytes = arguments.flatMap(\.self) + [0]
        let code = unsafe bytes.withUnsafeBytes { bytes in
            let base = unsafe bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: CChar.self)
            var start = 0
            var pointers: [UnsafePointer<CChar>?] = unsafe []
            for length in lengths {
                unsafe pointers.append(base + start)
                start += length
            }
            return unsafe redisAppendCommandArgv(context, Int32(lengths.count), &pointers, lengths)
        }
        guard code == REDIS_OK else { throw failure() }
    }

    /// What hiredis says is wrong; its words are the system's and name neither host nor password.
    private func failure() -> RedisError {
        let words = unsafe withUnsafeBytes(of: context.pointee.errstr) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let isProtocol = unsafe context.pointee.err == REDIS_ERR_PROTOCOL
        return isProtocol
            ? RedisError(.misunderstanding, "what answers is no Redis server")
            : RedisError(.connection, "the connection failed: \(words)")
    }
}
