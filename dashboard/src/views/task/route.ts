// SPDX-License-Identifier: Apache-2.0

import { route } from "../../core/router";

export const taskPlace = route("/tasks/{task}", {});

export const task = { place: taskPlace };
