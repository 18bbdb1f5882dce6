// SPDX-License-Identifier: Apache-2.0

import Common
import Testing
import renderctl_svc

@Suite struct CallSumsTests {
    private let start = ContinuousClock.now

    private func call(
        _ operation: String = "listRenderServices", target: String? = nil, by name: String = "ada", status: Int = 200,
        code: String? = nil, at seconds: Double = 0, took milliseconds: Int = 1, trace: String = "t"
    ) -> CallSum {
        CallSum(
            CallSum.Key(
                principal: Principal(.user, name), operation: operation, target: target, status: status, code: code),
            at: Timestamp(microseconds: Int64(seconds * 1e6)), took: .milliseconds(milliseconds), traceID: trace)
    }

    private func sums(room: Int = 100) -> CallSums { CallSums(period: .seconds(60), room: room) }

    @Test func `the first of reads that are alike is told at once, the others as one at the end of the minute`() {
        var sums = sums()
        #expect(sums.note(call(), isRead: true, now: start) == true)
        #expect(sums.take(now: start).map(\.calls) == [1])
        for second in 1...11 {
            let read = call(at: Double(second * 5), took: second == 3 ? 9 : 2, trace: "t\(second)")
            #expect(sums.note(read, isRead: true, now: start + .seconds(second * 5)) == false)
        }
        #expect(sums.take(now: start + .seconds(59)) == [])
        #expect(sums.calls == 11)
        let sum = sums.take(now: start + .seconds(60))
        #expect(sum.map(\.calls) == [11])
        #expect(sum.first?.firstAt == Timestamp(microseconds: 5_000_000))
        #expect(sum.first?.lastAt == Timestamp(microseconds: 55_000_000))
        #expect(sum.first?.longest == .milliseconds(9))
        #expect(sum.first?.traceID == "t11")
        #expect(sums.calls == 0)
    }

    @Test func `reads that go on are one event each minute, and told at once again after a minute of silence`() {
        var sums = sums()
        _ = sums.note(call(), isRead: true, now: start)
        _ = sums.note(call(), isRead: true, now: start)
        #expect(sums.take(now: start + .seconds(60)).map(\.calls) == [1, 1])
        #expect(sums.note(call(), isRead: true, now: start + .seconds(61)) == false)
        #expect(sums.periodEnd == start + .seconds(120))
        #expect(sums.take(now: start + .seconds(120)).map(\.calls) == [1])
        #expect(sums.take(now: start + .seconds(180)) == [])
        #expect(sums.periodEnd == nil, "nobody is to be woken for nothing")
        #expect(sums.note(call(), isRead: true, now: start + .seconds(181)) == true)
    }

    @Test func `another person, operation, target, status or code is another event`() {
        var sums = sums()
        let calls = [
            call(), call(by: "eve"), call("getRenderPlan"), call("getRenderPlan", target: "plan_1"),
            call(status: 503, code: "render_not_configured"), call(status: 503, code: "render_unavailable"),
        ]
        for call in calls { #expect(sums.note(call, isRead: true, now: start) == true) }
        for call in calls { #expect(sums.note(call, isRead: true, now: start) == false) }
        #expect(sums.take(now: start).map(\.key) == calls.map(\.key))
        #expect(Set(sums.take(now: start + .seconds(60)).map(\.key)) == Set(calls.map(\.key)))
    }

    @Test func `calls that may change something are told by themselves`() {
        var sums = sums()
        for _ in 0..<3 { #expect(sums.note(call("deployRenderService"), isRead: false, now: start) == true) }
        #expect(sums.take(now: start).map(\.calls) == [1, 1, 1])
        #expect(sums.periodEnd == nil)
    }

    @Test func `at the end everything is handed out`() {
        var sums = sums()
        for _ in 0..<3 { _ = sums.note(call(), isRead: true, now: start) }
        #expect(sums.take(all: true, now: start).map(\.calls) == [1, 2])
        #expect(sums.calls == 0)
        #expect(sums.take(all: true, now: start) == [])
    }

    @Test func `what nobody takes is summed without targets, in bounded room, and what is lost then is counted`() {
        var sums = sums(room: 2)
        for number in 0..<5 {
            _ = sums.note(call("deployRenderService", target: "srv-\(number)"), isRead: false, now: start)
        }
        for name in ["bob", "eve", "eve"] {
            _ = sums.note(call("deployRenderService", target: "srv-1", by: name), isRead: false, now: start)
        }
        #expect(sums.calls == 6)
        let taken = sums.take(now: start)
        #expect(taken.map(\.key.target) == ["srv-0", "srv-1", nil, nil])
        #expect(taken.map(\.calls).sorted() == [1, 1, 1, 3])
        #expect(sums.takeLost() == 2)
        #expect(sums.takeLost() == 0)
        #expect(sums.note(call("deployRenderService"), isRead: false, now: start) == true, "there is room again")
    }

    @Test func `reads keep their targets as long as there is room, also while nobody takes anything`() {
        var sums = sums(room: 2)
        for target in ["a", "b", "a", "b", "a", "c", "d"] {
            _ = sums.note(call("getRenderPlan", target: "plan_\(target)"), isRead: true, now: start)
        }
        #expect(sums.calls == 7)
        let taken = sums.take(now: start + .seconds(60))
        #expect(taken.reduce(0) { $0 + $1.calls } == 7)
        #expect(taken.count { $0.key.target == nil } == 1)
        #expect(taken.filter { $0.key.target == "plan_a" }.map(\.calls).sorted() == [1, 2])
    }

    @Test func `every call is in one sum, whatever comes`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var sums = sums(room: 5)
            var (noted, told) = (0, 0)
            var now = start
            for _ in 0..<Int.random(in: 1...300, using: &random) {
                let isRead = Bool.random(using: &random)
                let target = ["a", "b", "c", "d", "e", "f", "g"].randomElement(using: &random)
                let status = [200, 404].randomElement(using: &random) ?? 200
                _ = sums.note(
                    call(isRead ? "getRenderPlan" : "deployRenderService", target: target, status: status),
                    isRead: isRead, now: now)
                noted += 1
                now += .seconds(Int.random(in: 0...9, using: &random))
                if Int.random(in: 0..<8, using: &random) == 0 {
                    told += sums.take(now: now).reduce(0) { $0 + $1.calls }
                }
            }
            told += sums.take(all: true, now: now).reduce(0) { $0 + $1.calls }
            #expect(told + sums.takeLost() == noted)
            #expect(sums.calls == 0)
        }
    }
}
