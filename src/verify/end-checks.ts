import type { Check } from "../stack/types.ts";
import { growth } from "./checks/growth.ts";
import { noAlertFired } from "./checks/no-alert-fired.ts";
import { noOomKill } from "./checks/no-oom-kill.ts";
import { nothingRestarted } from "./checks/nothing-restarted.ts";
import { targetsHeld } from "./checks/targets-held.ts";

/** What is asked besides when the stack is checked once more at its end: each looks back to the baseline. */
export const endChecks: readonly Check[] = [nothingRestarted, noOomKill, targetsHeld, noAlertFired, growth];
