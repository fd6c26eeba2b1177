import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import type { Config } from "../config/schema.ts";
import { InstallError } from "../host/errors.ts";
import type { Context } from "../host/host.ts";
import { cacheFolder } from "./cache.ts";
import { fetchText } from "./download.ts";
import { HttpStatusError, type Web, where } from "./http.ts";
import { createWeb, type SourcesOptions } from "./tools.ts";

/** A dashboard's model as it came, and where from. */
export interface FetchedDashboard {
  readonly model: Record<string, unknown>;
  /** The URL, before mirrors. */
  readonly origin: string;
  /** Hex, of the text as it came. */
  readonly sha256: string;
  /** grafana.com's. */
  readonly revision: number | undefined;
}

const site = "https://grafana.com/api/dashboards";
/** Grafana itself takes no larger one. */
const mostBytes = 16 * 1024 ** 2;

const About = z.looseObject({ revision: z.number().int().positive() });

/**
 * A dashboard of grafana.com, through the mirrors; a revision that was fetched before comes from the cache, since it
 * doesn't change. Without a revision the newest is taken, and said.
 * @throws InstallError when it can't be had, or what comes is no dashboard
 */
export async function dashboardById(
  context: Context,
  config: Pick<Config, "mirrors">,
  { id, revision: asked }: { readonly id: number; readonly revision: number | undefined },
  options: SourcesOptions = {},
): Promise<FetchedDashboard> {
  const web = createWeb(context, config, options);
  const revision = asked ?? (await newest(web, id));
  const origin = `${site}/${id}/revisions/${revision}/download`;
  const { files } = context.host;
  const kept = join(cacheFolder(context.host), "dashboards", `${id}-${revision}.json`);
  const cached = await files.read(kept);
  const known = cached === undefined ? undefined : parseKept(cached);
  if (known !== undefined) {
    context.log.info(`dashboard ${id} revision ${revision}: from the cache`);
    return { ...parse(known.text, origin), origin, sha256: known.sha256, revision };
  }
  const text = await get(web, origin, `there is no revision ${revision} of dashboard ${id} on grafana.com`);
  const fetched = { ...parse(text, where(web, origin)), origin, sha256: sha256Of(text), revision };
  await files.write(kept, JSON.stringify({ sha256: fetched.sha256, text }));
  context.log.info(`dashboard ${id} revision ${revision}: from ${where(web, origin)}`);
  return fetched;
}

/** A dashboard of anywhere. @throws InstallError when it can't be had, isn't what it should be, or is none */
export async function dashboardByUrl(
  context: Context,
  config: Pick<Config, "mirrors">,
  { url, sha256 }: { readonly url: string; readonly sha256: string | undefined },
  options: SourcesOptions = {},
): Promise<FetchedDashboard> {
  const web = createWeb(context, config, options);
  const text = await get(web, url, `there is no dashboard at ${where(web, url)}`);
  const got = sha256Of(text);
  if (sha256 !== undefined && got !== sha256)
    throw new InstallError(
      `wrong checksum of the dashboard ${where(web, url)}: expected sha256 ${sha256}, got ${got}`,
      {
        mend: "find out why its bytes are others, and then name the sha256 of the right ones",
      },
    );
  return { ...parse(text, where(web, url)), origin: url, sha256: got, revision: undefined };
}

/** The model in a dashboard's text. @throws InstallError when it is none; `from` is what the message calls it */
export function parse(text: string, from: string): { model: Record<string, unknown> } {
  const fail = (why: string) =>
    new InstallError(`${from} is no dashboard: ${why}`, {
      mend: "name a dashboard's JSON: what Grafana's export gives, or grafana.com's download",
    });
  if (text.trim() === "") throw fail("it is empty");
  if (/^\s*</.test(text)) throw fail("it is a page of HTML");
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw fail(`it is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  // What Grafana's API answers has the model inside.
  const inner = z.looseObject({ dashboard: z.record(z.string(), z.unknown()) }).safeParse(data);
  const model = inner.success ? inner.data.dashboard : data;
  const isModel = z.looseObject({ title: z.string() }).safeParse(model);
  if (!isModel.success) throw fail("it has no title");
  return { model: isModel.data };
}

async function newest(web: Web, id: number): Promise<number> {
  const url = `${site}/${id}`;
  const text = await get(web, url, `there is no dashboard ${id} on grafana.com`);
  let about: unknown;
  try {
    about = JSON.parse(text);
  } catch {
    about = undefined;
  }
  const parsed = About.safeParse(about);
  if (!parsed.success)
    throw new InstallError(`${where(web, url)} doesn't say which revision of dashboard ${id} is the newest`, {
      mend: `name one: ${id}@REVISION; or look at what the mirror serves there`,
    });
  return parsed.data.revision;
}

async function get(web: Web, url: string, missing: string): Promise<string> {
  return await fetchText(web, url, mostBytes).catch((cause: unknown) => {
    if (!(cause instanceof HttpStatusError) || cause.status !== 404) throw cause;
    throw new InstallError(`${missing} (${where(web, url)})`, {
      cause,
      mend: "look for its id at https://grafana.com/grafana/dashboards",
    });
  });
}

/** What is in the cache is what was put there, or it is fetched anew. */
function parseKept(text: string): { text: string; sha256: string } | undefined {
  try {
    const kept = z.object({ sha256: z.string(), text: z.string() }).parse(JSON.parse(text));
    return sha256Of(kept.text) === kept.sha256 ? kept : undefined;
  } catch {
    return undefined;
  }
}

function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
