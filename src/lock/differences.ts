import type { Place } from "../config/locate.ts";
import { listImages } from "../kube/manifest.ts";
import { listOperatorImages } from "../kube/operator-made.ts";
import { UserError } from "../lib/errors.ts";
import { formatImageRef, parseImageRef } from "../lib/image.ts";
import {
  byDefault,
  findLockedChart,
  findLockedDashboard,
  type Lock,
  type LockedTool,
} from "../lockfile/lock.ts";
import type { ToolName } from "../lockfile/tools.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { Wanted, WantedChart, WantedDashboard, WantedTool } from "./wanted.ts";

/** A difference between the configuration and the lock: one has something that the other does not have. */
export interface Difference {
  /** In words, without the place. */
  readonly text: string;
  readonly at: Place | undefined;
}

/** Returns what a run needs and the lock does not have. */
export function findMissing(lock: Lock, wanted: Wanted): Difference[] {
  return [
    ...compareProfile(lock, wanted),
    ...wanted.tools.flatMap((tool) => compareTool(lock.tools[tool.name], tool)),
    ...wanted.charts.flatMap((chart) => compareChart(lock, chart)),
    ...wanted.dashboards.flatMap((dashboard) => compareDashboard(lock, dashboard)),
    ...compareK3sImages(lock, wanted),
  ];
}

/** Returns what the lock has and a run would not use. It does no harm to a run, so only `lock --check` reports it. */
export function findUnused(lock: Lock, wanted: Wanted): Difference[] {
  const names = Object.keys(lock.tools) as ToolName[];
  const tools = names.filter((name) => !wanted.tools.some((tool) => tool.name === name));
  const charts = new Set(wanted.charts.map((chart) => findLockedChart(lock, chart)));
  const dashboards = new Set(wanted.dashboards.map((dashboard) => findLockedDashboard(lock, dashboard)));
  return [
    ...tools.map((name) => `${name} ${lock.tools[name]?.version}`),
    ...lock.charts
      .filter((chart) => !charts.has(chart))
      .map(({ name, from, version }) => `chart ${name || from} ${version}`),
    ...lock.dashboards
      .filter((dashboard) => !dashboards.has(dashboard))
      .map(({ from, revision }) => `dashboard ${from}${revision === undefined ? "" : `@${revision}`}`),
  ].map((what) => ({ text: `${what} is locked, but the configuration does not use it`, at: undefined }));
}

/** True if a locked tool was requested in the same words, or has exactly the requested version. */
export function isLockedToolFor({ asked: then, version }: LockedTool, asked: string): boolean {
  return then === asked || version === asked;
}

/** Returns the repositories of k3s' images of which the lock has no image. */
export function findMissingRepositories(
  lock: Pick<Lock, "images">,
  repositories: readonly string[],
): string[] {
  const locked = new Set(lock.images.map(({ image }) => getRepository(image)));
  return repositories.filter((repository) => !locked.has(repository));
}

/** `docker.io/grafana/grafana` of an image's name. */
export function getRepository(image: string): string {
  const { registry, repository } = parseImageRef(image);
  return `${registry}/${repository}`;
}

function compareProfile(lock: Lock, { profile, profileAt: at }: Wanted): Difference[] {
  if (lock.profile === profile) return [];
  const text = `profile: ${profile} is requested, but the lock was made for ${lock.profile}, which can use other images`;
  return [{ text, at }];
}

function compareTool(locked: LockedTool | undefined, { name, asked, at }: WantedTool): Difference[] {
  if (locked && isLockedToolFor(locked, asked)) return [];
  const has = locked ? `has ${locked.version}, ${describeLocked(locked.asked)}` : `has no ${name}`;
  return [{ text: `${name}.version: ${describeRequest(asked)}, but the lock ${has}`, at }];
}

function compareChart(lock: Lock, wanted: WantedChart): Difference[] {
  if (findLockedChart(lock, wanted)) return [];
  const { app, chart, from, name, asked, at } = wanted;
  const others = lock.charts.filter((one) => one.from === from && one.name === name);
  const has = others.map((one) => `${one.version}, ${describeLocked(one.asked)}`).join("; ");
  const which = asked === byDefault ? "in monstack's default version" : (asked ?? "in its newest version");
  return [
    {
      text: `apps.${app}: chart ${chart} ${which} is requested, but the lock has ${has || "no such chart"}`,
      at,
    },
  ];
}

function compareDashboard(lock: Lock, { from, asked, sha256, at }: WantedDashboard): Difference[] {
  const locked = findLockedDashboard(lock, { from, asked });
  const what = `dashboards: ${from}${asked === undefined ? "" : `@${asked}`}`;
  if (locked && (sha256 === undefined || sha256 === locked.sha256)) return [];
  if (locked) return [{ text: `${what} must have sha256 ${sha256}, and the lock has ${locked.sha256}`, at }];
  const [other] = lock.dashboards.filter((one) => one.from === from);
  const has = other?.revision === undefined ? "hasn't got it" : `has revision ${other.revision}`;
  return [{ text: `${what} is requested, but the lock ${has}`, at }];
}

function compareK3sImages(lock: Lock, { k3sImages }: Wanted): Difference[] {
  // Expected: a lock without k3s has no images of it.
  if (lock.tools.k3s === undefined) return [];
  return findMissingRepositories(lock, k3sImages).map((repository) => ({
    text: `k3s starts ${repository}, and the lock has no such image`,
    at: undefined,
  }));
}

function describeRequest(asked: string): string {
  return asked === byDefault ? "monstack's default is requested" : `${asked} is requested`;
}

function describeLocked(asked: string | undefined): string {
  if (asked === byDefault) return "which was monstack's default";
  return asked === undefined ? "which was the newest" : `which was requested as ${asked}`;
}

/** Every image that an app's pods can run: its hooks' and what the operator starts too, by their whole names, sorted. */
export function listAppImages({ app, objects, hooks = [] }: RenderedApp): string[] {
  const images = [...listImages([...objects, ...hooks]), ...listOperatorImages(objects)];
  return [...new Set(images.map((image) => resolveImageName(image, app.name)))].sort();
}

/** The app's images that a run may not use: no digest, and not excused either. */
export function findUnlockedImages(
  lock: Lock,
  apps: readonly RenderedApp[],
): { app: string; image: string }[] {
  const known = new Set([...lock.images, ...(lock.unlocked ?? [])].map(({ image }) => image));
  return apps.flatMap((rendered) =>
    listAppImages(rendered)
      .filter((image) => !known.has(image))
      .map((image) => ({ app: rendered.app.name, image })),
  );
}

function resolveImageName(image: string, app: string): string {
  try {
    return formatImageRef(parseImageRef(image));
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`app ${app}: ${cause.message}`, {
      cause,
      fix: "fix the image's name in the app's values",
    });
  }
}
