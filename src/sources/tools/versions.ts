import { defaultVersions } from "../../config/defaults.ts";
import { InstallError, UserError } from "../../lib/errors.ts";
import { isRelease } from "../../lib/tool-version.ts";
import type { ToolName } from "../../lockfile/tools.ts";
import { fetchText } from "../web/download.ts";
import { request } from "../web/request.ts";
import { showRequest, type Web } from "../web/web.ts";

/** A version as the configuration requests it. */
type VersionRequest =
  | { readonly kind: "exact"; readonly version: string }
  /** A channel: `url` responds with its newest version, which must begin with `prefix`. */
  | {
      readonly kind: "channel";
      readonly url: string;
      readonly answers: "redirect" | "text";
      readonly prefix: string;
    };

interface ResolvedVersion {
  readonly version: string;
  /** The source of the version: `as asked`, the channel's URL, or `monstack's default` if the channel is not available. */
  readonly from: string;
}

const choices: Record<ToolName, string> = {
  k3s: "an exact release (v1.36.3+k3s1), a minor (v1.36), stable or latest",
  helm: "an exact release (v4.1.4), a major (v4 or v3) or stable",
  kubectl: "an exact release (v1.36.3), a minor (v1.36) or stable",
};

/**
 * Parses a tool's requested version.
 * @throws UserError if it is not a version of that tool
 */
export function parseVersion(tool: ToolName, requested: string): VersionRequest {
  const version = /^\d/.test(requested) ? `v${requested}` : requested;
  if (isRelease(tool, version)) return { kind: "exact", version };
  const channel = parseChannel(tool, version);
  if (channel) return { kind: "channel", ...channel };
  const why =
    tool === "k3s" && /^v\d+\.\d+\.\d+/.test(version)
      ? `; k3s' releases are named like ${/^v\d+\.\d+\.\d+/.exec(version)?.[0]}+k3s1`
      : tool === "helm" && /^v\d+\.\d+$/.test(version)
        ? "; helm's host publishes the newest release of a major only, not of a minor"
        : "";
  throw new UserError(`${tool}.version: ${JSON.stringify(requested)} is not a version of ${tool}${why}`, {
    fix: `name ${choices[tool]}`,
  });
}

/**
 * Returns the version to install: the requested one, or the channel's current one. If the channel is not available,
 * warns and returns monstack's default, provided that it fits the request.
 * @throws UserError for an invalid version, InstallError if it can't be resolved, Interrupted
 */
export async function resolveVersion(web: Web, tool: ToolName, requested: string): Promise<ResolvedVersion> {
  const versionRequest = parseVersion(tool, requested);
  if (versionRequest.kind === "exact") return { version: versionRequest.version, from: "as asked" };
  const response = await queryChannel(web, versionRequest);
  const isVersion = response.kind === "answer" && isRelease(tool, response.text);
  if (isVersion && response.text.startsWith(versionRequest.prefix))
    return { version: response.text, from: versionRequest.url };
  const quoteResponse = (text: string) =>
    `${showRequest(web, versionRequest.url)} answers ${JSON.stringify(text.slice(0, 80))}`;
  const why = response.kind === "answer" ? quoteResponse(response.text) : response.why;
  const cause = response.kind === "answer" ? undefined : response.cause;
  // A version of another minor is a response, not an outage, so the default is not used.
  if (isVersion || !defaultVersions[tool].startsWith(versionRequest.prefix))
    throw new InstallError(`${tool}.version: ${JSON.stringify(requested)} could not be resolved: ${why}`, {
      cause,
      fix: `name ${choices[tool]}; an exact release needs no channel`,
    });
  return useDefault(web, tool, { asked: requested, why });
}

/** Warns that the channel could not be read, and returns monstack's default version. */
function useDefault(
  web: Web,
  tool: ToolName,
  { asked, why }: { asked: string; why: string },
): ResolvedVersion {
  const version = defaultVersions[tool];
  web.context.log.warn(
    `${tool}.version: ${JSON.stringify(asked)} could not be resolved, so monstack's default ${version} is taken, ` +
      `which may not be the newest: ${why}. An exact release needs no channel`,
    { title: "monstack: versions" },
  );
  return { version, from: "monstack's default" };
}

type Channel = { url: string; answers: "redirect" | "text"; prefix: string };

/** Returns the channel that a version names; undefined if it names none. */
function parseChannel(tool: ToolName, version: string): Channel | undefined {
  const isMinor = /^v\d+\.\d+$/.test(version);
  if (tool === "k3s") {
    if (!isMinor && version !== "stable" && version !== "latest") return undefined;
    const url = `https://update.k3s.io/v1-release/channels/${version}`;
    return { url, answers: "redirect", prefix: isMinor ? `${version}.` : "v" };
  }
  if (tool === "helm") {
    const major = version === "stable" ? "4" : /^v([34])$/.exec(version)?.[1];
    if (major === undefined) return undefined;
    return { url: `https://get.helm.sh/helm${major}-latest-version`, answers: "text", prefix: `v${major}.` };
  }
  if (!isMinor && version !== "stable") return undefined;
  const file = isMinor ? `stable-${version.slice(1)}.txt` : "stable.txt";
  return { url: `https://dl.k8s.io/release/${file}`, answers: "text", prefix: isMinor ? `${version}.` : "v" };
}

/** A channel's response. */
type ChannelResponse =
  | { readonly kind: "answer"; readonly text: string }
  | { readonly kind: "outage"; readonly why: string; readonly cause: InstallError };

/**
 * Returns a channel's response, or the outage that prevented it.
 * @throws Interrupted, InstallError if the run may not use the network
 */
async function queryChannel(web: Web, channel: Channel): Promise<ChannelResponse> {
  try {
    return { kind: "answer", text: await readChannel(web, channel) };
  } catch (cause) {
    if (!(cause instanceof InstallError) || web.supply.offline !== undefined) throw cause;
    // A 404 does not prove that the channel does not exist: update.k3s.io sent it for hours, for all channels
    // (https://github.com/k3s-io/k3s/issues/11421, https://github.com/k3s-io/k3s/issues/11974).
    return { kind: "outage", why: cause.message, cause };
  }
}

/** Returns the version that a channel's server sends. */
async function readChannel(web: Web, channel: Channel): Promise<string> {
  if (channel.answers === "text") return (await fetchText(web, channel.url, 64 * 1024)).trim();
  // The channel server redirects to the release's page, whose URL ends in the version, with `+` or %2B.
  const location = await request(web, channel.url, async ({ headers }) => headers.get("location"), {
    redirect: "manual",
  });
  return location?.split("/").at(-1)?.replace(/%2B/i, "+") ?? "no redirect";
}
