import { join } from "node:path";
import type { LoadedConfig } from "../../config/load.ts";
import type { Host } from "../../host/host.ts";
import { describeError, UserError } from "../../lib/errors.ts";
import { showPath } from "../../yaml/mistakes.ts";

/** More than any chart has. */
const mostFiles = 20_000;

/**
 * Looks through a chart's folder that a stranger may have written: helm reads it by itself and follows links, and a
 * template prints any file of it.
 * @throws UserError that names a link which leads out of the workspace
 */
export async function refuseChartLinks(
  { files }: Pick<Host, "files">,
  folder: string,
  { limits, cwd }: Pick<LoadedConfig, "limits" | "cwd">,
): Promise<void> {
  if (!limits.isRestricted) return;
  const left = [folder];
  for (let seen = 0, path = left.pop(); path !== undefined; path = left.pop()) {
    seen += 1;
    if (seen > mostFiles)
      throw new UserError(`the chart ${showPath(cwd, folder)} has more than ${mostFiles} files`);
    const why = limits.refusesPath(path);
    if (why !== undefined)
      throw new UserError(`the chart ${showPath(cwd, folder)}: ${showPath(cwd, path)} can't be read: ${why}`);
    const stat = await files.stat(path);
    // A link can lead to a folder.
    if (stat !== undefined && stat.kind !== "file") left.push(...(await namesIn(path)));
  }

  async function namesIn(path: string): Promise<string[]> {
    const names = await files.list(path).catch((cause: unknown) => {
      // ELOOP: a link leads back into the folder.
      throw new UserError(
        `the chart ${showPath(cwd, folder)} can't be looked through: ${describeError(cause)}`,
        {
          cause,
        },
      );
    });
    return names.map((name) => join(path, name));
  }
}
