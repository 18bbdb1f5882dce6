// SPDX-License-Identifier: Apache-2.0

import Redis
import Testing

struct RedisConfigurationTests {
    @Test func `a URL says where the server is and how to get in`() throws {
        let plain = try RedisConfiguration(url: "redis://localhost")
        #expect((plain.host, plain.port, plain.database) == ("localhost", 6379, 0))
        #expect((plain.user, plain.password) == (nil, nil))
        let whole = try RedisConfiguration(url: "redis://tut%74i:p%40ss%3a%2Fw%25@10.0.0.1:7000/3")
        #expect((whole.host, whole.port, whole.database) == ("10.0.0.1", 7000, 3))
        #expect((whole.user, whole.password) == ("tutti", "p@ss:/w%"))
        let unnamed = try RedisConfiguration(url: "redis://:se@cret@[::1]:6380/")
        #expect((unnamed.host, unnamed.port, unnamed.user, unnamed.password) == ("::1", 6380, nil, "se@cret"))
    }

    @Test(arguments: [
        ("rediss://:hush-hush@host", "no TLS"), ("http://host", "must begin with redis://"),
        ("redis://", "names no host"), ("redis://:hush-hush@", "names no host"),
        ("redis://host:0", "the port must be"), ("redis://host:hush-hush", "the port must be"),
        ("redis://host:99999", "the port must be"), ("redis://host/hush-hush", "the database must be"),
        ("redis://:hush-hush%@host", "%25"), ("redis://:hush-hush%zz@host", "%25"),
        ("redis://:%ff@host", "not UTF-8"), ("redis://hush-hush@host", "without a password"),
        ("redis://[::1", "bracket"), ("redis://:hush-hush@host?db=1", "no query"),
    ])
    func `a URL that cannot be used is refused in words that do not quote it`(url: String, words: String) throws {
        let error = try #require(throws: RedisError.self) { _ = try RedisConfiguration(url: url) }
        #expect(error.kind == .configuration)
        #expect(error.message.contains(words), "\(error)")
        #expect(!"\(error)".contains("hush-hush"))
    }

    @Test func `printing it in any way does not show the password`() throws {
        let configuration = try RedisConfiguration(url: "redis://tutti:hush-hush@[::1]:7000/3")
        #expect("\(configuration)" == "redis://tutti:••••@[::1]:7000/3")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hush-hush"), "\(text)")
        }
    }
}
