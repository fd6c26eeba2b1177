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
  /** The difference in words, without the place. */
  readonly text: string;
  readonly at: Place | undefined;
}

/** Returns the downloads that a run needs and the lock does not have. */
export function findMissing(lock: Lock, wanted: Wanted): Difference[] {
  return [
    ...compareProfile(lock, wanted),
    ...wanted.tools.flatMap((tool) => compareTool(lock.tools[tool.name], tool)),
    ...wanted.charts.flatMap((chart) => compareChart(lock, chart)),
    ...wanted.dashboards.flatMap((dashboard) => compareDashboard(lock, dashboard)),
    ...compareK3sImages(lock, wanted),
  ];
}

/**
 * Returns the downloads that the lock has and a run would not use. They do no harm, so only `lock --check` reports
 * them.
 */
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

/** True if a locked tool was requested with the same text, or has exactly the requested version. */
export function isLockedToolFor({ asked: lockedRequest, version }: LockedTool, asked: string): boolean {
  return lockedRequest === asked || version === asked;
}

/** Returns the repositories of images of k3s from which the lock has no image. */
export function findMissingRepositories(
  lock: Pick<Lock, "images">,
  repositories: readonly string[],
): string[] {
  const locked = new Set(lock.images.map(({ image }) => getRepository(image)));
  return repositories.filter((repository) => !locked.has(repository));
}

/** Returns an image's repository, for example `docker.io/grafana/grafana`. */
export function getRepository(image: string): string {
  const { registry, repository } = parseImageRef(image);
  return `${registry}/${repository}`;
}

function compareProfile(lock: Lock, { profile, profileAt: at }: Wanted): Difference[] {
  if (lock.profile === profile) return [];
  const text = `profile: ${profile} is requested, but the lock was made for ${lock.profile}, which can use other images`;
  return [{ text, at }];
}

/** Returns a difference if the locked tool doesn't fit the requested one. */
function compareTool(locked: LockedTool | undefined, { name, asked, at }: WantedTool): Difference[] {
  if (locked && isLockedToolFor(locked, asked)) return [];
  const lockedText = locked ? `has ${locked.version}, ${describeLocked(locked.asked)}` : `has no ${name}`;
  return [{ text: `${name}.version: ${describeRequest(asked)}, but the lock ${lockedText}`, at }];
}

/** Returns a difference if the lock has no chart for the requested one. */
function compareChart(lock: Lock, wanted: WantedChart): Difference[] {
  if (findLockedChart(lock, wanted)) return [];
  const { app, chart, from, name, asked, at } = wanted;
  const lockedVersions = lock.charts.filter(
    (candidate) => candidate.from === from && candidate.name === name,
  );
  const lockedText = lockedVersions
    .map((candidate) => `${candidate.version}, ${describeLocked(candidate.asked)}`)
    .join("; ");
  const requestText =
    asked === byDefault ? "in monstack's default version" : (asked ?? "in its newest version");
  return [
    {
      text: `apps.${app}: chart ${chart} ${requestText} is requested, but the lock has ${lockedText || "no such chart"}`,
      at,
    },
  ];
}

/** Returns a difference if the lock has no dashboard for the requested one, or another checksum. */
function compareDashboard(lock: Lock, { from, asked, sha256, at }: WantedDashboard): Difference[] {
  const locked = findLockedDashboard(lock, { from, asked });
  const what = `dashboards: ${from}${asked === undefined ? "" : `@${asked}`}`;
  if (locked && (sha256 === undefined || sha256 === locked.sha256)) return [];
  if (locked) return [{ text: `${what} must have sha256 ${sha256}, and the lock has ${locked.sha256}`, at }];
  const [lockedRevision] = lock.dashboards.filter((candidate) => candidate.from === from);
  const lockedText =
    lockedRevision?.revision === undefined ? "hasn't got it" : `has revision ${lockedRevision.revision}`;
  return [{ text: `${what} is requested, but the lock ${lockedText}`, at }];
}

/** Returns a difference for each repository of images that k3s starts and the lock doesn't have. */
function compareK3sImages(lock: Lock, { k3sImages }: Wanted): Difference[] {
  // A lock without k3s has no images of k3s.
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

/**
 * Returns the full names of all images that an app's pods can run, sorted, including those of hooks and those that the
 * operator starts.
 */
export function listAppImages({ app, objects, hooks = [] }: RenderedApp): string[] {
  const images = [...listImages([...objects, ...hooks]), ...listOperatorImages(objects)];
  return [...new Set(images.map((image) => resolveImageName(image, app.name)))].sort();
}

/**
 * Returns the apps' images that a run may not use: the lock has no digest for them, and doesn't list them as allowed
 * without one.
 */
export function findUnlockedImages(
  lock: Lock,
  apps: readonly RenderedApp[],
): { app: string; image: string }[] {
  const allowedImages = new Set([...lock.images, ...(lock.unlocked ?? [])].map(({ image }) => image));
  return apps.flatMap((rendered) =>
    listAppImages(rendered)
      .filter((image) => !allowedImages.has(image))
      .map((image) => ({ app: rendered.app.name, image })),
  );
}

/** Returns an image's full name. @throws UserError that names the app if the image's name is invalid */
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
