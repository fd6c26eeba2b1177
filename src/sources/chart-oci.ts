import { join } from "node:path";
import { InstallError, messageOf } from "../host/errors.ts";
import type { Host } from "../host/host.ts";
import type { ChartRef } from "../plan/types.ts";
import { archivePath, cachedChart, rememberChart } from "./chart-cache.ts";
import { readArchive } from "./chart-file.ts";
import { sha256Of } from "./download.ts";
import type { Web } from "./http.ts";
import { mirroredOci } from "./mirrors.ts";
import { backOff } from "./patience.ts";
import type { ChartFile, Tool } from "./types.ts";

export type OciRef = Extract<ChartRef, { kind: "oci" }>;

/** A chart from an image registry, pulled by helm, which verifies the registry's own digests. */
export async function ociChart(web: Web, ref: OciRef, helm: Tool): Promise<ChartFile> {
  const { context } = web;
  const { host, log } = context;
  const key = { from: ref.url, name: "", version: ref.version ?? "" };
  const cached = ref.version === undefined ? undefined : await cachedChart(context, key);
  if (cached) {
    log.info(`chart ${ref.url} ${ref.version}: from the cache, sha256 verified`);
    return { ...cached, ...(await readArchive(context, cached.path)) };
  }
  const temp = await host.files.makeTemp("monstack-chart-");
  try {
    await pull(web, ref, helm, temp);
    const file = (await host.files.list(temp)).find((name) => name.endsWith(".tgz"));
    if (file === undefined) throw new InstallError(`helm pulled ${ref.url}, but no .tgz came`);
    const sha256 = await sha256Of(host, join(temp, file));
    const path = archivePath(host, sha256);
    const chart = await readArchive(context, join(temp, file), ref.url);
    await host.files.write(path, host.files.stream(join(temp, file)));
    const found = { path, sha256, origin: ref.url };
    if (ref.version !== undefined) await rememberChart(context, key, found);
    log.info(`chart ${chart.name} ${chart.version}: from ${ref.url}, pulled by helm`);
    return { ...found, ...chart };
  } finally {
    await host.files.remove(temp);
  }
}

async function pull(web: Web, ref: OciRef, helm: Tool, folder: string): Promise<void> {
  const { context, patience } = web;
  const { url, plainHttp } = mirroredOci(ref.url, web.mirrors);
  const version = ref.version === undefined ? [] : ["--version", ref.version];
  const plain = plainHttp ? ["--plain-http"] : [];
  const env = ownAuthority(context.host.env);
  for (let tried = 1; ; tried++) {
    try {
      await context.host.exec([helm.path, "pull", url, ...version, ...plain, "--destination", folder], {
        env,
      });
      return;
    } catch (cause) {
      const why = messageOf(cause);
      // helm tells a passing trouble from a lasting one only in its text.
      const lasting = /not found|unauthorized|denied|forbidden|invalid|unknown flag|\b40[0134]\b/i.test(why);
      if (lasting || tried >= patience.tries)
        throw new InstallError(
          `chart ${ref.url} ${ref.version ?? ""} could not be pulled from ${url}: ${why}`,
          {
            cause,
            mend: "look whether the chart and its version are there, and whether it needs `helm registry login`",
          },
        );
      context.log.info(`${why}; trying again (${tried + 1} of ${patience.tries})`);
      await context.host.sleep(backOff(patience, tried), context.signal);
    }
  }
}

/**
 * Node's NODE_EXTRA_CA_CERTS for a Go program. SSL_CERT_FILE stands in the place of the system's file of authorities;
 * the system's folder of them, which has the same ones, Go reads besides (crypto/x509, root_unix.go).
 */
function ownAuthority(env: Host["env"]): Record<string, string> {
  const file = env["NODE_EXTRA_CA_CERTS"];
  return file && !env["SSL_CERT_FILE"] ? { SSL_CERT_FILE: file } : {};
}
