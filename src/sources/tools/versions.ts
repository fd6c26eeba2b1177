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
  /** A name for the newest version: `url` has the current one, which must begin with `prefix`. */
  | {
      readonly kind: "channel";
      readonly url: string;
      readonly answers: "redirect" | "text";
      readonly prefix: string;
    };

interface ResolvedVersion {
  readonly version: string;
  /** What decided it: `as asked`, the URL of the channel, or `monstack's default` if the channel is not available. */
  readonly from: string;
}

const choices: Record<ToolName, string> = {
  k3s: "an exact release (v1.36.3+k3s1), a minor (v1.36), stable or latest",
  helm: "an exact release (v4.1.4), a major (v4 or v3) or stable",
  kubectl: "an exact release (v1.36.3), a minor (v1.36) or stable",
};

/** @throws UserError if it is not a version of that tool */
export function parseVersion(tool: ToolName, asked: string): VersionRequest {
  const version = /^\d/.test(asked) ? `v${asked}` : asked;
  if (isRelease(tool, version)) return { kind: "exact", version };
  const channel = parseChannel(tool, version);
  if (channel) return { kind: "channel", ...channel };
  const why =
    tool === "k3s" && /^v\d+\.\d+\.\d+/.test(version)
      ? `; k3s' releases are named like ${/^v\d+\.\d+\.\d+/.exec(version)?.[0]}+k3s1`
      : tool === "helm" && /^v\d+\.\d+$/.test(version)
        ? "; helm's host publishes the newest release of a major only, not of a minor"
        : "";
  throw new UserError(`${tool}.version: ${JSON.stringify(asked)} is not a version of ${tool}${why}`, {
    fix: `name ${choices[tool]}`,
  });
}

/**
 * Returns the version to install: the requested one, or the channel's current one. If the channel is not available,
 * monstack's default is used with a warning, provided that it fits the request.
 * @throws UserError for an invalid version, InstallError if it can't be resolved, Interrupted
 */
export async function resolveVersion(web: Web, tool: ToolName, asked: string): Promise<ResolvedVersion> {
  const wanted = parseVersion(tool, asked);
  if (wanted.kind === "exact") return { version: wanted.version, from: "as asked" };
  const response = await queryChannel(web, wanted);
  const isVersion = response.kind === "answer" && isRelease(tool, response.text);
  if (isVersion && response.text.startsWith(wanted.prefix))
    return { version: response.text, from: wanted.url };
  const said = (text: string) =>
    `${showRequest(web, wanted.url)} answers ${JSON.stringify(text.slice(0, 80))}`;
  const why = response.kind === "answer" ? said(response.text) : response.why;
  const cause = response.kind === "answer" ? undefined : response.cause;
  // A version of another minor is an answer, and no outage.
  if (isVersion || !defaultVersions[tool].startsWith(wanted.prefix))
    throw new InstallError(`${tool}.version: ${JSON.stringify(asked)} could not be resolved: ${why}`, {
      cause,
      fix: `name ${choices[tool]}; an exact release needs no channel`,
    });
  return useDefault(web, tool, { asked, why });
}

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

function parseChannel(tool: ToolName, version: string): Channel | undefined {
  const minor = /^v\d+\.\d+$/.test(version);
  if (tool === "k3s") {
    if (!minor && version !== "stable" && version !== "latest") return undefined;
    const url = `https://update.k3s.io/v1-release/channels/${version}`;
    return { url, answers: "redirect", prefix: minor ? `${version}.` : "v" };
  }
  if (tool === "helm") {
    const major = version === "stable" ? "4" : /^v([34])$/.exec(version)?.[1];
    if (major === undefined) return undefined;
    return { url: `https://get.helm.sh/helm${major}-latest-version`, answers: "text", prefix: `v${major}.` };
  }
  if (!minor && version !== "stable") return undefined;
  const file = minor ? `stable-${version.slice(1)}.txt` : "stable.txt";
  return { url: `https://dl.k8s.io/release/${file}`, answers: "text", prefix: minor ? `${version}.` : "v" };
}

/** A channel's response. */
type ChannelResponse =
  | { readonly kind: "answer"; readonly text: string }
  | { readonly kind: "outage"; readonly why: string; readonly cause: InstallError };

/** @throws Interrupted, InstallError if the run may not use the network */
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

async function readChannel(web: Web, channel: Channel): Promise<string> {
  if (channel.answers === "text") return (await fetchText(web, channel.url, 64 * 1024)).trim();
  // The channel server redirects to the release's page, whose URL ends in the version, with `+` or %2B.
  const location = await request(web, channel.url, async ({ headers }) => headers.get("location"), {
    redirect: "manual",
  });
  return location?.split("/").at(-1)?.replace(/%2B/i, "+") ?? "no redirect";
}
