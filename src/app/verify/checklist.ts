import { checklistChecks, toChecklist } from "../../checklist/catalogue.ts";
import type { Stack } from "../../stack/stack.ts";
import { allChecks, endChecks } from "../../verify/catalogue.ts";
import { runChecks } from "../../verify/runner/run.ts";
import type { Session } from "../session/session.ts";
import { tellResult } from "./tell-result.ts";

/** What is measured by Prometheus needs two scrapes, and a chart's default is one a minute. */
const errorGraceMs = 60_000;

/** Judges the points and adds them to the draft's checks. They look at a stack that is ready, so after the others. */
export async function judgeChecklist(session: Session, stack: Stack): Promise<void> {
  const { loaded, recorder, draft } = session;
  const { verify: wanted, timeouts, checks } = loaded.config;
  const { results, findings } = await recorder.phase("production checklist", () =>
    runChecks(stack, {
      checks: checklistChecks,
      others: [
        ...[...allChecks, ...endChecks].map(({ id }) => id),
        ...checks.map(({ name }) => `own/${name}`),
      ],
      only: wanted.only,
      skip: wanted.skip,
      deadlineMs: timeouts.verifyMs,
      errorGraceMs,
      // Each point counts: one that isn't met says nothing about the others.
      lingerMs: timeouts.verifyMs,
      onResult: (result) => tellResult(session, stack, result),
    }),
  );
  draft.checks = [...draft.checks, ...results];
  draft.checklist = toChecklist(results, findings);
  if (draft.dashboards.length === 0) draft.dashboards = findings.dashboards ?? [];
}
