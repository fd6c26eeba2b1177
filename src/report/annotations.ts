import type { Annotation } from "../host/logger.ts";
import type { AtEnd, Cause, Results } from "./results-schema.ts";
import { describeOutcome, formatPlace, isBad } from "./verdict.ts";

/** GitHub keeps this many errors of a step, and as many warnings; it drops the rest. */
export const maxAnnotations = 10;

/** An annotation on GitHub: a message with a title, and a place in the user's files if there is one. */
export interface Finding {
  readonly level: "error" | "warning";
  readonly message: string;
  readonly about: Annotation;
  /** The most important ones have the lowest number. */
  readonly rank: number;
}

/** The ranks of errors and warnings. */
const ranks = { placedCause: 0, cause: 1, logged: 2, check: 3, placed: 4, titled: 5, other: 6 } as const;

/** Returns the causes of a failure as errors, and the failed checks that no cause explains. */
export function listFindings({ causes, checks }: Pick<Results | AtEnd, "causes" | "checks">): Finding[] {
  const explained = new Set(causes.flatMap(({ explains }) => explains));
  return [
    ...causes.map((cause): Finding => {
      return {
        level: "error",
        message: formatCause(cause),
        about: toCauseAnnotation(cause),
        rank: cause.at ? ranks.placedCause : ranks.cause,
      };
    }),
    ...checks
      .filter((check) => isBad(check) && !explained.has(check.id))
      .map((check): Finding => {
        const fix = "fix" in check ? `\nto fix it: ${check.fix}` : "";
        return {
          level: "error",
          message: `${check.title}: ${describeOutcome(check)}${fix}`,
          about: { title: `monstack: ${check.id}` },
          rank: ranks.check,
        };
      }),
  ];
}

/** Returns a logged warning or error as a finding. Those with a place in the user's files come first. */
export function rankLogged(level: Finding["level"], message: string, about: Annotation = {}): Finding {
  if (level === "error") return { level, message, about, rank: ranks.logged };
  const rank =
    about.file !== undefined ? ranks.placed : about.title !== undefined ? ranks.titled : ranks.other;
  return { level, message, about, rank };
}

/**
 * Returns the most important findings of one level, at most `most`. If there are more, the last one says how many are
 * only in the report. A finding that occurs twice is kept once.
 */
export function selectFindings(
  findings: readonly Finding[],
  level: Finding["level"],
  most: number,
): Finding[] {
  const seen = new Set<string>();
  const ordered = findings
    .filter((finding) => finding.level === level)
    .toSorted((a, b) => a.rank - b.rank)
    .filter(({ message, about }) => {
      const key = JSON.stringify([message, about.file, about.line]);
      const isNew = !seen.has(key);
      seen.add(key);
      return isNew;
    });
  if (most <= 0) return [];
  if (ordered.length <= most) return ordered;
  const kept = ordered.slice(0, most - 1);
  const count = ordered.length - kept.length;
  const note = `${count} more ${level}s are in the report and in the log: GitHub keeps ${maxAnnotations} for each step`;
  return [...kept, { level, message: note, about: {}, rank: ranks.other }];
}

export function toCauseAnnotation({ id, at }: Pick<Cause, "id" | "at">): Annotation {
  return { title: `monstack: ${id}`, ...at };
}

/** Formats a cause on several lines: what failed, how it was found, where it is configured and how to fix it. */
export function formatCause({ what, how, fix, sureness, at: place }: Cause): string {
  const prefix = sureness === "certain" ? "" : `${sureness}: `;
  return [
    `${prefix}${what}`,
    ...how.map((line) => `  ${line.replaceAll("\n", "\n  ")}`.trimEnd()),
    ...(place ? [`where: ${formatPlace(place)}`] : []),
    `to fix it: ${fix}`,
  ].join("\n");
}
