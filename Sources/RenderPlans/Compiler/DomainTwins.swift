// SPDX-License-Identifier: Apache-2.0

import Common

/// Of `example.com` and `www.example.com` Render adds the one that it was not given by itself, redirecting to the other, and
/// refuses to add it again. Files often name both.
enum DomainTwins {
    /// The domains of a file without those that come by themselves. `redirects` are the live ones that came so.
    static func without(in listed: [JSONValue], _ live: [JSONValue], redirects: Set<String>) -> [JSONValue] {
        let names = listed.map { ($0.string ?? "").lowercased() }
        let liveNames = Set(live.map { ($0.string ?? "").lowercased() })
        return listed.indices.filter { place in
            let name = names[place]
            guard !redirects.contains(name) else { return false }
            guard !liveNames.contains(name), let twin = twin(of: name), !liveNames.contains(twin),
                let other = names.firstIndex(of: twin)
            else { return true }
            return place < other
        }.map { listed[$0] }
    }

    /// Nil for a name of which it is not certain that it has one.
    private static func twin(of name: String) -> String? {
        let labels = name.split(separator: ".")
        if labels.count == 2 { return "www.\(name)" }
        return labels.count == 3 && labels[0] == "www" ? labels.dropFirst().joined(separator: ".") : nil
    }
}
