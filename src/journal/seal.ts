import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * How lines are proven to be monstack's: each ends in a MAC (HMAC-SHA256) of itself and of the MAC before it. So a line
 * can't be changed, removed, added, repeated or moved without the key; only the end of the file can be missing.
 */

/** A line without its MAC, and the MAC that it names. */
interface Sealed {
  readonly json: string;
  readonly mac: string;
}

const sealed = /^(\{.*),"mac":"([0-9a-f]{64})"\}$/s;

/** What the first line is chained to: the kind of file and its folder, so that no file passes for another. */
export function chainStart(kind: "journal" | "stack", stateDir: string): string {
  return `monstack ${kind} 1 ${stateDir}`;
}

/** @param json an object with at least one key, on one line */
export function sealLine(json: string, previous: string, key: Buffer): { line: string; mac: string } {
  const mac = macOf(json, previous, key);
  return { line: `${json.slice(0, -1)},"mac":"${mac}"}`, mac };
}

/** Undefined for a line that names no MAC. */
export function splitLine(line: string): Sealed | undefined {
  const [, head, mac = ""] = sealed.exec(line) ?? [];
  return head === undefined ? undefined : { json: `${head}}`, mac };
}

/** Whether a line is the one that was written after `previous` with this key. */
export function isGenuine({ json, mac }: Sealed, previous: string, key: Buffer): boolean {
  return timingSafeEqual(Buffer.from(macOf(json, previous, key), "hex"), Buffer.from(mac, "hex"));
}

function macOf(json: string, previous: string, key: Buffer): string {
  return createHmac("sha256", key).update(previous).update("\n").update(json).digest("hex");
}
