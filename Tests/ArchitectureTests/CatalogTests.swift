// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Whatever is plugged in has a line in the `Catalog.swift` beside it; a file without one would silently do nothing.
@Suite struct CatalogTests {
    /// The files that must be in the catalogue of a folder with this name: those whose names match.
    private static let rules: [(folder: String, files: @Sendable (String) -> Bool)] = [
        ("Projections", { $0.hasSuffix("Projection.swift") }),
        ("Reconcilers", { $0 != "Reconciler.swift" && !$0.contains("+") }),
    ]

    /// A file is called `M0001_Events`, its constant `m0001Events`.
    private func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" } }

    private func catalogues() throws -> [Repository.File] {
        try Repository.swiftFiles("Sources", "services").filter { $0.name == "Catalog.swift" }
    }

    @Test func `every plugged-in file is in the catalogue beside it`() throws {
        let files = try Repository.swiftFiles("Sources", "services")
        var findings: [String] = []
        for catalogue in try catalogues() {
            guard let rule = Self.rules.first(where: { catalogue.folder.hasSuffix("/\($0.folder)") }) else { continue }
            let neighbours = files.filter { $0.folder == catalogue.folder && $0.name != catalogue.name }
            for file in neighbours where rule.files(file.name) && !plain(catalogue.text).contains(plain(file.stem)) {
                findings.append("\(file.path) is not in \(catalogue.path)")
            }
        }
        expectNone(findings, "add its line to the catalogue")
    }

    @Test func `every migration is listed by its schema, in order and without a gap`() throws {
        let sources = try Repository.swiftFiles("Sources").filter { $0.folder.hasSuffix("/Migrations") }
        for (folder, files) in Dictionary(grouping: sources, by: \.folder).sorted(by: { $0.key < $1.key }) {
            let migrations = files.filter { $0.name.contains(/^M\d{4}_\w+\.swift$/) }.map(\.stem).sorted()
            let listed = files.compactMap { $0.text.firstMatch(of: /migrations: \[Migration\] = \[([^\]]*)\]/)?.1 }
            #expect(listed.count == 1, "\(folder) must have one list of its migrations")
            let names = (listed.first ?? "").split(separator: ",").map { plain($0.filter { !$0.isWhitespace }) }
            #expect(names.filter { !$0.isEmpty } == migrations.map { plain($0) }, "\(folder)")
            #expect(migrations.compactMap { Int($0.dropFirst().prefix(4)) } == Array(1..<(migrations.count + 1)))
        }
    }

    @Test func `every API's catalogue is used somewhere`() throws {
        let files = try Repository.swiftFiles("Sources", "services")
        let declarations = files.filter { $0.folder == "Sources/API" && $0.text.contains("static let catalogue") }
        let findings = declarations.filter { file in
            !files.contains { $0.path != file.path && $0.text.contains("\(file.stem).catalogue") }
        }.map(\.path)
        expectNone(findings, "an endpoint outside every daemon's catalogue is neither served nor documented")
    }
}
