import { dirname } from "node:path";
import { createBundle } from "../bundle/create.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { listHostPaths, resolveK3sSettings } from "../cluster/k3s-settings.ts";
import type { Context } from "../host/host.ts";
import { describeError, UserError } from "../lib/errors.ts";
import type { Supply } from "../sources/web/web.ts";
import { findSupply } from "./downloads/supply.ts";
import { type Outcome, runJob } from "./job.ts";
import { createLock } from "./lock.ts";
import type { Session } from "./session/session.ts";
import type { StackRecord } from "./session/stack-file.ts";

interface CreatedBundle {
  readonly manifest: Manifest;
  /** Of the file. */
  readonly bytes: number;
}

/**
 * Runs a whole job, from installation to teardown, and writes a bundle while the verified stack is up.
 * @returns no bundle if the run was not verified or ended early
 * @throws UserError before anything is started: for an existing cluster, or a file that can't be written
 */
export async function makeBundle(
  session: Session,
  file: string,
): Promise<{ outcome: Outcome; made: CreatedBundle | undefined }> {
  const { context, loaded, recorder } = session;
  if (loaded.config.cluster.kind === "existing")
    throw new UserError(
      "bundle create: `cluster` names an existing cluster, whose images monstack can't read out",
      { fix: "leave `cluster` out: a bundle is made of a k3s that monstack starts, and is for such ones" },
    );
  await refuseUnwritable(context, file);
  session.supply = await findOrCreateLock(session);
  let created: CreatedBundle | undefined;
  const outcome = await runJob(session, {
    mode: "run",
    verifyAfterUp: true,
    keepOnFailure: false,
    replace: false,
    whenVerified: async (stack) => {
      created = await recorder.phase(
        "write bundle",
        () => writeStackBundle(session, stack, file),
        () => "the bundle to be written",
      );
    },
  });
  return { outcome, made: created };
}

/** Returns the lock file's supply; without a lock file, a new lock of what is published now. */
async function findOrCreateLock(session: Session): Promise<Supply> {
  const { context, loaded } = session;
  const supply = await findSupply(context, loaded, loaded.config);
  if (supply.lock !== undefined) return supply;
  context.log.info(`there is no lock file: the bundle gets a lock of what is published now`);
  return { lock: await createLock(session), lockedBy: "the bundle's own lock", offline: undefined };
}

/**
 * Checks before the long run that the bundle's file can be written.
 * @throws UserError if it can't
 */
async function refuseUnwritable({ host }: Context, file: string): Promise<void> {
  const probe = `${file}.monstack-probe`;
  try {
    await host.files.mkdir(dirname(file));
    await host.files.write(probe, "");
    await host.files.remove(probe);
  } catch (cause) {
    throw new UserError(`the bundle ${file} can't be written: ${describeError(cause)}`, {
      fix: "name another file with -o",
      cause,
    });
  }
}

/** Writes the bundle of a verified stack: its lock, tools, charts, dashboards and images. */
async function writeStackBundle(session: Session, stack: StackRecord, file: string): Promise<CreatedBundle> {
  const { context, loaded, supply, draft, version } = session;
  const { registry } = session.progress;
  if (supply.lock === undefined || registry === undefined) throw new Error("a bundle is made from a lock");
  const k3s = stack.tools.find(({ name }) => name === "k3s");
  if (k3s === undefined) throw new Error("a k3s of monstack's own was started from no k3s");
  const charts = stack.rendered.flatMap(({ chart }) => chart.sha256 ?? []);
  return await createBundle(context, file, {
    lock: supply.lock,
    tools: stack.tools,
    used: new Set([...charts, ...stack.plan.dashboards.map(({ sha256 }) => sha256)]),
    images: supply.lock.images.map((image) => ({ ...image, blobs: registry.listBlobs(image.image) })),
    containerd: {
      k3s: k3s.path,
      dataDir: resolveK3sSettings(loaded.config.k3s.args, listHostPaths()).dataDir,
    },
    verified: {
      at: new Date(context.host.now()).toISOString(),
      checks: draft.checks.filter(({ status }) => status === "pass").map(({ id }) => id),
    },
    monstack: version,
  });
}
