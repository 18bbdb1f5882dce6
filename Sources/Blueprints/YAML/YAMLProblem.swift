// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a file as YAML, before anybody asks what it means.
struct YAMLProblem: Error, Hashable {
    enum Code: String {
        case tooLarge = "file_too_large"
        case notUTF8 = "not_utf8"
        case controlCharacter = "control_character"
        case tab = "tab"
        case syntax = "yaml_syntax"
        case tooDeep = "too_deep"
        case tooManyNodes = "too_many_nodes"
        case tooManyDirectives = "too_many_directives"
        case secondDocument = "second_document"
        case duplicateKey = "duplicate_key"
        case keyNotText = "key_not_text"
        case unknownAlias = "unknown_alias"
        case aliasOfItself = "alias_of_itself"
        case badMerge = "bad_merge"
        case unknownTag = "unknown_tag"
        case empty = "empty_file"
    }

    let code: Code
    let message: String
    let position: SourcePosition

    init(_ code: Code, _ message: String, at position: SourcePosition) {
        self.code = code
        self.message = message
        self.position = position
    }
}

/// How much of a file is read. All of them are far beyond what a person writes.
enum YAMLLimits {
    static let bytes = 1 << 20
    static let depth = 64
    /// Nodes, those that aliases and merge keys repeat counted each time.
    static let nodes = 250_000
    static let directives = 16
    /// Mistakes that do not end the reading, such as keys given twice.
    static let problems = 100
}
