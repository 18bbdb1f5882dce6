// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Common

extension Blueprint {
    /// The internal form in lines, to be compared with what is expected.
    var internalForm: String {
        resources.flatMap { resource in
            let type = resource.serviceType.map { " \($0.rawValue)" } ?? ""
            let environment = resource.environmentOfProject.map { " in \($0)" } ?? ""
            return ["\(resource.position) \(resource.address)\(type)\(environment)"]
                + resource.fields.sorted { $0.key < $1.key }.map { field, value in
                    "    \(value.position) \(field.rawValue) = \(value.value.text)"
                }
                + resource.groups.map { "    \($0.position) group \($0.value)" }
                + resource.environment.map { variable in
                    "    \(variable.position) \(variable.key) \(variable.source.words)"
                        + (variable.hasPreviewValue ? ", another in previews" : "")
                }
        }.joined(separator: "\n")
    }
}

extension EnvironmentSource {
    fileprivate var words: String {
        switch self {
        case .literal(let secret): "= " + JSONValue.string(secret.reveal()).text
        case .generated: "generated"
        case .entered: "entered"
        case .reference(let reference): "from \(reference)"
        }
    }
}
