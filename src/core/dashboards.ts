import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import type { DashboardWish } from "../config/dashboards.ts";
import { placeInFile } from "../config/locate.ts";
import { showPath } from "../config/mistakes.ts";
import { fillInputs } from "../dashboards/inputs.ts";
import { messageOf, UserError } from "../host/errors.ts";
import { prometheusDatasource, withDashboards } from "../plan/dashboards.ts";
import { hasGrafana } from "../plan/grafana.ts";
import type { Plan, PlannedDashboard } from "../plan/types.ts";
import { dashboardById, dashboardByUrl, parse } from "../sources/dashboards.ts";
import type { Session } from "./session.ts";

/** A dashboard as it came, and into which of Grafana's folders it goes. */
interface Found {
  readonly model: Record<string, unknown>;
  readonly origin: string;
  readonly sha256: string;
  readonly revision: number | undefined;
  readonly id: number | undefined;
  readonly folder: string | undefined;
}

/**
 * The plan with the dashboards that the user wants: fetched, their inputs filled in, as files of Grafana's.
 * @throws UserError or InstallError for one that can't be had or can't be shown, with its place in the configuration
 */
export async function addDashboards(session: Session, plan: Plan): Promise<Plan> {
  const { context, loaded } = session;
  const wishes = loaded.config.dashboards;
  if (wishes.length === 0) return plan;
  if (!plan.apps.some(hasGrafana)) {
    context.log.warn("the dashboards are left out: this run deploys no Grafana");
    return plan;
  }
  const prometheus = prometheusDatasource(plan);
  const each = await Promise.all(
    wishes.map(async (wish, index) => {
      const found = await fetchOne(session, wish);
      return found.map((one) => filled(session, one, wish, { prometheus, index }));
    }),
  );
  return withDashboards(plan, apart(each.flat()));
}

async function fetchOne(session: Session, { source, folder }: DashboardWish): Promise<Found[]> {
  const { context, loaded } = session;
  switch (source.kind) {
    case "id": {
      const fetched = await dashboardById(context, loaded.config, source);
      return [{ ...fetched, id: source.id, folder }];
    }
    case "url":
      return [{ ...(await dashboardByUrl(context, loaded.config, source)), id: undefined, folder }];
    case "file":
      return [await readOne(session, source.path, folder)];
    case "dir":
      return await readFolder(session, source.path, folder);
  }
}

async function readOne(session: Session, path: string, folder: string | undefined): Promise<Found> {
  const { context, loaded } = session;
  const text = await context.host.files.read(path).catch((cause: unknown) => {
    throw new UserError(`the dashboard ${path} can't be read: ${messageOf(cause)}`, { cause });
  });
  if (text === undefined) throw new UserError(`there is no dashboard ${path}`);
  const sha256 = createHash("sha256").update(text).digest("hex");
  const shown = showPath(loaded.cwd, path);
  return { ...parse(text, shown), origin: shown, sha256, revision: undefined, id: undefined, folder };
}

/** Sub-folders are folders of Grafana's, one deep as there. */
async function readFolder(session: Session, path: string, folder: string | undefined): Promise<Found[]> {
  const { files } = session.context.host;
  const names = (await files.list(path)).toSorted();
  const own = names
    .filter((name) => /\.json$/i.test(name))
    .map((name) => readOne(session, join(path, name), folder));
  const below = names.map(async (name) => {
    const inner = (await files.list(join(path, name)).catch(() => []))
      .filter((one) => /\.json$/i.test(one))
      .toSorted();
    return await Promise.all(inner.map((one) => readOne(session, join(path, name, one), name)));
  });
  const found = [...(await Promise.all(own)), ...(await Promise.all(below)).flat()];
  if (found.length === 0)
    throw new UserError(`there is no dashboard (.json) in the folder ${showPath(session.loaded.cwd, path)}`);
  return found;
}

function filled(
  { loaded }: Session,
  { model, origin, sha256, revision, id, folder }: Found,
  { inputs }: DashboardWish,
  { prometheus, index }: { readonly prometheus: string; readonly index: number },
): PlannedDashboard {
  const done = fillInputs(model, { prometheus, given: inputs });
  const title = String(model["title"] ?? basename(origin));
  if ("problems" in done) {
    const place = placeInFile(loaded, ["dashboards", index]);
    const where = place ? `${place.file}:${place.line}:${place.column}: ` : "";
    throw new UserError(`${where}dashboard ${title} (${origin}): ${done.problems.join("; ")}`);
  }
  const said = model["uid"];
  const uid = typeof said === "string" && /^[A-Za-z0-9_-]{1,40}$/.test(said) ? said : madeUid(id, origin);
  return { uid, title, folder, origin, sha256, revision, model: { ...done.model, uid } };
}

/** The same each time, so that a link to it stays right. */
function madeUid(id: number | undefined, origin: string): string {
  return id === undefined
    ? `file-${createHash("sha256").update(origin).digest("hex").slice(0, 16)}`
    : `gnet-${id}`;
}

/** Grafana takes the second file of a uid for a mistake, and of two titles in one folder as well. */
function apart(dashboards: readonly PlannedDashboard[]): PlannedDashboard[] {
  const seen = new Map<string, PlannedDashboard>();
  for (const one of dashboards) {
    for (const key of [`uid ${one.uid}`, `title ${one.folder ?? ""}/${one.title}`]) {
      const other = seen.get(key);
      if (other !== undefined)
        throw new UserError(
          `${one.origin} and ${other.origin} are both dashboard ${one.title}${key.startsWith("uid") ? ` (uid ${one.uid})` : " in the same folder"}`,
          { mend: "leave one of them out, or give it another uid and title" },
        );
      seen.set(key, one);
    }
  }
  return [...dashboards];
}
