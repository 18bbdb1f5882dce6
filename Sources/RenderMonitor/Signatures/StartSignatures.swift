// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a service that has been built and is started.
let startSignatures: [Signature] = [
    Signature(
        "no_open_ports", .consequence, of: ["web_service"], needles: ["no open ports", "No open ports"],
        pattern:
            #"^(==> )?No open ports detected, continuing to scan|Port scan timeout reached, no open ports detected"#,
        cause: "The service listens on no port that Render can reach.",
        advice: "Listen on 0.0.0.0 and the port in PORT, or make it a worker or a static site."),
    Signature(
        "health_check_timeout", .consequence, of: ["web_service"], needles: ["internal health check"],
        pattern: #"Timed out after waiting for internal health check to return a successful response code at: \S+"#,
        captures: [Capture(after: "code at: ")],
        cause: "The health check had no successful answer in time.",
        advice: "Set a health check path that answers 2xx without a login, and look at how long the start takes."),
    Signature(
        "timed_out", .generic, needles: ["==> Timed"], pattern: #"^==> Timed [Oo]ut$"#,
        cause: "The deploy took longer than Render waits.", advice: "Read the service's own log from its start on."),
    Signature(
        "exited_early", .consequence, in: [.start, .upload, .build], needles: ["exited early"],
        pattern: #"^==> Application exited early$"#,
        cause: "The start command ended without an error, where a server goes on.",
        advice: "Start a server; a build command or a static site in its place ends at once."),
    Signature(
        "exited_status", .generic, needles: ["==> Exited with status"], pattern: #"^==> Exited with status \d+"#,
        captures: [Capture(after: "Exited with status ", before: [" "]), Capture(after: "Exited with status ")],
        cause: "The command ended with an error.", advice: "Read the lines before it."),
    Signature(
        "oom_deploy", .root, needles: ["Out of memory (used over"], pattern: #"^==> Out of memory \(used over "#,
        captures: [Capture(after: "used over ", before: [")"])],
        cause: "The service used more memory than its plan has.",
        advice: "Use less memory, or choose a larger plan; that costs money, so it is left to you."),
    Signature(
        "oom_event", .root, needles: ["Ran out of memory"],
        pattern: #"Ran out of memory \(used over \S+\) while running your code"#,
        captures: [Capture(after: "used over ", before: [")"])],
        cause: "The service used more memory than its plan has.",
        advice: "Use less memory, or choose a larger plan; that costs money, so it is left to you."),
    Signature(
        "predeploy_failed", .consequence, needles: ["Pre-deploy has failed"], pattern: #"^==> Pre-deploy has failed$"#,
        cause: "The pre-deploy command failed; the version before goes on serving.",
        advice: "Mend the migration by hand. It is never repeated automatically: it may have done half of its work."),
]

/// What the program itself says.
let applicationSignatures: [Signature] = [
    Signature(
        "migration_failed", .cause, in: [.preDeploy, .start],
        needles: ["already exists", "InconsistentMigrationHistory", "P3009", "igration failed"],
        pattern: #"relation ".+" already exists|InconsistentMigrationHistory|\bP3009\b|[Mm]igration failed"#,
        cause: "A migration of the database failed.",
        advice: "Look at what it has done, and mend the database and the migration by hand."),
    Signature(
        "db_refused", .cause, in: [.build, .preDeploy, .start],
        needles: [
            "ECONNREFUSED", "getaddrinfo ENOTFOUND dpg-", "getaddrinfo ENOTFOUND red-", "could not connect to server",
            "password authentication failed", "onnection refused",
        ],
        pattern:
            #"ECONNREFUSED (127\.0\.0\.1|::1):(5432|6379|3306|27017)|getaddrinfo ENOTFOUND (dpg|red)-|could not connect to server|password authentication failed|connection to server at .* failed: Connection refused"#,
        cause: "The database cannot be reached with the address or the login that is set.",
        advice: "Take the connection from the database with fromDatabase."),
    Signature(
        "missing_env", .cause,
        needles: ["KeyError: '", "is not defined", "nvironment variable not found", "Missing required environment"],
        pattern:
            #"KeyError: '[A-Z0-9_]+'|(^|[^\w.'"])[A-Z][A-Z0-9_]{2,} is not defined|[Ee]nvironment variable not found: [A-Z0-9_]+|Missing required environment variable"#,
        captures: [
            Capture(after: "KeyError: '", before: ["'"]),
            Capture(after: "ReferenceError: ", before: [" is not defined"]),
            Capture(after: "variable not found: ", before: [".", " "]), Capture(after: "variable not found: "),
        ],
        cause: "A variable that the program needs is not set.",
        advice: "Set it on the service, or declare it in the blueprint; one with sync: false needs its value by hand."),
]

/// Lines by which Render says how far it is.
let markSignatures: [Signature] = [
    Signature(
        "build_failed_generic", .generic, needles: ["==> Build failed"], pattern: #"^==> Build failed"#,
        cause: "The build failed, and its log does not say why in words that are known here.",
        advice: "Read the log's last lines before the mark."),
    Signature(
        "success_marker", .remark, needles: ["==> Build successful", "is live"],
        pattern: #"^==> (Build successful|Your (service|site) is live) "#,
        cause: "Render has finished a step.", advice: "Nothing is to be done."),
]
