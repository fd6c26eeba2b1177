import { join } from "node:path";
import { servePage } from "../forward/page-server.ts";
import type { Context, Host } from "../host/host.ts";
import { describeError, UserError } from "../lib/errors.ts";
import { formatBytes } from "../lib/quantity.ts";

/** A page has at most 2 MB; a bigger file is another one. */
const maxBytes = 16 * 1024 ** 2;
/** Milliseconds without a request until the server stops. */
const idleMs = 3_600_000;
const checkEveryMs = 1_000;

/**
 * Serves the page of a report folder on loopback until the signal fires, or until nobody has read it for an hour, and
 * opens a browser where there is a display.
 * @param onReady gets the page's URL
 * @throws UserError if the folder has no page
 */
export async function showReport(
  { host, log, signal }: Context,
  folder: string,
  onReady: (url: string) => void,
): Promise<void> {
  const readPage = async () => await readReportPage(host, join(folder, "report.html"));
  await readPage();
  const server = await servePage(readPage, host.now);
  try {
    onReady(server.url);
    await openBrowser(host, server.url).catch((error: unknown) =>
      log.debug(`no browser was opened: ${describeError(error)}`),
    );
    while (!signal.aborted && host.now() - server.getLastRequest() < idleMs)
      await host.sleep(checkEveryMs, signal).catch(() => undefined);
    if (!signal.aborted) log.info("the server stops: nobody requested the page for an hour");
  } finally {
    await server.close();
  }
}

/**
 * Returns the page's HTML.
 * @throws UserError if the file is missing or too big
 */
async function readReportPage({ files }: Pick<Host, "files">, path: string): Promise<string> {
  const bytes = (await files.stat(path))?.bytes ?? 0;
  if (bytes > maxBytes)
    throw new UserError(`${path} has ${formatBytes(bytes)}: it is not the page of a report`);
  const html = await files.read(path);
  if (html !== undefined) return html;
  throw new UserError(`${path} does not exist: expected the page of a report`, {
    fix: "name the report folder of a run, for example `monstack show-report monstack-report`",
  });
}

/** Variables by which a program finds the user's display. */
const displayVariables = ["DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "BROWSER"];

/** Opens the user's browser. Does nothing without a display, and as root, as whom a browser should not run. */
async function openBrowser({ env, rights, startDetached }: Host, url: string): Promise<void> {
  if (rights === "root" || !(env["DISPLAY"] || env["WAYLAND_DISPLAY"])) return;
  const display = displayVariables.flatMap((name) => {
    const value = env[name];
    return value ? [[name, value]] : [];
  });
  await startDetached(["xdg-open", url], { logFile: "/dev/null", env: Object.fromEntries(display) });
}
