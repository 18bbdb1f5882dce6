// SPDX-License-Identifier: Apache-2.0

/// What is wrong with the build command, or with what it was to make.
let buildSignatures: [Signature] = [
    Signature(
        "publish_dir_missing", .consequence, in: [.build, .upload], of: ["static_site"], needles: ["Publish directory"],
        pattern: #"^==> Publish directory .+ does not exist!$"#,
        captures: [Capture(after: "==> Publish directory ", before: [" does not exist!"])],
        cause: "The build made no folder of the name that is to be published.",
        advice: "Set the publish directory to the folder that the build writes, from the root directory on.",
        remedy: .setting),
    Signature(
        "empty_build_command", .remark, in: [.build], of: ["static_site"], needles: ["Empty build command"],
        pattern: #"^==> Empty build command; skipping build$"#,
        cause: "No build command is set, so nothing was built.",
        advice: "Set the build command, unless the repository holds the pages themselves.", remedy: .setting),
    Signature(
        "missing_script", .cause,
        needles: ["issing script", "Couldn't find a script", "Command \"", "Script not found"],
        pattern:
            #"npm (error|ERR!) [Mm]issing script: "?[\w:.-]+"?|ERR_PNPM_NO_SCRIPT|[Mm]issing script: [\w:.-]+|error Command "[\w:.-]+" not found\.|Couldn't find a script named "|error: Script not found ""#,
        captures: [
            Capture(after: "issing script: \"", before: ["\""]), Capture(after: "issing script: "),
            Capture(after: "error Command \"", before: ["\""]), Capture(after: "script named \"", before: ["\""]),
            Capture(after: "Script not found \"", before: ["\""]),
        ],
        cause: "The build command names a script that package.json does not have.",
        advice: "Name a script that package.json has, or add it there.", remedy: .setting),
    Signature(
        "command_not_found", .cause, needles: ["not found"],
        pattern:
            #"(^|\s)(/bin/)?(sh|bash|dash): (line )?(\d+: )?[@\w./-]+: (command )?not found|^[@\w./-]+: command not found$"#,
        captures: [
            Capture(after: "line 1: ", before: [": command not", ": not"]),
            Capture(after: "sh: 1: ", before: [": not"]), Capture(after: "bash: ", before: [": command not"]),
            Capture(after: "sh: ", before: [": not", ": command not"]),
        ],
        cause: "A program that the command runs is not installed.",
        advice: "Install the dependencies first; a build in production mode leaves out development dependencies.",
        remedy: .setting),
    Signature(
        "ci_warnings_as_errors", .cause, in: [.build], needles: ["warnings as errors"],
        pattern: #"Treating warnings as errors because process\.env\.CI = true"#,
        cause: "The build takes warnings for errors, because CI is set.",
        advice: "Mend the warnings, or set the variable CI to false."),
    Signature(
        "type_error", .cause, in: [.build], needles: ["error TS", "Type error:", "Failed to compile"],
        pattern: #"error TS\d{4,5}:|^(.* )?Type error: |^(> )?Failed to compile\.?$"#,
        cause: "The sources do not compile.", advice: "Mend what the compiler names."),
    Signature(
        "step_failed", .step, in: [.build],
        needles: [
            "rror", "ERR", "ELIFECYCLE", "ailed", "atal", "Traceback (most", "*** ", "Killed", "fault", "Aborted",
            "xit",
            "Exception", "Problem writing",
        ],
        pattern:
            #"^npm (error|ERR!) |\bELIFECYCLE\b|^error Command failed|^error during build|^[x✗✘] .*[Ff]ailed in |[✘X] \[ERROR\]|^\s*\[?(ERROR|error)\]?[ :]|^(Uncaught )?\w*Error: |^[Ff]atal: |^FATAL ERROR|Build error occurred|Export encountered errors|compiled with \d+ errors?|Build failed because of|^Traceback \(most recent call last\)|^make(\[\d+\])?: \*\*\* |(^|: +\d+ )(Killed|Segmentation fault|Bus error|Aborted)( |$)|^[^=].*[Ee]xit(ed)? (with )?(code|status):? [1-9]|Liquid Exception: |[Cc]ommand failed( |:)|^failed Building |Eleventy Fatal Error|Problem writing Eleventy"#,
        cause: "A step of the build ended with an error.",
        advice: "Mend what its first error names; what is said behind it follows from it."),
    Signature(
        "heap_oom", .cause, needles: ["heap out of memory", "Reached heap limit"],
        pattern: #"JavaScript heap out of memory|Reached heap limit Allocation failed"#,
        cause: "Node ran out of the memory it allows itself.",
        advice: "Raise it by NODE_OPTIONS=--max-old-space-size, within the memory of the plan."),
    Signature(
        "disk_full", .cause, needles: ["ENOSPC", "No space left on device"],
        pattern: #"\bENOSPC\b|No space left on device"#,
        cause: "The build ran out of disk space.", advice: "Make the build smaller, or clear its cache."),
    Signature(
        "cache_suspect", .cause, in: [.clone, .build],
        needles: ["@rollup/rollup-linux", "ENOTEMPTY", "EINTEGRITY", "Failed to extract cache", "gzip: invalid"],
        pattern:
            #"Cannot find module @rollup/rollup-linux-|ENOTEMPTY: directory not empty.*node_modules|\bEINTEGRITY\b|==> Failed to extract cache|gzip: invalid"#,
        cause: "What was kept of an earlier build does not go with this one.",
        advice: "Build again with a cleared cache.", remedy: .clearCache),
]
