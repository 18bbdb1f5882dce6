// SPDX-License-Identifier: Apache-2.0

import API
import Common
import ServiceKit
import TestKit
import Testing

@Suite struct LifecycleTests {
    @Test func `a daemon that stops finishes what is under way and takes nothing new`() async throws {
        try await TestDaemon.runNotes { daemon, stage in
            try await daemon.client.withConnection { connection in
                try await connection.write(
                    HTTPTestClient.request("GET", "/wait", port: daemon.client.port, headers: [TestDaemon.person]))
                try await eventually { stage.isEntered.isUp }
                await daemon.shutDown()
                try await eventually {
                    do {
                        _ = try await daemon.client.send("GET", "/health")
                        return false
                    } catch { return true }
                }
                stage.gate.continuation.yield()
                let answer = try await connection.answer()
                #expect(answer.status == 200)
                #expect(answer.header("Connection") == "close")
                await connection.end()
            }
        }
    }

    @Test func `connections that come in while a daemon is called off harm nobody`() async throws {
        try await ConnectionRush.during { rush in
            for _ in 0..<40 {
                let server = try TestDaemon.make().makeServer()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    // That it is called off may be all it says.
                    group.addTask { try? await server.run() }
                    let port = try await eventually { server.port }
                    rush(port)
                    let answer = try await HTTPTestClient(port: port).send("GET", "/health")
                    #expect(answer.status == 200)
                    group.cancelAll()
                }
            }
        }
    }

    @Test func `a port that is taken is a clear error`() async throws {
        try await TestDaemon.run { daemon in
            let second = try TestDaemon.make(environment: ["PORT": "\(daemon.client.port)"]).makeServer()
            do {
                try await second.run()
                Issue.record("two servers listen on one port")
            } catch {
                #expect("\(error)".contains("127.0.0.1:\(daemon.client.port) is in use by another process"))
            }
        }
    }

    @Test func `a catalogue that is not answered whole does not start`() async throws {
        var silent = try TestDaemon.make([TestAPI.inside.route])
        #expect(throws: RouterFault.self) { try silent.makeServer() }
        silent.router.on(TestAPI.inside) { _, _ in TestAPI.Note(title: "", count: 0, author: "") }
        _ = try silent.makeServer()
        silent.router.on(TestAPI.crash) { _, _ in TestAPI.Note(title: "", count: 0, author: "") }
        do {
            _ = try silent.makeServer()
            Issue.record("an undeclared route was taken")
        } catch let fault as RouterFault {
            #expect(fault.faults == ["GET /crash is answered but not in the catalogue"])
        }
        #expect(throws: RouterFault.self) {
            try TestDaemon.make([TestAPI.inside.route, TestAPI.inside.route]).makeServer()
        }
    }
}
