import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "../../src/host/host.ts";
import { findExisting, parseMountPoints } from "../../src/host/paths.ts";
import { parseStat, parseUserId } from "../../src/journal/processes.ts";
import { iptablesTools, parseSave } from "../../src/teardown/iptables.ts";
import { parseExecutables } from "../../src/teardown/programs.ts";
import { parseUnits } from "../../src/teardown/units.ts";

/** What somebody would put into a name who wants to be taken for something else. */
const pieces = [
  ..."\n\r\t \\/()[]*?;'\"$`|&-:.\u0001\u001b\u2028é🦀",
  " -> ",
  " (deleted)",
  "## exe",
  "## /tmp/x/iptables",
  "/proc/1/exe -> /opt/k3s",
  "*nat",
  ":KUBE-X - [0:0]",
  "kubepods.slice",
  "Uid:\t0\t0\t0\t0",
  "\u2028Uid:\t0\t",
  ") S 1 1 1",
  "-delete",
  "\\012",
  "a",
  "k3s server",
  "x".repeat(60),
];

/** A name of a file: without a slash, a NUL, and neither `.` nor `..`. */
export function randomName(random: () => number): string {
  const length = 1 + Math.floor(random() * 6);
  const chosen = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)] ?? "");
  return `n${chosen.join("").replaceAll("/", "∕")}`.slice(0, 100);
}

/** The same with slashes in it: a path as the kernel shows it. */
function randomPath(random: () => number): string {
  return `/${randomName(random)}/${randomName(random)}`;
}

/**
 * Gives names that anybody could have chosen to everything that reads them.
 * @throws Error if one is taken for anything but a name
 */
export function checkRandomNames(random: () => number): void {
  const links = Array.from({ length: 3 }, (_, at): [number, string] => [at + 2, randomPath(random)]);
  const printed = links.map(([pid, path]) => `/proc/${pid}\0${path}\0`).join("");
  const read = parseExecutables(printed);
  same(
    "executables",
    [...read],
    links.map(([pid, path]) => [pid, path.replace(/ \(deleted\)$/, "")]),
  );

  const points = [randomPath(random), randomPath(random)];
  const mountinfo = points.map((point) => mountLineOf(point, randomName(random))).join("");
  same("mount points", parseMountPoints(mountinfo), points);

  const name = randomName(random).slice(0, 15);
  const fields = `S 7 ${"0 ".repeat(17)}4711 0`;
  const info = parseStat(9, {
    stat: `9 (${name}) ${fields}`,
    status: `Name:\t${escaped(name)}\nUid:\t1000\t0\t0\t0\n`,
  });
  same("a process", [info.name, info.parent, info.startTime, info.uid], [name, 7, "4711", 1000]);
  same("a user", parseUserId(`Name:\t${escaped(name)}\n`), -1);

  const text = randomName(random);
  for (const unit of parseUnits(text)) if (/\s|\//.test(unit)) throw new Error(`a unit called ${unit}`);
  for (const tool of iptablesTools)
    for (const line of parseSave(tool, text))
      if (!line.startsWith(`${tool} -t `)) throw new Error(`a rule of another tool: ${line}`);
}

/** Makes folders with random names, and reads which of them and of others are there. */
export async function checkRandomFolders(host: Host, folder: string, random: () => number): Promise<void> {
  const names = [...new Set(Array.from({ length: 20 }, () => randomName(random)))];
  const there = names.map((name) => join(folder, name));
  await Promise.all(there.map((path) => mkdir(path)));
  const missing = there.map((path) => `${path}-`).filter((path) => !there.includes(path));
  same("paths", (await findExisting(host, [...there, ...missing])).sort(), there.sort());
}

function mountLineOf(point: string, source: string): string {
  return `36 35 98:0 / ${escaped(point)} rw,noatime shared:1 - ext4 ${escaped(source)} rw\n`;
}

/** As the kernel does it: space, tab, line break and backslash as octal digits. */
function escaped(text: string): string {
  return text.replace(/[ \t\n\\]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

function same(what: string, actual: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: read ${one}, expected ${other}`);
}
