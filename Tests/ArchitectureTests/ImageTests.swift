// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the image of every daemon must be. Building one takes a quarter of an hour, so that mistakes are looked for here.
@Suite struct ImageTests {
    private static func daemons() throws -> [String] { try Repository.folders(in: "services") }

    /// The Dockerfile of a daemon.
    private struct Image {
        /// Its instructions, each in one line, without comments.
        let instructions: [String]
        /// From each `FROM` to the next.
        let stages: [[String]]

        init(of daemon: String) throws {
            let path = Repository.root.appending(path: "services/\(daemon)/Dockerfile")
            let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n").filter {
                !$0.hasPrefix("#")
            }
            let text = lines.joined(separator: "\n").replacing(/\s*\\\n\s*/, with: " ")
            instructions = text.split(separator: "\n").map(String.init)
            var stages: [[String]] = []
            for line in instructions {
                if line.hasPrefix("FROM ") { stages.append([]) }
                if !stages.isEmpty { stages[stages.count - 1].append(line) }
            }
            self.stages = stages
        }

        /// What follows a word in the stage that is shipped.
        func shipped(_ word: String) -> [String] {
            (stages.last ?? []).filter { $0.hasPrefix(word + " ") }.map { String($0.dropFirst(word.count + 1)) }
        }
    }

    @Test func `an image is built in stages, runs as nobody in particular and says how it is`() throws {
        for daemon in try Self.daemons() {
            let image = try Image(of: daemon)
            #expect(image.stages.count > 1, "\(daemon) ships what it is built with")
            #expect(image.stages.first?.contains { $0.contains("--product \(daemon) ") } == true, "\(daemon)")
            // By number, and not 0: a platform that refuses root cannot look a name up.
            let users = image.shipped("USER")
            #expect(users.count == 1 && users[0].contains(/^[1-9]\d*:[1-9]\d*$/), "\(daemon) runs as \(users)")
            #expect(image.shipped("HEALTHCHECK").first?.hasSuffix(#"CMD ["/usr/local/bin/health-check"]"#) == true)
            #expect(image.shipped("ENTRYPOINT") == [#"["/usr/local/bin/start", "\#(daemon)"]"#])
            let port = image.shipped("EXPOSE").first ?? "none"
            #expect(image.shipped("ENV").first?.hasPrefix("HOST=0.0.0.0 PORT=\(port)") == true, "\(daemon)")
        }
    }

    /// The usual way for an image to fail: it builds, and does not start.
    @Test func `an image has the libraries that its daemon is linked with`() throws {
        let packages = ["CHiredis": "libhiredis0.14", "CJemalloc": "libjemalloc2", "CLibPQ": "libpq5"]
        for daemon in try Self.daemons() {
            var linked: Set<String> = []
            var rest = Array(ImportTests.daemons[daemon] ?? [])
            while let module = rest.popLast() {
                if linked.insert(module).inserted { rest += ImportTests.libraries[module] ?? [] }
            }
            let image = try Image(of: daemon)
            let installed = image.shipped("RUN").joined(separator: " ").split(separator: " ").map(String.init)
            for (library, package) in packages.sorted(by: { $0.key < $1.key }) {
                let isLinked = linked.contains(library)
                #expect(installed.contains(package) == isLinked, "\(daemon): \(package)")
                guard isLinked else { continue }
                let header = package.replacing(/[\d.]+$/, with: "") + "-dev"
                #expect(image.stages[0].contains { $0.contains(" \(header) ") }, "\(daemon): \(header)")
            }
        }
    }

    @Test func `what an image copies is there, and nothing secret is`() throws {
        let ignored = try String(contentsOf: Repository.root.appending(path: ".dockerignore"), encoding: .utf8)
            .split(separator: "\n")
        #expect(ignored.first { !$0.hasPrefix("#") } == "*")
        #expect(["**/.build", "**/.env*", "**/*.key", "**/*.pem"].allSatisfy { ignored.contains($0) })
        for daemon in try Self.daemons() {
            let image = try Image(of: daemon)
            for line in image.instructions where line.hasPrefix("COPY ") && !line.contains("--from=") {
                for source in line.split(separator: " ").dropFirst().dropLast() where !source.hasPrefix("--") {
                    let path = Repository.root.appending(path: String(source)).path
                    #expect(FileManager.default.fileExists(atPath: path), "\(daemon): \(line)")
                    #expect(
                        ignored.contains { $0.hasPrefix("!\(source.prefix { $0 != "/" })") },
                        "\(daemon): \(source) is left out by .dockerignore")
                }
            }
            let settings = image.instructions.filter { $0.hasPrefix("ENV ") || $0.hasPrefix("ARG ") }
            #expect(!settings.contains { $0.contains(/PASS|KEY|SECRET|TOKEN|_URL/) }, "\(daemon)")
            #expect(!image.instructions.contains { $0.hasPrefix("ADD ") }, "\(daemon)")
        }
    }
}
