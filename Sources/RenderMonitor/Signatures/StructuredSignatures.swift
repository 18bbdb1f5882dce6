// SPDX-License-Identifier: Apache-2.0

/// What is told by Render's structured events, by a probe, or by settings beside a log, and has no line of its own.
enum StructuredSignatures {
    static let byID = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }

    static let all: [Signature] = [
        told(
            "evicted", .root, "Render took the instance away.",
            "Look at Render's status and the service's use of memory and disk, then deploy again."),
        told(
            "image_pull_failed", .root, "Render cannot pull the image.",
            "Check the image's name and tag, and the credential of its registry."),
        told(
            "pipeline_minutes_exhausted", .root, "The workspace has no build minutes left.",
            "Buy minutes or wait for the next month; nothing is built until then."),
        told(
            "fields_swapped", .cause, "The publish directory holds a command: two settings are in each other's place.",
            "Put the command into the build command and the folder into the publish directory.", .setting),
        told(
            "server_as_static_site", .cause, "The publish directory holds a command that starts a server.",
            "Make this a web service with that start command; the type of a service cannot be changed."),
        told(
            "ssr_as_static_site", .cause, "The framework builds a server, and a static site has nowhere to run one.",
            "Let the framework export static files, or make this a web service."),
        told(
            "double_prefix", .cause, "The publish directory repeats the root directory, from which it is read.",
            "Leave the root directory out of the publish directory.", .setting),
        told(
            "nothing_built", .cause, "No build command is set, so the folder to publish was never made.",
            "Set the build command and leave the publish directory as it is.", .setting),
        told(
            "unknown_failure", .generic, "The deploy failed, and nothing that is known here says why.",
            "Read the deploy's log."),
        told(
            "live_not_found", .cause, "The site is live and answers that there is no page.",
            "Look at the publish directory: it needs an index.html.", .setting),
        told(
            "live_empty", .cause, "The site is live and its page is empty.",
            "Look at what the build wrote into the publish directory."),
        told(
            "live_not_html", .cause, "The site is live and what it answers is no page.",
            "Look at the publish directory: its index.html is to be HTML."),
        told(
            "live_deep_link", .cause, "The site is live, but addresses within it do not lead to its page.",
            "Add a rewrite of /* to /index.html that comes first, if the site routes in the browser."),
        told(
            "live_error", .cause, "The deploy is live and answers with an error.",
            "Read the service's log; roll back to the version before if it was well."),
        told(
            "live_unreachable", .cause, "The deploy is live and does not answer.",
            "Read the service's log; roll back to the version before if it was well."),
    ]

    private static func told(
        _ id: String, _ rank: Signature.Rank, _ cause: String, _ advice: String, _ remedy: Signature.Remedy = .person
    ) -> Signature {
        Signature(id, rank, needles: [], pattern: "", cause: cause, advice: advice, remedy: remedy)
    }
}
