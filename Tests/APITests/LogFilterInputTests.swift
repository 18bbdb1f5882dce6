// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Domain
import Testing

@Suite struct LogFilterInputTests {
    private func filter(_ query: String) throws -> LogFilter {
        try LogsAPI.list.decode(RawRequest(query: query[...])).filter
    }

    private func refused(_ query: String) -> [String] {
        do throws(Problem) {
            _ = try LogsAPI.list.decode(RawRequest(query: query[...]))
            return []
        } catch {
            return error.fields.map(\.field)
        }
    }

    @Test func `values to look for and to leave out are read with their names`() throws {
        let read = try filter("field=status:500&field=url:http%3A//x%3Fa%3Db&without=level:debug&without=message:")
        #expect(read.with == [LogMatch(.member("status"), "500"), LogMatch(.member("url"), "http://x?a=b")])
        #expect(read.without == [LogMatch(.level, "debug"), LogMatch(.message, "")])
        #expect(
            try filter("without=service:a&without=traceId:b&without=correlationId:c&without=other:d").without == [
                LogMatch(.service, "a"), LogMatch(.traceID, "b"), LogMatch(.correlationID, "c"),
                LogMatch(.member("other"), "d"),
            ])
    }

    @Test func `a name may hold what the form needs, and be that of a part of the frame`() throws {
        #expect(try filter(#"field=a\:b\\c:d:e"#).with == [LogMatch(.member(#"a:b\c"#), "d:e")])
        // Within `field` a name is always that of a member.
        #expect(try filter("field=level:high").with == [LogMatch(.member("level"), "high")])
        #expect(try filter("without=fields.level:high").without == [LogMatch(.member("level"), "high")])
        #expect(try filter("without=fields.fields.x:1").without == [LogMatch(.member("fields.x"), "1")])
    }

    @Test(arguments: [
        ("field=status", ["field"]), ("field=:500", ["field"]), ("field=", ["field"]), (#"field=a\b:c"#, ["field"]),
        (#"field=a\"#, ["field"]), ("field=a:%00", ["field"]), ("field=%00:a", ["field"]),
        ("without=level:loud", ["without"]),
        ("without=x&field=y", ["field", "without"]),
        ("field=a:\(String(repeating: "x", count: 2047))", ["field"]),
        (
            "field=a:1&field=a:1&field=a:1&field=a:1&field=a:1&without=a:1&without=a:1&without=a:1&without=a:1",
            ["without"]
        ),
        (String(repeating: "field=a:1&", count: 9) + "limit=1", ["field"]),
    ])
    func `what is not of the form, and more than eight, is refused by name`(query: String, names: [String]) {
        #expect(refused(query) == names)
    }

    @Test func `eight of both are taken`() throws {
        let query = String(repeating: "field=a:1&", count: 4) + String(repeating: "without=a:1&", count: 4) + "limit=1"
        let read = try filter(query)
        #expect(read.with.count + read.without.count == 8)
    }

    @Test func `a stream takes the same`() throws {
        let read = try LogsAPI.stream.decode(RawRequest(query: "field=a:1&without=level:info&after=3")).filter
        #expect(read == LogFilter(with: [LogMatch(.member("a"), "1")], without: [LogMatch(.level, "info")]))
    }

    @Test(arguments: [
        ("", ["since", "until"]), ("since=2026-11-21T05:00:00Z", ["until"]),
        ("since=2026-11-21T05:00:00Z&until=2026-11-21T05:00:00Z", ["until"]),
        ("since=2026-11-21T05:00:00Z&until=2026-11-21T06:00:00Z&buckets=201", ["buckets"]),
        ("since=2026-11-21T05:00:00Z&until=2026-11-21T06:00:00Z&buckets=0&field=x", ["field", "buckets"]),
        ("since=2026-11-21T05:00:00Z&until=2026-11-21T05:00:00.000001Z&buckets=200&level=info", []),
    ])
    func `a histogram needs a range of time`(query: String, names: [String]) {
        do throws(Problem) {
            _ = try LogsAPI.count.decode(RawRequest(query: query[...]))
            #expect(names == [])
        } catch {
            #expect(error.fields.map(\.field) == names)
        }
    }
}
