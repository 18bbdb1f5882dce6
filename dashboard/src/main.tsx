// SPDX-License-Identifier: Apache-2.0

import { StrictMode, useCallback, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { preferences, router, session } from "./core/app";
import { href } from "./core/router";
import { Empty, Failed, Loading } from "./ui/parts";
import { useStore } from "./ui/hooks";
import { Link } from "./ui/Link";
import { Page } from "./ui/Page";
import type { Command } from "./ui/Palette";
import { type Place, Shell } from "./ui/Shell";
import { SignIn } from "./ui/SignIn";
import { addressOf, views } from "./views";
import { find, type View } from "./views/view";

const START = "/tasks";

function App() {
    const address = useStore(router.address);
    const who = useStore(session.state);
    const { theme } = useStore(preferences);
    useEffect(() => {
        document.documentElement.dataset["theme"] = theme;
    }, [theme]);
    useEffect(() => {
        if (address === "/") router.replace(START);
    }, [address]);
    const found = find(views, address);
    const place = found?.view.about.place;
    const set = useCallback((change: object) => {
        const now = find(views, router.address.get());
        if (now === null) return;
        router.replace(href(now.view.about.place, now.parameters, { ...now.query, ...change }));
    }, []);
    useEffect(() => void session.start(), []);
    if (who.status === "asking") return <Loading what="who you are" />;
    if (who.status === "unknown") {
        return (
            <main className="sign-in">
                <Failed error={who.error} what="who you are" retry={() => void session.start()} />
            </main>
        );
    }
    if (who.status === "signedOut") return <SignIn wasIn={who.wasIn} />;
    const isOpen = ({ about }: View): boolean => about.needs === undefined || who.permissions.has(about.needs);
    const places: readonly Place[] = views.filter(isOpen).flatMap(({ about }) =>
        about.nav === undefined ? [] : [{ ...about.nav, isCurrent: about.place === place }]
    );
    const name = found === null ? "nowhere" : found.view.about.place.path + JSON.stringify(found.parameters);
    return (
        <Shell places={places} name={name} jump={jump}>
            {found === null
                ? <Nowhere />
                : !isOpen(found.view)
                ? <Closed role={who.role} />
                : <found.view.Screen key={name} parameters={found.parameters} query={found.query} set={set} />}
        </Shell>
    );
}

function jump(words: string): Command | null {
    const address = addressOf(words);
    return address === null ? null : { label: "Open " + words, hint: "", run: () => router.go(address) };
}

function Nowhere() {
    return (
        <Page title="There is no such page">
            <Empty title="The address leads nowhere">
                <Link to={START}>To the tasks</Link>
            </Empty>
        </Page>
    );
}

function Closed({ role }: { readonly role: string }) {
    return (
        <Page title="This is not for you to do">
            <Empty title={`Your role is that of ${role === "viewer" ? "a" : "an"} ${role}`}>
                <p>It does not allow what this page is for. The administrator gives roles.</p>
                <Link to={START}>To the tasks</Link>
            </Empty>
        </Page>
    );
}

const root = document.getElementById("app");
if (root !== null) {
    createRoot(root).render(
        <StrictMode>
            <App />
        </StrictMode>,
    );
}
