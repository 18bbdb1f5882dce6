// SPDX-License-Identifier: Apache-2.0

import { Component, type ComponentType, lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { dismiss, keys, live, notices, preferences, router, signOut } from "../core/app";
import { inWords } from "../core/problem";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";
import { Link } from "./Link";
import { type Command, Palette } from "./Palette";
import { ConnectionBadge, Loading } from "./parts";
import { useKeys, useStore, useUser } from "./hooks";

const Workspaces = lazy(() => import("./Workspaces"));

export interface Place {
    readonly label: string;
    readonly address: string;
    /** Shortcut that goes there. */
    readonly keys?: string;
    readonly isCurrent: boolean;
    /** What stands behind the label. */
    readonly Badge?: ComponentType;
}

/** Everything around a view: navigation, palette, cheat sheet, notices, and the focus after a change of place. */
export function Shell(
    props: {
        readonly places: readonly Place[];
        readonly name: string;
        /** What the palette offers for words that name a place, such as an identifier. */
        readonly jump: (words: string) => Command | null;
        readonly children: ReactNode;
    },
) {
    const [open, setOpen] = useState<"palette" | "keys" | "settings" | "workspaces" | null>(null);
    const close = (): void => setOpen(null);
    const go = props.places.map((place) => ({
        keys: place.keys ?? "",
        label: place.label,
        group: "Go to",
        run: () => router.go(place.address),
    }));
    useKeys([
        {
            keys: "ctrl+k",
            label: "Command palette",
            group: "Everywhere",
            run: () => setOpen("palette"),
            inFields: true,
        },
        { keys: "g o", label: "Switch workspace", group: "Everywhere", run: () => setOpen("workspaces") },
        { keys: "?", label: "This list of keys", group: "Everywhere", run: () => setOpen("keys") },
        ...go.filter((one) => one.keys !== ""),
    ]);
    const { connection } = useStore(live.state);
    const user = useUser();
    const { workspace } = useStore(preferences);
    /** What has a shortcut at the moment, views' own included, and what has none. */
    const commands = (): readonly Command[] => [
        ...keys.list().filter((one) => one.keys !== "ctrl+k").map((one) => ({ ...one, hint: one.keys })),
        ...go.filter((one) => one.keys === "").map((one) => ({ ...one, hint: "" })),
        { label: "Settings", hint: "", run: () => setOpen("settings") },
        { label: "Sign out", hint: "", run: () => void signOut() },
    ];
    return (
        <div className="shell">
            <a className="skip" href="#main">
                Skip to content
            </a>
            <header className="top">
                <Link to="/" className="brand" label="Tutti, start">
                    Tutti
                </Link>
                <nav aria-label="Views">
                    {props.places.map((place) => (
                        <Link key={place.address} to={place.address} current={place.isCurrent}>
                            {place.label}
                            {place.Badge !== undefined && (
                                <Suspense fallback={null}>
                                    <place.Badge />
                                </Suspense>
                            )}
                        </Link>
                    ))}
                </nav>
                <div className="top-end">
                    {(connection.is === "waiting" || connection.is === "refused") && (
                        <ConnectionBadge
                            connection={connection}
                            retry={() => live.retry()}
                        />
                    )}
                    <button
                        type="button"
                        className="quiet workspace"
                        aria-label={"Workspace " + workspace}
                        title="Switch workspace"
                        onClick={() => setOpen("workspaces")}
                    >
                        {workspace}
                    </button>
                    <button
                        type="button"
                        className="quiet"
                        aria-label="Find a command"
                        onClick={() => setOpen("palette")}
                    >
                        <Icon name="search" />
                        <span className="wide-only">Find</span> <kbd className="wide-only">Ctrl K</kbd>
                    </button>
                    <button
                        type="button"
                        className="quiet"
                        aria-label="Settings"
                        title={"Signed in as " + user}
                        onClick={() => setOpen("settings")}
                    >
                        <Icon name="gear" />
                    </button>
                </div>
            </header>
            <main id="main" tabIndex={-1}>
                <Boundary key={props.name}>
                    <Suspense fallback={<Loading what="the view" />}>
                        <Arrival name={props.name} />
                        {props.children}
                    </Suspense>
                </Boundary>
            </main>
            <Notices />
            {open === "palette" && <Palette commands={commands()} jump={props.jump} close={close} />}
            {open === "keys" && <CheatSheet close={close} />}
            {open === "settings" && <Settings close={close} />}
            {open === "workspaces" && (
                <Suspense fallback={null}>
                    <Workspaces close={close} />
                </Suspense>
            )}
        </div>
    );
}

/** After a change of place the heading has the focus, so that the keyboard and screen readers begin there. */
function Arrival({ name }: { readonly name: string }) {
    useEffect(() => {
        const heading = document.querySelector<HTMLElement>("main h1");
        if (heading === null) return;
        document.getElementById("main")?.scrollTo({ top: 0 });
        // In a narrow window the navigation is one line of which only a part is in sight.
        document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
        heading.focus({ preventScroll: true });
    }, [name]);
    return null;
}

/** Keeps a view that broke from taking the rest with it. */
class Boundary extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
    override state: { readonly error: unknown } = { error: null };

    static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
        return { error };
    }

    override render(): ReactNode {
        if (this.state.error === null) return this.props.children;
        return (
            <div className="page">
                <div className="state failed" role="alert">
                    <h1>This view broke</h1>
                    <p>{inWords(this.state.error)}</p>
                    <button type="button" onClick={() => window.location.reload()}>
                        Load the page again
                    </button>
                </div>
            </div>
        );
    }
}

