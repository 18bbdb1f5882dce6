// SPDX-License-Identifier: Apache-2.0

import { route } from "../../core/router";

export const runPlace = route("/runs/{run}", {});

export const run = { place: runPlace };
