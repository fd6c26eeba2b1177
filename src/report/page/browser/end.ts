import type { Results } from "../../results-schema.ts";
import { formatValue } from "../format-value.ts";
import { drawCheckLists } from "./checks.ts";
import { type Content, make, makeCode, makeFacts, makeFolded, makeSection, makeTable } from "./dom.ts";
import { makeBadge } from "./status.ts";

/** Returns the section with the end of the stack: the last checks, the backup and the teardown. */
export function drawEnd({ atEnd, backup, teardown, watch }: Results): HTMLElement | undefined {
  if (!atEnd && !backup && !teardown && !watch) return undefined;
  return makeSection(
    "end",
    "How it ended",
    watch && drawWatch(watch),
    atEnd &&
      make(
        "h3",
        {},
        makeBadge({ tone: atEnd.verified ? "good" : "bad", word: atEnd.verified ? "held" : "did not hold" }),
        " Checked once more at the end",
      ),
    ...(atEnd ? drawAtEnd(atEnd) : []),
    backup && make("h3", {}, "Kept"),
    backup &&
      makeFacts([
        ["File", makeCode(backup.path)],
        ["Size", formatValue(backup.bytes, "bytes")],
        ["Series", backup.series],
        ["From", backup.from],
        ["To", backup.to],
      ]),
    teardown && drawTeardown(teardown),
  );
}

function drawAtEnd({ checks }: NonNullable<Results["atEnd"]>): Content[] {
  const notable = checks.filter(({ status }) => status !== "pass" && status !== "skipped");
  const passed = checks.filter(({ status }) => status === "pass");
  return [
    ...drawCheckLists(notable, [], []),
    makeFolded(`${passed.length} checks passed`, {}, ...drawCheckLists([], passed, [])),
  ];
}

function drawTeardown({ leaks, kept }: NonNullable<Results["teardown"]>): HTMLElement {
  return make(
    "div",
    {},
    make(
      "h3",
      {},
      makeBadge(leaks.length === 0 ? { tone: "good", word: "clean" } : { tone: "bad", word: "left behind" }),
      " Teardown",
    ),
    leaks.length === 0
      ? make("p", {}, "Nothing is left: the host is as it was before.")
      : makeTable({
          caption: "Left behind",
          columns: ["kind", "what"],
          rows: leaks.map(({ kind, what }) => [kind, what]),
        }),
    kept.length > 0 && make("ul", {}, ...kept.map((item) => make("li", {}, `kept on purpose: ${item}`))),
  );
}

function drawWatch({ rounds, failedRounds, everyMs, changes }: NonNullable<Results["watch"]>): HTMLElement {
  return make(
    "div",
    {},
    make(
      "h3",
      {},
      makeBadge({ tone: failedRounds === 0 ? "good" : "bad", word: failedRounds === 0 ? "held" : "failed" }),
      " Watched",
    ),
    make("p", {}, `${rounds} rounds, one every ${everyMs / 1000} s; ${failedRounds} of them failed.`),
    changes.length > 0 &&
      makeFolded(
        `${changes.length} changes`,
        {},
        makeTable({
          caption: "Changes",
          columns: ["at", "check", "from", "to", "seen"],
          rows: changes.map(({ at, check, from, to, said }) => [at.slice(11, 19), check, from, to, said]),
        }),
      ),
  );
}
