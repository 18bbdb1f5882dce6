// SPDX-License-Identifier: Apache-2.0

import API
import Common
import Render

/// How far the writing of a change has come, and what ended it before it was done.
struct EnvironmentProgress: Sendable {
    var difference = EnvironmentDifference()
    /// What Render has taken.
    var written: Set<String> = []
    /// What was sent and not answered: written or not.
    var uncertain: Set<String> = []
    /// Nil when all of it is written and reads back as it should.
    var failure: (any Error)?

    /// What is not written as far as is known.
    var left: [String] { difference.keys.filter { !written.contains($0) && !uncertain.contains($0) } }
}

/// Writes a change of a service's variables, whose lock the caller has.
struct EnvironmentWriter: Sendable {
    let serviceID: String
    let input: ChangeRenderEnvironmentInput
    /// Who is told to come back later hears so at once, as long as nothing is written: also when it is the last of a few
    /// changes, or their deploy, that would have to wait.
    let prompt: RenderClient
    /// What is begun is brought to its end: then Render's limits are waited for.
    let patient: RenderClient

    /// Writes what differs and reads it back; answers how far that came, also when the task is cancelled.
    func write() async -> EnvironmentProgress {
        var progress = EnvironmentProgress()
        do {
            let live = try await prompt.envVars(service: serviceID)
            progress.difference = EnvironmentDifference(input.env, on: live, clearsExisting: input.clearsExisting)
            guard !progress.difference.isEmpty else { return progress }
            try prompt.foresee(
                writes: input.clearsExisting ? 1 : progress.difference.keys.count,
                deployOf: input.deploys ? serviceID : nil)
            if input.clearsExisting {
                try await replace(live, &progress)
            } else {
                for key in progress.difference.keys { try await writeOne(key, &progress) }
            }
            try await check()
        } catch {
            progress.failure = error
        }
        return progress
    }

    /// Finds out what became of what was sent and not answered, if Render can be asked.
    func settle(_ progress: inout EnvironmentProgress) async {
        guard !progress.uncertain.isEmpty, let now = try? await prompt.envVars(service: serviceID) else { return }
        progress.written.formUnion(progress.uncertain.filter { now[$0] == input.env[$0] ?? nil })
        progress.uncertain = []
    }

    private func writeOne(_ key: String, _ progress: inout EnvironmentProgress) async throws {
        let client = progress.written.isEmpty ? prompt : patient
        do {
            if let value = input.env[key] ?? nil {
                try await client.setEnvVar(service: serviceID, key: key, value: value)
            } else {
                try await client.deleteEnvVar(service: serviceID, key: key)
            }
        } catch let error where error.isNotFound && progress.difference.removed.contains(key) {
            // Somebody else took it away; that is what was wanted.
        } catch {
            if !error.isRefusal { progress.uncertain = [key] }
            throw error
        }
        progress.written.insert(key)
    }

    private func replace(_ live: [String: Secret<String>], _ progress: inout EnvironmentProgress) async throws {
        // Render's call replaces everything at once, so what somebody else has set meanwhile would be lost unseen.
        guard try await prompt.envVars(service: serviceID) == live else { throw Self.changedMeanwhile([]) }
        let keys = Set(progress.difference.keys)
        do {
            try await prompt.replaceEnvVars(service: serviceID, input.env.compactMapValues { $0 })
        } catch {
            if !error.isRefusal { progress.uncertain = keys }
            throw error
        }
        progress.written = keys
    }

    /// Reads back what was written.
    private func check() async throws {
        let now = try await patient.envVars(service: serviceID)
        var wrong = input.env.filter { key, value in now[key] != value }.map(\.key)
        if input.clearsExisting { wrong += now.keys.filter { input.env[$0] == nil } }
        guard wrong.isEmpty else { throw Self.changedMeanwhile(wrong.sorted()) }
    }

    private static func changedMeanwhile(_ keys: [String]) -> Problem {
        let which = keys.isEmpty ? "" : ": \(keys.prefix(10).joined(separator: ", "))"
        return Problem(
            .conflict, "Somebody else changes the variables of the service\(which). Look at them and ask again.",
            code: "environment_changed", details: ["variables": .array(keys.map { .string($0) })])
    }
}

extension Error {
    fileprivate var isNotFound: Bool { (self as? RenderError)?.isNotFound == true }

    /// Whether Render has said that it did nothing.
    fileprivate var isRefusal: Bool {
        if case .refused? = self as? RenderError { true } else { false }
    }
}
