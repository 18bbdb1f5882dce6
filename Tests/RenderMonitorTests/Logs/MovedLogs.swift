// SPDX-License-Identifier: Apache-2.0

import Blueprints
import RenderMonitor

private let list = "dist/index.html   0.46 kB │ gzip: 0.30 kB\n✓ built in 1.21s"
private let missing = "publish_dir_missing"

/// Builds whose log does not say where the pages are in the end, and settings that are not the ones of the log any more.
let movedLogs: [RecordedLog] = [
    .site(
        "pages that are moved away", build: "npm ci && npm run build && mv dist ../../dist", publish: "out", missing,
        .person, "> vite build\n" + list),
    .site(
        "pages that are moved away by a script", publish: "out", missing, .person,
        "> site@1.0.0 build\n> vite build && mv dist public_html\n" + list),
    .site(
        "an absolute folder that is moved away", build: "npm run build && mv dist /opt/render/project/src/www",
        publish: "public", missing, .person, "> astro build\n[build] directory: /opt/render/project/src/dist/"),
    .site(
        "a subshell that goes elsewhere", build: "cd web && npm ci && (cd ../docs && npm run build)", publish: "build",
        missing, .person, "> vite build\n" + list),
    .site(
        "a folder and a workspace", build: "cd web && npm ci && npm run build --workspace=shop", publish: "build",
        missing, .person, "> vite build\n" + list),
    .site(
        "semicolons between folders", build: "cd web; npm ci; npm run build", publish: "build", missing, .person,
        "> vite build\n" + list),
    .site(
        "yarn's script that goes into a folder", build: "yarn && yarn build", publish: "build", missing, .person,
        "yarn run v1.22.22\n$ cd client && yarn build\n$ vite build\n" + list),
    .site(
        "yarn's script that stays", build: "yarn && yarn build", publish: "build", missing,
        .fix([.publishPath: "dist"]), "yarn run v1.22.22\n$ vite build\n" + list),
    .site(
        "pnpm in a package below", build: "pnpm install && pnpm build", publish: "build", missing, .person,
        "> web@0.0.0 build /opt/render/project/src/apps/web\n> vite build\n" + list),
    .site(
        "pnpm in the package of the root directory", root: "apps/web", build: "pnpm install && pnpm build",
        publish: "build", missing, .fix([.publishPath: "dist"]),
        "> web@0.0.0 build /opt/render/project/src/apps/web\n> vite build\n" + list),
    .site(
        "pnpm in several packages", build: "pnpm install && pnpm run -r build", publish: "build", missing, .person,
        "apps/web build$ vite build\napps/web build: dist/index.html 0.46 kB\n" + list),
    .site(
        "a script that builds another package", publish: "build", missing, .person,
        "> root@1.0.0 build\n> node tools/build.mjs\n> @acme/web@2.1.0 build\n> vite build\n" + list),
    .site(
        "a site of Laravel", publish: "build", missing, .person,
        "> vite build\nvite v6.0.1 building for production...\npublic/build/manifest.json   0.33 kB │ gzip: 0.17 kB\n✓ built in 1s"
    ),
    .site(
        "React Router's server", publish: "build", "ssr_as_static_site", .person,
        "> react-router build\nvite v6.0.1 building for production...\nbuild/client/assets/a.js  1.20 kB │ gzip: 0.70 kB\n✓ built in 1s\nvite v6.0.1 building SSR bundle for production...\n✓ built in 1s"
    ),
    .site(
        "a server made by Vite", publish: "build", "ssr_as_static_site", .person,
        "> vite build\nvite v6.0.1 building for production...\nvite v6.0.1 building SSR bundle for production...\n✓ built in 1s"
    ),
    .site(
        "a project's name as the folder of a server", publish: "VPN Scout", "ssr_as_static_site", .person,
        "> next build\n   ▲ Next.js 15.3.2\n ✓ Compiled successfully\n ✓ Generating static pages (7/7)"),
    .site(
        "Vue CLI", publish: "public", missing, .fix([.publishPath: "dist"]),
        "> vue-cli-service build\n DONE  Build complete. The dist directory is ready to be deployed."),
    .site(
        "MkDocs", build: "mkdocs build", publish: "public", missing, .fix([.publishPath: "site"]),
        "INFO    -  Building documentation to directory: /opt/render/project/src/site\nINFO    -  Documentation built in 0.52 seconds"
    ),
    .site(
        "a build command that was changed since", build: "npm ci && npm run build:site", publish: "build",
        ran: "npm ci && npm run build", missing, .person, "> vite build\n" + list),
    .site(
        "a build command that was taken away since", build: "", publish: "dist", ran: "npm ci && npm run build",
        missing,
        .person, "> vite build\nno pages this time"),
    .site(
        "a tool that was missing in another command", build: "npm run build", ran: "npm run build:old",
        isMissing: false,
        "command_not_found", .person, "sh: 1: vite: not found"),
    .site(
        "blanks in a build command are no change", build: "npm ci  &&  npm run build", publish: "build",
        ran: "npm ci && npm run build", missing, .fix([.publishPath: "dist"]), "> vite build\n" + list),
    RecordedLog(
        name: "a branch that was changed since", root: "web", build: "npm ci", publish: "dist", branch: "next",
        signature: "root_dir_missing", action: .person,
        text: """
            \(cloned)
            ==> Service Root Directory "/opt/render/project/src/web" is missing.
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a root directory that was set right since", root: "frontend", build: "npm ci && npm run build",
        publish: "dist", signature: "root_dir_missing", action: .person,
        text: """
            \(cloned)
            ==> Service Root Directory "/opt/render/project/src/web" is missing.
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "a log without its beginning", build: "npm ci && npm run build", publish: "build", signature: missing,
        action: .propose,
        text: "> vite build\n\(list)\n==> Publish directory build does not exist!\n==> Build failed 😞"),
    RecordedLog(
        name: "the package that Render has read is a server's", build: "yarn && yarn build", publish: "dist",
        signature: "package_json_missing", action: .person,
        text: """
            \(cloned)
            ==> Using Node.js version 20.11.0 via /opt/render/project/src/server/package.json
            ==> Running build command 'yarn && yarn build'...
            error Couldn't find a package.json file in "/opt/render/project/src"
            ==> Build failed 😞
            """),
    RecordedLog(
        name: "the package that Render has read is not the one that is published", build: "yarn && yarn build",
        publish: "client/build", signature: "package_json_missing", action: .person,
        text: """
            \(cloned)
            ==> Using Node.js version 20.11.0 via /opt/render/project/src/admin/package.json
            ==> Running build command 'yarn && yarn build'...
            error Couldn't find a package.json file in "/opt/render/project/src"
            ==> Build failed 😞
            """),
]
