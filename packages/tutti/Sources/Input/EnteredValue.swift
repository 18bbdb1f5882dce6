// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Blueprints
import Common
import Foundation

/// `--set service/api.KEY=@file` or `=env:NAME`: where the value of a variable comes from that the blueprint leaves to be
/// entered. The value itself is never an argument, which every user of the machine could read.
struct EnteredValue: ExpressibleByArgument, Equatable {
    enum Source: Equatable {
        case file(String)
        case variable(String)
    }

    let resource: ResourceAddress
    let key: String
    let source: Source

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "=") else { return nil }
        let target = argument[..<equals]
        let source = argument[argument.index(after: equals)...]
        guard let slash = target.firstIndex(of: "/"), let dot = target.lastIndex(of: "."), slash < dot,
            let kind = ResourceKind(rawValue: String(target[..<slash])), kind == .service || kind == .envGroup
        else { return nil }
        let name = target[target.index(after: slash)..<dot]
        let key = target[target.index(after: dot)...]
        guard !name.isEmpty, !key.isEmpty else { return nil }
        resource = ResourceAddress(kind, String(name))
        self.key = String(key)
        if source.hasPrefix("@"), source.count > 1 {
            self.source = .file(String(source.dropFirst()))
        } else if source.hasPrefix("env:"), source.count > 4 {
            self.source = .variable(String(source.dropFirst(4)))
        } else {
            return nil
        }
    }

    /// Reads the value.
    func read(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> Secret<String> {
        switch source {
        case .variable(let name):
            guard let value = environment[name] else {
                throw Failure("--set \(resource).\(key): the environment has no variable \(name)")
            }
            return Secret(value)
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
            else { throw Failure("--set \(resource).\(key): \(path) cannot be read as text") }
            // Editors end files with a line break that nobody means.
            return Secret(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        }
    }
}

extension Array where Element == EnteredValue {
    /// All of them, by resource and key.
    func read() throws -> [ResourceAddress: [String: Secret<String>]] {
        var values: [ResourceAddress: [String: Secret<String>]] = [:]
        for entry in self {
            guard values[entry.resource]?[entry.key] == nil else {
                throw Failure("--set names \(entry.resource).\(entry.key) twice")
            }
            values[entry.resource, default: [:]][entry.key] = try entry.read()
        }
        return values
    }
}
