import { isFeatureAvailable, restoreCache, saveCache } from "@actions/cache";

/**
 * Moves a folder into GitHub's cache, or out of it, in a process of its own: the client retries for minutes, has no
 * way to be ended, and prints its warnings as annotations of the job.
 *
 *     node transfer.js restore|save KEY FOLDER
 *
 * Its last line is `done` or `none` (no such entry, or it could not be written); otherwise it is the client's message.
 */
export async function transfer([way = "", key = "", folder = ""]: readonly string[]): Promise<
  "done" | "none"
> {
  if (!isFeatureAvailable()) throw new Error("this runner has no cache service");
  if (way === "save") return (await saveCache([folder], key)) === -1 ? "none" : "done";
  // The service looks for keys that begin with this one.
  return (await restoreCache([folder], key)) === key ? "done" : "none";
}
