import { createHash } from "node:crypto";
import type { Config } from "../config/schema.ts";
import type { Host } from "../host/host.ts";

/** Whether a job keeps its downloads in GitHub's cache, and under which key. */
export type UseOfCache =
  | { readonly kind: "on"; readonly key: string }
  /** `why`: what the log says of it; undefined where nobody wonders. */
  | { readonly kind: "off"; readonly why: string | undefined };

/** @param lock the lock file's text; undefined when there is none */
export function useOfCache(
  config: Pick<Config, "cache" | "bundle">,
  { env, arch }: Pick<Host, "env" | "arch">,
  lock: string | undefined,
): UseOfCache {
  const off = (why?: string): UseOfCache => ({ kind: "off", why });
  // From a bundle nothing is fetched.
  if (config.cache === "off" || config.bundle !== undefined) return off();
  const releases = config.cache === "auto" ? whyRelease(env) : undefined;
  if (releases !== undefined)
    return off(
      `no cache is used: ${releases}, and what other workflows can write to must not get into a release; \`cache: on\` uses it all the same`,
    );
  if (lock === undefined)
    return off("nothing is cached between jobs without a lock file: `monstack lock` writes one");
  if (!hasService(env)) return off("this runner has no cache service: nothing is kept between jobs");
  return { kind: "on", key: cacheKey(arch, lock) };
}

/**
 * The key names the lock's very text, so that nothing else can come back under it, and there is no other key to fall
 * back to.
 */
export function cacheKey(arch: Host["arch"], lock: string): string {
  return `monstack-linux-${arch}-${createHash("sha256").update(lock).digest("hex")}`;
}

/** Why this is taken for a workflow that releases something. */
function whyRelease(env: Host["env"]): string | undefined {
  if (env["GITHUB_EVENT_NAME"] === "release") return "a release started this workflow";
  if (env["GITHUB_REF_TYPE"] === "tag")
    return `this workflow runs for the tag ${env["GITHUB_REF_NAME"] ?? ""}`;
  return undefined;
}

/** @actions/cache asks the same of the environment, after it was loaded. */
function hasService(env: Host["env"]): boolean {
  return Boolean(env["ACTIONS_CACHE_SERVICE_V2"] ? env["ACTIONS_RESULTS_URL"] : env["ACTIONS_CACHE_URL"]);
}
