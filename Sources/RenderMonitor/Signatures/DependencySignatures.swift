// SPDX-License-Identifier: Apache-2.0

/// What is wrong with dependencies and versions: never mended by a setting that the monitor may write.
let dependencySignatures: [Signature] = [
    Signature(
        "lockfile_drift", .cause, in: [.build],
        needles: [
            "OUTDATED_LOCKFILE", "package-lock.json", "lockfile needs to be updated", "poetry.lock", "ockfile",
            "uv.lock",
        ],
        pattern:
            #"lockfile had changes, but lockfile is frozen|can only install with an existing package-lock\.json|The lockfile at .uv\.lock. needs to be updated|ERR_PNPM_OUTDATED_LOCKFILE|npm ci. can only install packages when your package\.json and package-lock\.json|[Yy]our lockfile needs to be updated|poetry\.lock (was last generated|is not up to date)|The lockfile would have been modified by this install"#,
        cause: "The lock file does not go with the manifest.",
        advice: "Install locally and commit the lock file."),
    Signature(
        "engine_mismatch", .cause, in: [.build],
        needles: [
            "engine \"", "EBADENGINE", "Unsupported engine", "ERR_PNPM_UNSUPPORTED_ENGINE", "digital envelope",
            "Node.js version", "not supported by Astro", "crypto.hash is not",
        ],
        pattern:
            #"digital envelope routines::unsupported|For Next\.js, Node\.js version .* is required|requires a minimum Node\.js version|is not supported by Astro|crypto\.hash is not a function|The engine "\w+" is incompatible|npm (error|ERR!) code EBADENGINE|npm (error|ERR!) .*Unsupported engine|ERR_PNPM_UNSUPPORTED_ENGINE"#,
        cause: "The version of Node is not one that a package takes.",
        advice: "Set NODE_VERSION, a .node-version file or engines in package.json."),
    Signature(
        "engine_warning", .remark, in: [.build],
        needles: ["EBADENGINE", "Unsupported engine", "requires Node.js version"],
        pattern: #"npm (warn|WARN) (EBADENGINE|notsup)|Vite requires Node\.js version"#,
        cause: "A package asks for another version of Node.",
        advice: "Set NODE_VERSION, a .node-version file or engines in package.json."),
    Signature(
        "module_not_found", .cause,
        needles: ["Module not found", "Cannot find module", "No module named", "Could not resolve", "Can't resolve"],
        pattern:
            #"Module not found: (Error: )?Can't resolve '|Cannot find module '|ModuleNotFoundError: No module named '|Could not resolve "|Rollup failed to resolve import ""#,
        captures: [
            Capture(after: "resolve '", before: ["'"]), Capture(after: "find module '", before: ["'"]),
            Capture(after: "No module named '", before: ["'"]), Capture(after: "resolve \"", before: ["\""]),
            Capture(after: "resolve import \"", before: ["\""]),
        ],
        cause: "A module that is imported is not there.",
        advice: "Add it to the manifest, or mend its path: Render tells upper from lower case."),
    Signature(
        "dependency_conflict", .cause, in: [.build], needles: ["ERESOLVE", "ResolutionImpossible", "No matching"],
        pattern: #"npm (error|ERR!) code ERESOLVE|ResolutionImpossible|ERROR: No matching distribution found for"#,
        cause: "The dependencies cannot be installed together.",
        advice: "Mend the versions in the manifest, then commit the lock file."),
]
