// SPDX-License-Identifier: Apache-2.0

import Blueprints
import Foundation
import RenderPlans

/// Marks on the lines of a change, as GitHub Actions shows them; written to standard error, which its runner reads, too.
struct Annotations {
    /// The checkout's folder, below which GitHub knows files.
    let workspace: String?

    /// Nil when this does not run there.
    static var current: Annotations? {
        let environment = ProcessInfo.processInfo.environment
        guard environment["GITHUB_ACTIONS"] == "true" else { return nil }
        return Annotations(workspace: environment["GITHUB_WORKSPACE"])
    }

    func show(_ diagnostic: Diagnostic, of file: String) {
        let kind = diagnostic.severity == .error ? "error" : diagnostic.severity == .unsupported ? "notice" : "warning"
        let place = [
            "file=\(property(path(of: file)))", "line=\(diagnostic.position.line)", "col=\(diagnostic.position.column)",
            "title=\(property(diagnostic.code))",
        ]
        Terminal.note("::\(kind) \(place.joined(separator: ","))::\(data(diagnostic.message))")
    }

    /// What a plan has to say beside its file's diagnostics, which were shown when it was read.
    func show(notesOf plan: Plan, beside diagnostics: [Diagnostic], of file: String) {
        let known = Set(diagnostics)
        for note in plan.diagnostics where !known.contains(note) { show(note, of: file) }
    }

    /// Of no place in a file.
    func error(_ message: String) { Terminal.note("::error title=tutti::\(data(message))") }

    /// Relative to the checkout when it is in it.
    private func path(of file: String) -> String {
        let full = URL(fileURLWithPath: file).standardizedFileURL.path
        guard let workspace, full.hasPrefix(workspace + "/") else { return file }
        return String(full.dropFirst(workspace.count + 1))
    }

    private func data(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    private func property(_ text: String) -> String {
        data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
