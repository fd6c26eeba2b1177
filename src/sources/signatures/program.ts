import { join } from "node:path";
import type { Host } from "../../host/host.ts";
import { InstallError } from "../../lib/errors.ts";
import type { Signature } from "../../lockfile/tools.ts";
import { fetchText } from "../web/download.ts";
import { HttpStatusError } from "../web/http-errors.ts";
import { applyMirrors } from "../web/mirrors.ts";
import { showRequest, type Web } from "../web/web.ts";

/** True if a program is in one of the folders in PATH. */
export async function isInstalled(host: Host, program: string): Promise<boolean> {
  const folders = (host.env["PATH"] ?? "").split(":").filter((folder) => folder !== "");
  const areInFolders = await Promise.all(folders.map((folder) => host.files.exists(join(folder, program))));
  return areInFolders.includes(true);
}

/** Returns the result for a signature that could not be checked. */
export function createUncheckedSignature(why: string): Signature {
  return { status: "unchecked", why };
}

/**
 * True if a host responds at all. Requested by monstack itself, since the signature's author could have written the
 * program's message.
 */
export async function isReachable({ context, mirrors }: Web, url: string): Promise<boolean> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(10_000)]);
  try {
    const response = await context.host.fetchOutside(applyMirrors(url, mirrors), {
      method: "HEAD",
      redirect: "manual",
      signal,
    });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

/** Returns the error for a wrong signature, which is never only a warning. */
export function createSignatureError(what: string, why: string): InstallError {
  return new InstallError(`signature verification failed for ${what}: ${why}; the download was discarded`, {
    fix: "the host or the mirror serves something else than was signed: don't use it, find out why",
  });
}

/**
 * Fetches a file that is published next to a download. Returns its text, or why it is missing. An empty response and a
 * web page count as missing.
 */
export async function fetchPublished(
  { web }: Pick<Signed, "web">,
  url: string,
): Promise<{ text: string } | { text: undefined; why: string }> {
  try {
    const text = await fetchText(web, url, 1024 ** 2);
    if (text.trim() !== "" && !/^\s*</.test(text)) return { text };
    return {
      text: undefined,
      why: `${showRequest(web, url)} is ${text.trim() === "" ? "empty" : "a web page"}`,
    };
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    const isMissing = error instanceof HttpStatusError && error.status === 404;
    return { text: undefined, why: isMissing ? `not found: ${showRequest(web, url)}` : error.message };
  }
}

/** Returns the last line of a program's output. */
export function getLastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

/** The result of a check. `isUnpublished`: the publisher confirms that it published no signature for this version. */
export type SignatureResult = Signature & { readonly isUnpublished?: true };

/** A download whose signature is to be verified. */
export interface Signed {
  readonly web: Web;
  /** As it is published, e.g. `v4.2.3`. */
  readonly version: string;
  /** The URL before mirrors. */
  readonly url: string;
  /** Absolute path of the downloaded file. */
  readonly path: string;
}
