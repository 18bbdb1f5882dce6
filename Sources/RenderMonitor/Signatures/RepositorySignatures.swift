// SPDX-License-Identifier: Apache-2.0

private let source = "/opt/render/project/src"

/// What is wrong before anything is built: access, folders and manifests.
let repositorySignatures: [Signature] = [
    Signature(
        "repo_access", .root, needles: ["have access to your repo", "Unable to clone", "could not read Username"],
        pattern:
            #"^==> It looks like we don't have access to your repo|^==> Unable to clone|could not read Username for 'https://"#,
        cause: "Render cannot read the repository.",
        advice: "Connect the Git provider to Render again. Until then pushes deploy nothing either."),
    Signature(
        "root_dir_missing", .root, in: [.clone, .build], needles: ["Service Root Directory"],
        pattern: #"^==> Service Root Directory "?/opt/render/project/src/[^"]*"? is missing\.?$"#,
        captures: [
            Capture(after: "\(source)/", before: ["\" is missing", " is missing"])
        ],
        cause: "The root directory does not exist in the branch that was built.",
        advice: "Set the root directory to a folder of the branch, or to nothing for the whole repository.",
        remedy: .setting),
    Signature(
        "root_dir_unreadable", .consequence, in: [.clone, .build], needles: ["builder.sh: line"],
        pattern: #"builder\.sh: line \d+: cd: .*: (No such file or directory|Not a directory)"#,
        captures: [Capture(after: "\(source)/", before: [": No such file", ": Not a directory"])],
        cause: "Render cannot enter the root directory.",
        advice: "Set the root directory to a folder of the branch, or to nothing for the whole repository.",
        remedy: .setting),
    Signature(
        "package_json_missing", .cause, needles: ["package.json"],
        pattern:
            #"Couldn't find a package\.json file in "/opt/render/project/src|Could not read package\.json: Error: ENOENT.*'/opt/render/project/src.*/package\.json'|ERR_PNPM_NO_IMPORTER_MANIFEST_FOUND|ENOENT: no such file or directory, open '/opt/render/project/src[^']*/package\.json'"#,
        captures: [
            Capture(after: "'\(source)/", before: ["/package.json'", "package.json'"]),
            Capture(after: "\"\(source)/", before: ["\""]),
        ],
        cause: "There is no package.json where the build runs.",
        advice: "Set the root directory to the folder of the package, or another runtime if this is no Node project.",
        remedy: .setting),
    Signature(
        "dockerfile_missing", .cause, needles: ["dockerfile", "invalid local: resolve"],
        pattern:
            #"failed to read dockerfile: open \S+: no such file or directory|error: invalid local: resolve : lstat \S+"#,
        captures: [
            Capture(after: "dockerfile: open ", before: [": no such"]), Capture(after: "lstat ", before: [":"]),
        ],
        cause: "There is no Dockerfile where Render looks for it.",
        advice: "Set the Dockerfile's path and context, both from the root of the repository, or another runtime."),
    Signature(
        "docker_copy_failed", .cause, in: [.build],
        needles: ["failed to compute cache key", "COPY failed", "\": not found"],
        pattern: #"failed to compute cache key|COPY failed:|"/.+": not found"#,
        cause: "The Dockerfile copies a file that is not in the build's context.",
        advice: "Compare the COPY with the Docker context, and with .dockerignore."),
]
