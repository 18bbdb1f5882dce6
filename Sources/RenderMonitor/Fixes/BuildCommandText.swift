// SPDX-License-Identifier: Apache-2.0

/// What can be said of a command by looking at it. Commands are never run here, and never put together from a log.
enum BuildCommandText {
    /// Programs that a setting for a folder would not be named after.
    private static let programs: Set<String> = [
        "npm", "npx", "yarn", "pnpm", "bun", "bunx", "node", "deno", "next", "nuxt", "vite", "astro", "gatsby", "ng",
        "hugo", "jekyll", "bundle", "ruby", "rails", "python", "python3", "pip", "poetry", "uvicorn", "gunicorn",
        "flask",
        "streamlit", "django-admin", "make", "cargo", "go", "sh", "bash", "cd", "./build.sh", "serve", "http-server",
        "php", "composer", "dotnet", "java", "mix", "uv", "pipenv", "mkdocs", "zola", "parcel", "webpack",
        "react-scripts",
        "NODE_ENV=production", "CI=false", "CI=",
    ]
    private static let serverPrograms: Set<String> = [
        "node", "python", "python3", "uvicorn", "gunicorn", "flask", "streamlit", "serve", "http-server", "rails",
    ]

    /// Build commands of one project, and what they are once the project's dependencies are installed for a build.
    private static let withInstall: [String: String] = [
        "npm run build": "npm ci && npm run build",
        "npm install && npm run build": "npm install --include=dev && npm run build",
        "npm install; npm run build": "npm install --include=dev && npm run build",
        "npm i && npm run build": "npm install --include=dev && npm run build",
        "npm i; npm run build": "npm install --include=dev && npm run build",
        "npm ci && npm run build": "npm ci --include=dev && npm run build",
        "npm ci; npm run build": "npm ci --include=dev && npm run build",
        "yarn build": "yarn install --frozen-lockfile && yarn build",
        "yarn run build": "yarn install --frozen-lockfile && yarn build",
        "pnpm build": "pnpm install --frozen-lockfile && pnpm run build",
        "pnpm run build": "pnpm install --frozen-lockfile && pnpm run build",
        "vite build": "npm ci && npx vite build",
        "react-scripts build": "npm ci && npx react-scripts build",
        "next build": "npm ci && npx next build",
        "ng build": "npm ci && npx ng build",
        "astro build": "npm ci && npx astro build",
        "gatsby build": "npm ci && npx gatsby build",
    ]

    /// Tools that the dependencies of a project bring along: one that is not found was not installed.
    private static let tools: Set<String> = [
        "vite", "react-scripts", "next", "nuxt", "nuxi", "astro", "gatsby", "docusaurus", "ng", "tsc", "eleventy",
        "webpack", "svelte-kit", "vue-cli-service", "rollup", "parcel", "remix", "tailwindcss", "esbuild",
    ]

    static func isTool(_ name: String?) -> Bool { name.map(tools.contains) ?? false }

    /// The same command with the dependencies installed first; nil for one that is not known.
    static func installing(_ command: String) -> String? { withInstall[simplified(command)] }

    /// A build command that is known and needs no more than to be named: for one that stands in another setting.
    static func known(_ command: String) -> String? {
        let simple = simplified(command)
        return withInstall[simple].map { simple.contains("install") || simple.contains(" ci") ? simple : $0 }
    }

    static func looksLikeCommand(_ setting: String) -> Bool {
        let words = setting.split(separator: " ")
        guard let first = words.first else { return false }
        if words.count > 1 { return programs.contains(String(first)) || setting.contains("&&") }
        return ["yarn", "hugo", "make", "npm", "pnpm"].contains(first) || first.hasSuffix(".sh")
    }

    /// Whether it starts something that goes on running.
    static func startsServer(_ command: String) -> Bool {
        let words = command.split(separator: " ").map(String.init)
        guard let first = words.first else { return false }
        let verbs: Set<String> = ["start", "dev", "serve", "preview", "runserver"]
        let isServing = words.dropFirst().contains { word in
            verbs.contains(word.split(separator: ":").first.map(String.init) ?? word)
        }
        return serverPrograms.contains(first) || isServing
    }

    /// The folder of `cd FOLDER && …`, where the command goes nowhere else.
    static func folder(of command: String) -> RelativePath? {
        let words = command.split(separator: " ")
        guard words.count > 3, words[0] == "cd", words[2] == "&&", !goesElsewhere(words.dropFirst(3)) else {
            return nil
        }
        return RelativePath(words[1])
    }

    /// Programs that leave what was built in another folder than its log says, or go there.
    private static func goesElsewhere(_ words: some Sequence<Substring>) -> Bool {
        let movers: Set<Substring> = ["cd", "pushd", "mv", "cp", "rsync", "ln", "unzip", "tar", "git"]
        return words.contains { word in
            movers.contains(word.drop { "($`\"'".contains($0) })
        }
    }

    /// Whether it takes what was built to another place.
    static func moves(_ command: String) -> Bool {
        goesElsewhere(command.split { $0 == " " || $0 == ";" }.filter { !$0.hasSuffix("cd") })
    }

    /// Whether it installs what the project needs and builds nothing.
    static func onlyInstalls(_ command: String) -> Bool {
        let installs: Set<String> = [
            "npm install", "npm i", "npm ci", "yarn", "yarn install", "pnpm install", "pnpm i", "bun install",
            "yarn install --frozen-lockfile", "pnpm install --frozen-lockfile", "npm install --legacy-peer-deps",
        ]
        return installs.contains(simplified(command))
    }

    /// Whether it may build elsewhere than where it is started, so that a relative path in its log says nothing.
    static func wanders(_ command: String) -> Bool {
        let marks = [
            "--prefix", "--cwd", "--workspace", " -w ", "turbo", "nx ", "lerna", "--filter", " -C ", "pushd", "--dir",
            "make ", ".sh", "yarn workspace", "-r run ", "foreach", "concurrently", "npm-run-all", "run-s ", "run-p ",
        ]
        if marks.contains(where: command.contains) { return true }
        return folder(of: command) == nil && goesElsewhere(command.split { $0 == " " || $0 == ";" })
    }

    static func simplified(_ command: String) -> String {
        command.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
