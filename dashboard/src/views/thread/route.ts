// SPDX-License-Identifier: Apache-2.0

import { route } from "../../core/router";

export const threadPlace = route("/rooms/{room}/threads/{thread}", {});

export const thread = { place: threadPlace };
