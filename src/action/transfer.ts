import { isFeatureAvailable, restoreCache, saveCache } from "@actions/cache";

/**
 * Saves a folder in GitHub's cache or restores it, for the program `node transfer.js restore|save KEY FOLDER
 * [PREFIX...]`; with prefixes, an entry whose key begins with one of them is restored too. Returns `none` if the entry does not exist or could not be saved. The transfer runs in a separate process: the client
 * retries for minutes, can't be cancelled, and prints its warnings as annotations of the job.
 */
export async function transfer([action = "", key = "", folder = "", ...prefixes]: readonly string[]): Promise<
  "done" | "none"
> {
  if (!isFeatureAvailable()) throw new Error("this runner has no cache service");
  if (action === "save") return (await saveCache([folder], key)) === -1 ? "none" : "done";
  // The service may return an entry whose key only begins with this one.
  const restored = await restoreCache([folder], key, prefixes);
  const isExpected = restored === key || prefixes.some((prefix) => restored?.startsWith(prefix));
  return isExpected ? "done" : "none";
}
