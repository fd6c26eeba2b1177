import { join } from "node:path";
import { z } from "zod";
import type { Context, Host } from "../host/host.ts";
import { readArchive } from "../sources/charts/file.ts";
import { isUnfinished } from "./size.ts";
import type { CacheEntry } from "./types.ts";

/** What says which archive a published name is. */
const Pointer = z.object({ sha256: z.string(), id: z.int().optional(), revision: z.int().optional() });

/** Charts lie there as `<sha256>.tgz`. */
export async function chartEntries(context: Context, folder: string): Promise<CacheEntry[]> {
  const { host } = context;
  const pointers = await pointersIn(host, join(folder, "by-version"));
  return await filesWith(host, folder, ".tgz", pointers, async (path, sha256) => {
    const chart = await readArchive(context, path).catch(() => undefined);
    return chart ?? { name: "(not a chart)", version: short(sha256) };
  });
}

/** Dashboards lie there as `<sha256>.json`. */
export async function dashboardEntries(host: Host, folder: string): Promise<CacheEntry[]> {
  const pointers = await pointersIn(host, join(folder, "by-revision"));
  return await filesWith(host, folder, ".json", pointers, async (path, sha256) => {
    const named = pointers.find((pointer) => pointer.sha256 === sha256)?.of;
    if (named) return named;
    return { name: titleIn((await host.files.read(path)) ?? ""), version: short(sha256) };
  });
}

export interface Found {
  readonly path: string;
  readonly sha256: string | undefined;
  readonly of: { readonly name: string; readonly version: string } | undefined;
}

export async function pointersIn(host: Host, folder: string): Promise<Found[]> {
  const found = (await host.files.list(folder)).map(async (name): Promise<Found> => {
    const path = join(folder, name);
    const parsed = parse((await host.files.read(path)) ?? "");
    const of =
      parsed?.id === undefined
        ? undefined
        : { name: String(parsed.id), version: `revision ${parsed.revision}` };
    return { path, sha256: parsed?.sha256, of };
  });
  return await Promise.all(found);
}

async function filesWith(
  host: Host,
  folder: string,
  ending: ".tgz" | ".json",
  pointers: readonly Found[],
  describe: (path: string, sha256: string) => Promise<{ name: string; version: string }>,
): Promise<CacheEntry[]> {
  const names = await host.files.list(folder);
  const whole = names.filter((name) => name.endsWith(ending));
  const sums = new Set(whole.map((name) => name.slice(0, -ending.length)));
  const entries = whole.map(async (name): Promise<CacheEntry> => {
    const path = join(folder, name);
    const sha256 = name.slice(0, -ending.length);
    const { bytes = 0, modifiedMs = 0 } = (await host.files.stat(path)) ?? {};
    const beside = pointers.filter((pointer) => pointer.sha256 === sha256).map((pointer) => pointer.path);
    const { name: of, version } = await describe(path, sha256);
    const kind = ending === ".tgz" ? "chart" : "dashboard";
    return { kind, name: of, version, bytes, lastUsedMs: modifiedMs, path, beside };
  });
  const stray = [
    ...names.filter(isUnfinished).map((name) => join(folder, name)),
    ...pointers.filter(({ sha256 }) => !sums.has(sha256 ?? "")).map(({ path }) => path),
  ];
  return [...(await Promise.all(entries)), ...(await Promise.all(stray.map((path) => leftover(host, path))))];
}

export async function leftover(host: Host, path: string): Promise<CacheEntry> {
  const { bytes = 0, modifiedMs = 0 } = (await host.files.stat(path)) ?? {};
  const name = path.split("/").at(-1) ?? path;
  return { kind: "leftover", name, version: "", bytes, lastUsedMs: modifiedMs, path, beside: [] };
}

function parse(text: string): z.infer<typeof Pointer> | undefined {
  try {
    return Pointer.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function titleIn(text: string): string {
  try {
    return z.object({ title: z.string() }).parse(JSON.parse(text)).title;
  } catch {
    return "(no dashboard)";
  }
}

function short(sha256: string): string {
  return `sha256:${sha256.slice(0, 12)}`;
}
