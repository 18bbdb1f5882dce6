// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Common
import FakeRender
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// Stands in for Render's API on this machine, for whoever tries renderctl without an account.
@main
struct FakeRenderProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fake-render",
        abstract: "A Render of your own: the same API on a loopback port, with pretend builds, all in memory.")

    @Option(help: "The port on 127.0.0.1; 0 takes a free one.")
    var port = 10_100

    @Option(help: "What clients must send as their bearer token; FAKE_RENDER_TOKEN unless given.")
    var token = ProcessInfo.processInfo.environment["FAKE_RENDER_TOKEN"] ?? FakeRenderSettings().token

    @Option(help: "Render's published OpenAPI document, to hold every request against.")
    var schema: String?

    @Option(help: "What the workspace is called.")
    var ownerName = "Acme"

    @Option(help: "Seconds that each phase of a deploy takes.")
    var phaseSeconds = 2.0

    @Flag(help: "Begin with a few services, one of which does not build.")
    var seedDemo = false

    @Flag(help: "Take commands to fail, lose connections and so on under /__fake/.")
    var control = false

    @Flag(help: "Limit requests as Render does.")
    var limits = false

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("a port is a number from 0 to 65535") }
        guard !token.isEmpty else { throw ValidationError("a token cannot be empty") }
        guard phaseSeconds >= 0, phaseSeconds <= 600 else {
            throw ValidationError("a phase takes from 0 to 600 seconds")
        }
    }

    func run() async throws {
        var settings = FakeRenderSettings()
        settings.port = port
        settings.token = token
        settings.ownerName = ownerName
        settings.schemaPath = schema
        settings.hasControlEndpoint = control
        settings.limits = limits ? .published : nil
        settings.time = .system
        settings.pace = phaseSeconds == 0 ? .immediate : .phases(.seconds(phaseSeconds))
        settings.seed = UInt64.random(in: .min ... .max)
        let server = Server(fake: try FakeRender(settings), seedsDemo: seedDemo)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "fake-render") { _ in SwiftLogNoOpLogHandler() }))
        try await group.run()
    }
}

/// Serves until it is told to end.
private struct Server: Service {
    let fake: FakeRender
    let seedsDemo: Bool

    func run() async throws {
        try await fake.serving {
            if seedsDemo { try fake.seedDemo() }
            // At once, since whoever started this may be reading it by a pipe.
            let lines = "RENDER_API_BASE_URL=\(fake.baseURL)\nRENDER_OWNER_ID=\(fake.ownerID)\n"
            FileHandle.standardOutput.write(Data(lines.utf8))
            try? await gracefulShutdown()
        }
    }
}
