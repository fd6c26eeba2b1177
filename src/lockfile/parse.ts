import { UserError } from "../lib/errors.ts";
import { parseWith } from "../yaml/issues.ts";
import { type Mistake, shown } from "../yaml/mistakes.ts";
import { readYaml } from "../yaml/read.ts";
import { Lock } from "./lock.ts";

const mostShown = 20;

/**
 * A lock file's text.
 * @param shownAs the file as messages call it
 * @throws UserError that names every mistake with its line and what would be right
 */
export function parseLock(text: string, shownAs: string): Lock {
  const conflict = text.split("\n").findIndex((line) => /^(<{7}|>{7}|={7})( |$)/.test(line));
  if (conflict >= 0)
    throw new UserError(`${shownAs}:${conflict + 1}:1: git's marks of a merge conflict are in it`, {
      fix: `take either side (\`git checkout --theirs ${shownAs}\`), then \`monstack lock\` adds what the other one had`,
    });
  const yaml = readYaml(text);
  refuseOtherVersion(yaml.data, shownAs, yaml.valueAt(["lockVersion"]));
  const mistakes: Mistake[] = [];
  const lock = parseWith(Lock, yaml, shownAs, mistakes);
  if (lock !== undefined) return lock;
  const lines = mistakes.map(({ where, path, problem }) => `${where}: ${path && `${path}: `}${problem}`);
  const rest = lines.length - mostShown;
  const told = [...lines.slice(0, mostShown), ...(rest > 0 ? [`... and ${rest} more`] : [])];
  throw new UserError(
    told.length === 1
      ? (told[0] ?? "")
      : `${lines.length} mistakes in the lock file:\n${told.map((line) => `  ${line}`).join("\n")}`,
    { fix: "take the file as it was last committed, or delete it and let `monstack lock` write it anew" },
  );
}

function refuseOtherVersion(data: unknown, shownAs: string, at: string): void {
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    if (data === undefined) return;
    throw new UserError(`${shownAs}:1:1: ${shown(data)} is not a lock file`, {
      fix: "delete it and let `monstack lock` write it",
    });
  }
  const { lockVersion, monstack } = data as { lockVersion?: unknown; monstack?: unknown };
  if (lockVersion === 1) return;
  const isNewer = typeof lockVersion === "number" && lockVersion > 1;
  throw new UserError(
    isNewer
      ? `${shownAs}:${at}: lockVersion: it is of version ${lockVersion} of the format, and this monstack reads version 1`
      : `${shownAs}:${at}: lockVersion: ${shown(lockVersion)} is no version of the format; expected 1`,
    {
      fix: isNewer
        ? `use the monstack that wrote it${typeof monstack === "string" ? ` (${monstack})` : ""} or a newer one`
        : "take the file as it was last committed, or delete it and let `monstack lock` write it anew",
    },
  );
}
