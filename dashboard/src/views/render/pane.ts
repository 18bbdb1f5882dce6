// SPDX-License-Identifier: Apache-2.0

import type { ViewProps } from "../view";
import type { renderPlace } from "./route";

/** What every pane of the view is given. */
export type PaneProps = Pick<ViewProps<typeof renderPlace>, "query" | "set">;

/** Milliseconds to wait for what asks Render about everything: longer than renderctl-svc takes before it ends it itself. */
export const PATIENCE = 320_000;
