// SPDX-License-Identifier: Apache-2.0

import Common

/// What is expected behind a key, and what it becomes in the internal form.
indirect enum Shape: Sendable {
    /// Text that may be empty, which clears what is live. Numbers and truths are taken as they are written.
    case text
    /// Text that means nothing when empty.
    case word
    /// As `text`, but a number or a truth is a mistake rather than a missing pair of quotes.
    case command
    case integer(ClosedRange<Int>)
    case flag
    case choice(Choices)
    case plan(Plans)
    case list(Shape)
    /// An object, whose members become those of the value by the names that the catalogue has for them.
    case object(Place)
    /// What another shape gives, or null where nothing is written.
    case nullable(Shape)
    /// An object around one member that is meant; that member's value.
    case only(Place)
    /// What another shape gives, changed; nil says that nothing was given after all.
    case converted(Shape, @Sendable (JSONValue) -> JSONValue?)
    /// Part of the document's structure, which the reader follows by itself: one object of a place, or a list of them.
    case structure(Place)
    case structures(Place)
    /// Neither checked nor kept.
    case any
    /// A variable's value, which goes nowhere but into a `Secret`.
    case secret

    /// The place whose keys stand inside, if any do.
    var place: Place? {
        switch self {
        case .object(let place), .only(let place), .structure(let place), .structures(let place): place
        case .list(let shape), .nullable(let shape), .converted(let shape, _): shape.place
        case .text, .word, .command, .integer, .flag, .choice, .plan, .any, .secret: nil
        }
    }
}

extension Shape {
    var words: [String]? {
        switch self {
        case .choice(let choices): choices.words
        case .plan(let plans): plans.names
        case .list(let shape), .nullable(let shape), .converted(let shape, _): shape.words
        case .text, .word, .command, .integer, .flag, .object, .only, .structure, .structures, .any, .secret: nil
        }
    }
}

/// The words that a field may be, each with what it is called in the internal form.
struct Choices: Sendable {
    /// In the order in which they are told.
    let words: [String]
    /// As written officially.
    private let exact: [String: String]
    /// As people write them, each with the word that is official.
    private let loose: [String: (value: String, word: String)]

    init(_ words: [String], also others: [String: String] = [:], as meaning: (String) -> String = { $0 }) {
        self.words = words
        var exact = others
        for word in words { exact[word] = meaning(word) }
        self.exact = exact
        let official = words.map { ($0, meaning($0)) } + others.sorted { $0.key < $1.key }
        loose = Dictionary(
            official.map { (Words.folded($0.0), (value: $0.1, word: $0.0)) }
                + official.map { (Words.folded($0.1), (value: $0.1, word: $0.0)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// What a word means, and how it should be spelt when it is spelt otherwise.
    func meaning(of text: String) -> (value: String, spelling: String?)? {
        if let value = exact[text] { return (value, nil) }
        return loose[Words.folded(text)].map { ($0.value, $0.word) }
    }
}

/// The instance types of one kind of resource, as Render's files spell them. There are new ones now and then: what is not
/// among them is passed on.
struct Plans: Sendable {
    private let spelt: [String: String]
    let names: [String]

    init(_ names: [String]) {
        self.names = names
        spelt = Dictionary(names.map { (Words.folded($0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// As the API spells it. Sizes such as `1c-2g` are the same in both.
    private static func canonical(_ name: String) -> String {
        guard name.utf8.first.map({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) != true else { return name }
        return String(name.map { $0 == " " || $0 == "-" ? "_" : $0 })
    }

    /// The API's spelling, and that of the dialect when the text is spelt otherwise; nil for an unknown one.
    func meaning(of text: String, in dialect: Blueprint.Dialect) -> (value: String, spelling: String?)? {
        guard let name = spelt[Words.folded(text)] else { return nil }
        let value = Self.canonical(name)
        let isExact = text == name || dialect == .api && text == value
        return (value, isExact ? nil : dialect == .api ? value : name)
    }
}
