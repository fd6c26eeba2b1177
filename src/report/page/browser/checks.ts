import type { Results } from "../../results-schema.ts";
import { formatDuration } from "../format-value.ts";
import { type Content, make, makeFolded, makeSection } from "./dom.ts";
import { makeBadge, makeMark, statusWords } from "./status.ts";

type Check = Results["checks"][number];

/** Returns the section of the checks: first those that did not pass, then what was proven, one sentence for each. */
export function drawChecks({ checks }: Results): HTMLElement | undefined {
  if (checks.length === 0) return undefined;
  const notable = checks.filter(({ status }) => status !== "pass" && status !== "skipped");
  const passed = checks.filter(({ status }) => status === "pass");
  const skipped = checks.filter(({ status }) => status === "skipped");
  return makeSection(
    "checks",
    notable.length === 0 ? "What was proven" : "Checks",
    ...drawCheckLists(notable, passed, skipped),
  );
}

/** Returns the checks of a later round, in the same form. */
export function drawCheckLists(
  notable: readonly Check[],
  passed: readonly Check[],
  skipped: readonly Check[],
): Content[] {
  return [
    notable.length > 0 && make("ul", { class: "checks notable" }, ...notable.map(drawNotable)),
    passed.length > 0 && notable.length > 0 && make("h3", {}, `${passed.length} passed`),
    passed.length > 0 && make("ul", { class: "checks" }, ...passed.map(drawPassed)),
    skipped.length > 0 &&
      makeFolded(
        `${skipped.length} skipped, each with its reason`,
        {},
        make("ul", { class: "checks" }, ...skipped.map(drawSkipped)),
      ),
  ];
}

function drawPassed(check: Check): HTMLElement {
  return make(
    "li",
    {},
    makeMark("good", "Passed"),
    make("span", { class: "name" }, check.title),
    make("div", { class: "seen" }, ...("seen" in check ? drawSeen(check.seen) : [])),
    makeTook(check),
  );
}

/** A longer text of a passed check is folded: it lists what the section of the dashboards or targets shows as well. */
const maxSeenCharacters = 240;

function drawSeen(seen: string): Content[] {
  if (seen.length <= maxSeenCharacters) return [seen];
  const end = seen.indexOf(";");
  const start = end > 0 && end <= maxSeenCharacters ? seen.slice(0, end) : `${seen.slice(0, 120)}…`;
  return [start, makeFolded("All of it", { className: "small" }, make("p", {}, seen))];
}

function drawSkipped(check: Check): HTMLElement {
  return make(
    "li",
    {},
    makeMark("none", "Skipped"),
    make("span", { class: "name" }, check.title),
    make("span", { class: "seen" }, "reason" in check ? check.reason : ""),
  );
}

function drawNotable(check: Check): HTMLElement {
  const lines: [string, string | undefined][] =
    check.status === "error"
      ? [
          ["Error", check.error],
          ["To fix it", check.fix],
          ["Note", check.note],
        ]
      : check.status === "fail" || check.status === "warn"
        ? [
            ["Expected", check.expected],
            ["Seen", check.seen],
            ["Cause", check.cause],
            ["To fix it", check.fix],
            ["Note", check.note],
          ]
        : [];
  return make(
    "li",
    {},
    make("h3", {}, makeBadge(statusWords[check.status]), " ", check.title),
    make(
      "dl",
      {},
      ...lines.flatMap(([term, text]) =>
        text === undefined ? [] : [make("dt", {}, term), make("dd", {}, text)],
      ),
    ),
    make("p", { class: "quiet" }, make("code", {}, check.id), " · ", makeTook(check)),
  );
}

function makeTook({ startedAt, endedAt, attempts }: Check): HTMLElement {
  const took = formatDuration(Date.parse(endedAt) - Date.parse(startedAt));
  return make("span", { class: "took" }, took, attempts > 1 && `, ${attempts} attempts`);
}
