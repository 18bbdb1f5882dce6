// SPDX-License-Identifier: Apache-2.0

/** Below which path the application is served; put in by the build. */
declare const APP_BASE: string;

// What the tests use of node, whose own types Debian has only for its own node.
declare module "node:test" {
    type Body = () => void | Promise<void>;
    /** `timeout` is in milliseconds. */
    export default function test(name: string, options: { readonly timeout: number }, body: Body): void;
    export default function test(name: string, body: Body): void;
}

declare module "node:assert/strict" {
    interface Assert {
        (value: unknown, message?: string): asserts value;
        equal(actual: unknown, expected: unknown, message?: string): void;
        deepEqual(actual: unknown, expected: unknown, message?: string): void;
        match(actual: string, expected: RegExp): void;
        throws(body: () => unknown, expected?: RegExp): void;
        rejects(
            body: Promise<unknown> | (() => Promise<unknown>),
            expected?: (error: unknown) => boolean,
        ): Promise<void>;
    }
    const assert: Assert;
    export default assert;
}