function Notices() {
    const list = useStore(notices);
    return (
        <div className="notices" role="status" aria-live="polite">
            {list.map((one) => (
                <div key={one.id} className={"notice notice-" + one.tone}>
                    <span>{one.words}</span>
                    <button
                        type="button"
                        className="quiet icon-button"
                        aria-label="Put away"
                        onClick={() => dismiss(one.id)}
                    >
                        <Icon name="cross" />
                    </button>
                </div>
            ))}
        </div>
    );
}

function CheatSheet({ close }: { readonly close: () => void }) {
    const groups = new Map<string, { readonly keys: string; readonly label: string }[]>();
    for (const one of keys.list()) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
    return (
        <Dialog title="Keys" close={close} className="sheet">
            {[...groups].map(([group, list]) => (
                <section key={group}>
                    <h3>{group}</h3>
                    <dl>
                        {list.map((one) => (
                            <div key={one.keys}>
                                <dt>{one.label}</dt>
                                <dd>
                                    <Keys keys={one.keys} />
                                </dd>
                            </div>
                        ))}
                    </dl>
                </section>
            ))}
            <section>
                <h3>In lists</h3>
                <dl>
                    {[
                        ["Move", "j k"],
                        ["First, last", "Home End"],
                        ["Open", "Enter"],
                        ["Choose", "x"],
                        ["Choose on", "shift+j shift+k"],
                    ].map(([label = "", one = ""]) => (
                        <div key={label}>
                            <dt>{label}</dt>
                            <dd>
                                <Keys keys={one} />
                            </dd>
                        </div>
                    ))}
                </dl>
            </section>
            <div className="actions">
                <button type="button" onClick={close}>
                    Close
                </button>
            </div>
        </Dialog>
    );
}

export function Keys(props: { readonly keys: string }) {
    const names: Readonly<Record<string, string>> = { ctrl: "Ctrl", shift: "⇧", alt: "Alt" };
    return (
        <>
            {props.keys.split(" ").map((one) => (
                <kbd key={one}>
                    {one.split("+").map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(
                        " ",
                    )}
                </kbd>
            ))}
        </>
    );
}

function Settings({ close }: { readonly close: () => void }) {
    const chosen = useStore(preferences);
    const user = useUser();
    const pick = <Name extends "theme" | "zone">(
        name: Name,
        words: readonly (readonly [typeof chosen[Name], string])[],
        legend: string,
    ) => (
        <fieldset>
            <legend>{legend}</legend>
            {words.map(([word, label]) => (
                <label key={word} className="inline">
                    <input
                        type="radio"
                        name={name}
                        checked={chosen[name] === word}
                        onChange={() => preferences.update((value) => ({ ...value, [name]: word }))}
                    />
                    {label}
                </label>
            ))}
        </fieldset>
    );
    return (
        <Dialog title="Settings" close={close}>
            {pick("theme", [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]], "Colours")}
            {pick("zone", [["local", "This computer’s"], ["utc", "UTC"]], "Time zone")}
            <label className="inline">
                <input
                    type="checkbox"
                    checked={chosen.letters}
                    onChange={() => preferences.update((value) => ({ ...value, letters: !value.letters }))}
                />
                Single letters are shortcuts
            </label>
            <div className="actions">
                <button type="button" onClick={close}>
                    Close
                </button>
                <button
                    type="button"
                    onClick={() => {
                        close();
                        void signOut();
                    }}
                >
                    Sign out {user}
                </button>
            </div>
        </Dialog>
    );
}
