// SPDX-License-Identifier: Apache-2.0

/// Where a value stands in the structure of a document. Made at every step of the reading, and written out only where there
/// is something to say.
final class DocumentPath: Sendable {
    private enum Step: Sendable {
        case key(String)
        case index(Int)
    }

    static let root = DocumentPath(nil, nil)

    private let parent: DocumentPath?
    private let step: Step?

    private init(_ parent: DocumentPath?, _ step: Step?) {
        self.parent = parent
        self.step = step
    }

    func key(_ key: String) -> DocumentPath { DocumentPath(self, .key(key)) }

    func index(_ index: Int) -> DocumentPath { DocumentPath(self, .index(index)) }

    /// `services[0].envVars[2].value`; a key that is no plausible name is `?`, as it may be anything.
    var text: String {
        var steps: [Step] = []
        var path: DocumentPath? = self
        while let here = path {
            if let step = here.step { steps.append(step) }
            path = here.parent
        }
        return steps.reversed().reduce(into: "") { text, step in
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let key): text += (text.isEmpty ? "" : ".") + (Words.isName(key) ? key : "?")
            }
        }
    }
}
