// SPDX-License-Identifier: Apache-2.0

import { type ComponentType, lazy, type LazyExoticComponent } from "react";
import type { Permission } from "../core/session";
import { type Codec, match, type Route, type RouteParameters, type RouteQuery } from "../core/router";

/** What a view is given: what its address says, and the way to change the query. */
export interface ViewProps<R> {
    readonly parameters: RouteParameters<R>;
    readonly query: RouteQuery<R>;
    /** Changes members of the query in place; the rest stays. */
    readonly set: (change: Partial<RouteQuery<R>>) => void;
}

/** What the shell knows of a view before it is loaded. */
export interface About<R> {
    readonly place: R;
    /** Where it stands in the navigation; left out for places that are reached from others. */
    readonly nav?: {
        readonly label: string;
        readonly address: string;
        readonly keys?: string;
        /** What stands behind the label, such as a number; it is loaded by itself. */
        readonly Badge?: ComponentType;
    };
    /** What somebody must be allowed to do for the view to be of use to them; others are not led there. */
    readonly needs?: Permission;
}

// With `any`, views of every place stand in one list; `view` has checked each before.
type AnyRoute = Route<string, Readonly<Record<string, Codec<any>>>>;

export interface View {
    readonly about: About<AnyRoute>;
    readonly Screen: LazyExoticComponent<ComponentType<ViewProps<AnyRoute>>>;
}

/** A view whose scripts are loaded when somebody goes there. */
export function view<R extends AnyRoute>(
    about: About<R>,
    load: () => Promise<{ readonly default: ComponentType<ViewProps<R>> }>,
): View {
    return {
        about,
        Screen: lazy(load) as unknown as LazyExoticComponent<ComponentType<ViewProps<AnyRoute>>>,
    };
}

/** The view that an address names, with what the address says. */
export function find(views: readonly View[], address: string) {
    for (const one of views) {
        const found = match(one.about.place, address);
        if (found !== null) return { view: one, ...found };
    }
    return null;
}
