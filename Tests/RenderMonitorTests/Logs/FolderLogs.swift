// SPDX-License-Identifier: Apache-2.0

import Blueprints
import RenderMonitor

/// Root directories that are not there, or that are not set.
let folderLogs: [RecordedLog] = [
    RecordedLog(
        name: "a root directory that is gone", root: "web", build: "npm ci && npm run build", publish: "dist",
        signature: "root_dir_missing", action: .fix([.rootDir: ""]),
        text: """
            \(cloned)
            ==> Service Root Directory "/opt/render/project/src/web" is missing.
            builder.sh: line 51: cd: /opt/render/project/src/web: No such file or directory
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "the blueprint knows the root directory", root: "web", build: "npm ci && npm run build", publish: "dist",
        blueprint: [.rootDir: "apps/web"], signature: "root_dir_missing", action: .fix([.rootDir: "apps/web"]),
        text: """
            \(cloned)
            ==> Service Root Directory "/opt/render/project/src/web" is missing.
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "the blueprint names the root directory that is gone", root: "web", build: "npm ci && npm run build",
        publish: "dist", blueprint: [.rootDir: "web"], signature: "root_dir_missing", action: .patch([.rootDir: ""]),
        text: """
            \(cloned)
            ==> Service Root Directory "/opt/render/project/src/web" is missing.
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "the root directory of another branch", root: "web", build: "npm ci && npm run build", publish: "dist",
        branch: "legacy", blueprint: [.branch: "main", .rootDir: "web"], signature: "root_dir_missing", action: .person,
        text: """
            ==> Cloning from https://github.com/example/site
            ==> Checking out commit 0123456789abcdef in branch legacy
            ==> Service Root Directory "/opt/render/project/src/web" is missing.
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a root directory that is a file", root: "index.html", publish: ".", signature: "root_dir_unreadable",
        action: .fix([.rootDir: ""]),
        text: """
            \(cloned)
            builder.sh: line 51: cd: /opt/render/project/src/index.html: Not a directory
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a server's root directory that is gone", type: "web_service", root: "api", build: "npm ci",
        signature: "root_dir_missing", action: .propose,
        text: """
            \(cloned)
            ==> Service Root Directory "/opt/render/project/src/api" is missing.
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a server's root directory that the blueprint knows", type: "web_service", root: "api", build: "npm ci",
        blueprint: [.rootDir: "services/api"], signature: "root_dir_missing", action: .fix([.rootDir: "services/api"]),
        text: """
            \(cloned)
            ==> Service Root Directory "/opt/render/project/src/api" is missing.
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "yarn without a package.json, which Render has seen below", build: "yarn && yarn build", publish: "dist",
        signature: "package_json_missing", action: .fix([.rootDir: "client"]),
        text: """
            \(cloned)
            ==> Using Node.js version 20.11.0 via /opt/render/project/src/client/package.json
            ==> Running build command 'yarn && yarn build'...
            yarn install v1.22.22
            error Couldn't find a package.json file in "/opt/render/project/src"
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "npm without a package.json, the publish directory is below", build: "npm ci && npm run build",
        publish: "frontend/dist", signature: "package_json_missing",
        action: .fix([.rootDir: "frontend", .publishPath: "dist"]),
        text: """
            \(cloned)
            ==> Running build command 'npm ci && npm run build'...
            npm error code ENOENT
            npm error enoent Could not read package.json: Error: ENOENT: no such file or directory, open '/opt/render/project/src/package.json'
            ==> Exited with status 254
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "npm without a package.json, the blueprint knows where", build: "npm ci && npm run build",
        publish: "dist",
        blueprint: [.rootDir: "web"], signature: "package_json_missing", action: .fix([.rootDir: "web"]),
        text: """
            \(cloned)
            ==> Running build command 'npm ci && npm run build'...
            npm ERR! enoent Could not read package.json: Error: ENOENT: no such file or directory, open '/opt/render/project/src/package.json'
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "npm without a package.json, and nothing tells where", build: "npm ci && npm run build", publish: "dist",
        signature: "package_json_missing", action: .person,
        text: """
            \(cloned)
            ==> Running build command 'npm ci && npm run build'...
            npm error enoent Could not read package.json: Error: ENOENT: no such file or directory, open '/opt/render/project/src/package.json'
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "pnpm without a package.json", build: "pnpm install && pnpm run build", publish: "dist",
        signature: "package_json_missing", action: .person,
        text: """
            \(cloned)
            ==> Running build command 'pnpm install && pnpm run build'...
            ERR_PNPM_NO_IMPORTER_MANIFEST_FOUND No package.json was found in "/opt/render/project/src".
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "the repository is not to be read", build: "npm ci && npm run build", publish: "dist",
        signature: "repo_access", action: .person,
        text: """
            ==> Cloning from https://github.com/example/private
            ==> It looks like we don't have access to your repo, but we'll try to clone it anyway.
            fatal: could not read Username for 'https://github.com': terminal prompts disabled
            ==> Unable to clone https://github.com/example/private
            """),
    RecordedLog(
        name: "a public repository without access, cloned all the same", build: "npm ci && npm run build",
        publish: "build",
        signature: "publish_dir_missing", action: .fix([.publishPath: "dist"]),
        text: """
            ==> Cloning from https://github.com/example/public
            ==> It looks like we don't have access to your repo, but we'll try to clone it anyway.
            ==> Checking out commit 0123456789abcdef in branch main
            ==> Running build command 'npm ci && npm run build'...
            > vite build
            dist/index.html                   0.46 kB │ gzip:  0.30 kB
            ✓ built in 1.21s
            ==> Publish directory build does not exist!
            ==> Build failed 😞
            """),
]
