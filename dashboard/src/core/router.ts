// SPDX-License-Identifier: Apache-2.0

import { createStore, type Store } from "./store";

/** How one value of a query is written in the URL. What cannot be read is as if it were not there. */
export interface Codec<T> {
    read(values: readonly string[]): T;
    write(value: T): readonly string[];
}

/** A text; undefined when it is left out. */
export function text(allowed?: RegExp): Codec<string | undefined> {
    return {
        read: ([value]) => (value === undefined || value === "" || allowed?.test(value) === false ? undefined : value),
        write: (value) => (value === undefined || value === "" ? [] : [value]),
    };
}

/** One of several words; the first when it is left out or another one. */
export function choice<T extends string>(words: readonly [T, ...T[]]): Codec<T> {
    return {
        read: ([value]) => words.find((word) => word === value) ?? words[0],
        write: (value) => (value === words[0] ? [] : [value]),
    };
}

/** Several of some words, in their own order, each once. */
export function choices<T extends string>(words: readonly T[]): Codec<readonly T[]> {
    return {
        read: (values) => words.filter((word) => values.includes(word)),
        write: (value) => words.filter((word) => value.includes(word)),
    };
}

/** A time that the API takes; undefined when it is left out. */
export const moment: Codec<string | undefined> = {
    read: ([value]) => (value === undefined || Number.isNaN(Date.parse(value)) ? undefined : value),
    write: (value) => (value === undefined ? [] : [value]),
};

/** The names in braces of a path. */
type Names<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;

export type Parameters<Path extends string> = { readonly [Name in Names<Path>]: string };

// With `any`, codecs of every type stand in one table; `Values` takes the types out again.
type AnyCodecs = Readonly<Record<string, Codec<any>>>;

export type Values<Query extends AnyCodecs> = {
    readonly [Name in keyof Query]: Query[Name] extends Codec<infer T> ? T : never;
};

/** A place of the application: a path with its parameters, and what its query holds. */
export interface Route<Path extends string = string, Query extends AnyCodecs = AnyCodecs> {
    readonly path: Path;
    readonly query: Query;
}

export type RouteParameters<R> = R extends Route<infer Path, AnyCodecs> ? Parameters<Path> : never;
export type RouteQuery<R> = R extends Route<string, infer Query> ? Values<Query> : never;

export function route<Path extends string, Query extends AnyCodecs>(path: Path, query: Query): Route<Path, Query> {
    return { path, query };
}

/** The address of a place. What is left out of the query is as a codec reads nothing. */
export function href<Path extends string, Query extends AnyCodecs>(
    to: Route<Path, Query>,
    parameters: Parameters<Path>,
    query: Partial<Values<Query>> = {},
): string {
    const given = parameters as Readonly<Record<string, string>>;
    const path = to.path.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(given[name] ?? ""));
    const found = new URLSearchParams();
    for (const [name, codec] of Object.entries(to.query)) {
        if (!(name in query)) continue;
        for (const value of codec.write(query[name])) found.append(name, value);
    }
    const words = found.toString();
    return words === "" ? path : path + "?" + words;
}

/** What an address says about a place; null when it is the address of another one. */
export function match<Path extends string, Query extends AnyCodecs>(
    place: Route<Path, Query>,
    address: string,
): { readonly parameters: Parameters<Path>; readonly query: Values<Query> } | null {
    const [path = "", words = ""] = address.split("?", 2);
    const wanted = place.path.split("/").filter((part) => part !== "");
    const found = path.split("/").filter((part) => part !== "");
    if (wanted.length !== found.length) return null;
    const parameters: Record<string, string> = {};
    for (const [index, part] of wanted.entries()) {
        const value = found[index] ?? "";
        if (part.startsWith("{")) {
            const plain = decode(value);
            if (plain === null) return null;
            parameters[part.slice(1, -1)] = plain;
        } else if (part !== value) return null;
    }
    const search = new URLSearchParams(words);
    const query: Record<string, unknown> = {};
    for (const [name, codec] of Object.entries(place.query)) query[name] = codec.read(search.getAll(name));
    return { parameters: parameters as Parameters<Path>, query: query as Values<Query> };
}

function decode(value: string): string | null {
    try {
        return decodeURIComponent(value);
    } catch {
        return null;
    }
}

/** The part of the browser's history that is needed. */
export interface Browser {
    /** Path and query of the page, below the base. */
    read(): string;
    write(address: string, replaces: boolean): void;
    /** Tells when somebody goes back or forth. */
    listen(watcher: () => void): void;
}

/** Where somebody is. The address is the whole state: whatever is not in it is lost with the page. */
export interface Router {
    readonly address: Store<string>;
    go(address: string): void;
    /** Changes the address without a new entry in the history, as for filters while somebody types. */
    replace(address: string): void;
}

export function createRouter(browser: Browser): Router {
    const address = createStore(browser.read());
    browser.listen(() => address.set(browser.read()));
    return {
        address,
        go(next) {
            if (next === address.get()) return;
            browser.write(next, false);
            address.set(next);
        },
        replace(next) {
            if (next === address.get()) return;
            browser.write(next, true);
            address.set(next);
        },
    };
}

/** The browser's own history, for an application that is served below `base`. */
export function windowBrowser(base: string): Browser {
    return {
        read() {
            const { pathname, search } = window.location;
            const path = pathname.startsWith(base) ? pathname.slice(base.length) : pathname;
            return (path === "" ? "/" : path) + search;
        },
        write: (address, replaces) => window.history[replaces ? "replaceState" : "pushState"](null, "", base + address),
        listen: (watcher) => window.addEventListener("popstate", watcher),
    };
}
