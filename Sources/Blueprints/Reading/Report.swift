// SPDX-License-Identifier: Apache-2.0

/// What is said about a blueprint beside its YAML. Names are never reused for anything else.
enum DiagnosticCode: String, CaseIterable {
    case wrongType = "wrong_type"
    case wrongValue = "wrong_value"
    case unknownField = "unknown_field"
    case fieldNotForType = "field_not_for_type"
    case missingField = "missing_field"
    case emptyField = "empty_field"
    case givenTwice = "given_twice"
    case olderSpelling = "older_spelling"
    case otherDialect = "other_dialect"
    case spelling
    case unknownPlan = "unknown_plan"
    case unquotedText = "unquoted_text"
    case outOfReach = "out_of_reach"
    case badName = "bad_name"
    case badKey = "bad_key"
    case duplicateName = "duplicate_name"
    case duplicateVariable = "duplicate_variable"
    case duplicateGroup = "duplicate_group"
    case severalSources = "several_sources"
    case valueAndSync = "value_and_sync"
    case noSource = "no_source"
    case referenceInGroup = "reference_in_group"
    case enteredInGroup = "entered_in_group"
    case notInFile = "not_in_file"
    case selfReference = "self_reference"
    case referenceType = "reference_type"
    case diskSize = "disk_size"
    case scalingBounds = "scaling_bounds"
    case planNotForType = "plan_not_for_type"
    case doubledPath = "doubled_path"
    case noResources = "no_resources"
    case tooManyProblems = "too_many_problems"
}

/// The diagnostics of one reading, bounded, since a file may be wrong in every line.
struct Report {
    private static let most = 500

    private var said: [Diagnostic] = []
    /// Per severity, beyond the bound.
    private var unsaid: [Diagnostic.Severity: (count: Int, first: SourcePosition)] = [:]
    private var counts: [Diagnostic.Severity: Int] = [:]

    var hasErrors: Bool { counts[.error, default: 0] > 0 }

    /// In the order of the file.
    var diagnostics: [Diagnostic] {
        let left = Diagnostic.Severity.allCases.compactMap { severity in
            unsaid[severity].map { left in
                Diagnostic(
                    severity, DiagnosticCode.tooManyProblems.rawValue, path: "",
                    "There are \(left.count) more of this severity.", at: left.first)
            }
        }
        return (said + left).enumerated()
            .sorted { ($0.element.position, $0.offset) < ($1.element.position, $1.offset) }.map(\.element)
    }

    mutating func note(
        _ severity: Diagnostic.Severity, _ code: DiagnosticCode, _ path: DocumentPath,
        _ message: @autoclosure () -> String,
        at position: SourcePosition
    ) {
        guard hasRoom(severity, at: position) else { return }
        said.append(Diagnostic(severity, code.rawValue, path: path.text, message(), at: position))
    }

    mutating func note(_ problem: YAMLProblem) {
        guard hasRoom(.error, at: problem.position) else { return }
        said.append(Diagnostic(.error, problem.code.rawValue, path: "", problem.message, at: problem.position))
    }

    private mutating func hasRoom(_ severity: Diagnostic.Severity, at position: SourcePosition) -> Bool {
        counts[severity, default: 0] += 1
        guard counts[severity, default: 0] > Self.most else { return true }
        let left = unsaid[severity]
        unsaid[severity] = ((left?.count ?? 0) + 1, left?.first ?? position)
        return false
    }
}
