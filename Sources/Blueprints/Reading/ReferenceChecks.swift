// SPDX-License-Identifier: Apache-2.0

import Common

/// What references refer to, once everything has been read.
extension BlueprintReader {
    mutating func checkReferences() {
        let index = Dictionary(
            resources.enumerated().map { ($0.element.address, $0.offset) }, uniquingKeysWith: { first, _ in first })
        for (resource, found) in references {
            switch found.place {
            case .group(let name):
                guard index[ResourceAddress(.envGroup, name)] == nil else { continue }
                notInFile("The group", name, found)
            case .variable(let place): resolve(resource, place, found, index)
            }
        }
        checkVariables(index)
    }

    private mutating func notInFile(_ kind: String, _ name: String, _ found: FoundReference) {
        report.note(
            .warning, .notInFile, found.path, "\(kind) \(Words.name(name)) is not in this file; it must be on Render.",
            at: found.position)
    }

    private mutating func resolve(
        _ resource: Int, _ place: Int, _ found: FoundReference, _ index: [ResourceAddress: Int]
    ) {
        let variable = resources[resource].environment[place]
        guard case .reference(let written) = variable.source else { return }
        let reference = resolved(written, found, index)
        if reference != written {
            resources[resource].environment[place] = EnvironmentVariable(
                key: variable.key, source: .reference(reference), hasPreviewValue: variable.hasPreviewValue,
                at: variable.position)
        }
        checkProperty(of: reference, found)
    }

    /// The reference with the kind and type that the file gives to what it names.
    private mutating func resolved(
        _ reference: EnvironmentReference, _ found: FoundReference, _ index: [ResourceAddress: Int]
    ) -> EnvironmentReference {
        switch reference {
        case .database(let name, _):
            if index[reference.target] == nil { notInFile("The database", name, found) }
            return reference
        case .keyValue(let name, let property):
            guard index[reference.target] == nil else { return reference }
            guard let type = serviceType(name, index) else {
                notInFile("The key value", name, found)
                return reference
            }
            otherType(name, type.words, found)
            return .service(name: name, type: type, property: property)
        case .keyValueVariable(let name, let key):
            guard index[reference.target] == nil else { return reference }
            guard let type = serviceType(name, index) else {
                notInFile("The key value", name, found)
                return reference
            }
            otherType(name, type.words, found)
            return .serviceVariable(name: name, type: type, key: key)
        case .service(let name, let type, let property):
            if let actual = service(name, type, found, index) {
                return .service(name: name, type: actual, property: property)
            }
            return index[ResourceAddress(.keyValue, name)] == nil
                ? reference : .keyValue(name: name, property: property)
        case .serviceVariable(let name, let type, let key):
            if let actual = service(name, type, found, index) {
                return .serviceVariable(name: name, type: actual, key: key)
            }
            return index[ResourceAddress(.keyValue, name)] == nil
                ? reference : .keyValueVariable(name: name, key: key)
        }
    }

    /// The type of the service of that name in the file; says what there is to say when it is another, or there is none.
    private mutating func service(
        _ name: String, _ type: ServiceType?, _ found: FoundReference, _ index: [ResourceAddress: Int]
    ) -> ServiceType? {
        guard let actual = serviceType(name, index) else {
            if index[ResourceAddress(.keyValue, name)] == nil {
                notInFile("The service", name, found)
            } else if type != nil {
                otherType(name, "a key value", found)
            }
            return nil
        }
        // Render's files call a static site a web service.
        let isMeant = type == nil || type == actual || type == .webService && actual == .staticSite
        if !isMeant { otherType(name, actual.words, found) }
        return actual
    }

    private func serviceType(_ name: String, _ index: [ResourceAddress: Int]) -> ServiceType? {
        index[ResourceAddress(.service, name)].flatMap { resources[$0].serviceType }
    }

    private mutating func otherType(_ name: String, _ words: String, _ found: FoundReference) {
        report.note(
            .warning, .referenceType, found.path,
            "\(Words.name(name)) is \(words) in this file, and the reference is taken as one to that.",
            at: found.position)
    }

    private mutating func checkProperty(of reference: EnvironmentReference, _ found: FoundReference) {
        switch reference {
        case .service(_, let type, .connectionString):
            report.note(
                .error, .wrongValue, found.path.key("property"),
                "\(type.map { "No connectionString has \($0.words)" } ?? "A service has no connectionString")"
                    + "; key values and databases do.", at: found.position)
        case .service(_, let type?, let property)
        where property != .slug && [.backgroundWorker, .cronJob, .workflow].contains(type):
            report.note(
                .error, .wrongValue, found.path.key("property"),
                "Nothing reaches \(type.words) over the network, so it has no \(property.rawValue).", at: found.position
            )
        case .keyValue(_, .slug):
            report.note(
                .error, .wrongValue, found.path.key("property"), "A key value has no slug.", at: found.position)
        default: break
        }
    }
}
