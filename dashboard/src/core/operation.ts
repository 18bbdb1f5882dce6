// SPDX-License-Identifier: Apache-2.0

/** Anything that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What the answer of a stream is at first: a body that is read while it comes. Its events are of the type named. */
export interface EventStream<T> {
    readonly body: ReadableStream<Uint8Array>;
    /** Never there: ties the type of the events to the operation. */
    readonly event?: T;
}

/** What an operation takes and answers. */
export interface CallShape {
    readonly path?: object;
    readonly query?: object;
    readonly header?: object;
    readonly body?: unknown;
    readonly answer: unknown;
    readonly problems: number;
}

/** One operation of a daemon, as its OpenAPI document has it. */
export interface Operation<Call extends CallShape> {
    readonly name: string;
    readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
    /** With the names of its parameters in braces. */
    readonly path: string;
    readonly reads: "json" | "text" | "blob" | "stream" | "nothing";
    /** Never there: ties the types to the operation. */
    readonly call?: Call;
}

/** What is sent: the parts that the operation knows, and no others. */
export type Input<Call extends CallShape> = Pick<Call, Extract<keyof Call, "path" | "query" | "header" | "body">>;

/** What comes back. */
export type Answer<Call extends CallShape> = Call["answer"];
