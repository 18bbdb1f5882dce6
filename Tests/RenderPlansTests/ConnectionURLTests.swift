// SPDX-License-Identifier: Apache-2.0

import Common
import RenderPlans
import Testing

struct ConnectionURLTests {
    @Test func `a database's URL has all of its parts, with percent-encoding undone`() throws {
        let text = "postgresql://us%65r:p%40ss%3Aword@dpg-1-a:5433/ma%20in?sslmode=x"
        let url = try #require(ConnectionURL(Secret(text)))
        #expect(url.user == "user")
        #expect(url.password == "p@ss:word")
        #expect(url.host == "dpg-1-a")
        #expect(url.port == "5433")
        #expect(url.path == "ma in")
    }

    @Test func `a key value's URL has a host and a port, and no more`() throws {
        let url = try #require(ConnectionURL(Secret("redis://red-1:6379")))
        #expect(url.user == nil && url.password == nil && url.path == nil)
        #expect(url.host == "red-1" && url.port == "6379")
    }

    @Test func `an address in brackets keeps its colons`() throws {
        let url = try #require(ConnectionURL(Secret("redis://default:x@[fd00::1]:6379/0")))
        #expect(url.host == "[fd00::1]" && url.port == "6379" && url.password == "x")
    }

    @Test(arguments: ["", "no url", "redis://", "redis:///0"])
    func `what names no host is no URL`(_ text: String) {
        #expect(ConnectionURL(Secret(text)) == nil)
    }

    @Test func `a broken escape stays as it is`() throws {
        let url = try #require(ConnectionURL(Secret("redis://u:a%zz%4@h")))
        #expect(url.password == "a%zz%4")
    }
}
