import { join } from "node:path";

/** A file system takes no longer name. */
const maxNameBytes = 255;

/**
 * Joins plain names below a folder. Each path in the cache is made here, so that no version, name or digest of a lock, a
 * bundle or a server can lead out of it.
 * @throws Error for a name that is more or less than one name: with a slash, `..`, a control character, empty, too long
 */
export function joinBelow(root: string, ...names: readonly string[]): string {
  for (const name of names)
    if (!isPlainName(name))
      throw new Error(`${JSON.stringify(name.slice(0, 80))} can't be a name below ${root}`);
  return join(root, ...names);
}

/** True if a text can be a file's name, and nothing more. */
function isPlainName(name: string): boolean {
  if (name === "" || name === "." || name === ".." || Buffer.byteLength(name) > maxNameBytes) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  return !/[/\\\u0000-\u001f\u007f]/.test(name);
}

/** True if a name matches a pattern in which `*` matches any characters and `?` matches one. */
export function matchesGlob(pattern: string, name: string): boolean {
  let [at, from] = [0, 0];
  // Where the last `*` stands, and how far it reaches so far.
  let [star, reach] = [-1, 0];
  while (from < name.length) {
    if (pattern[at] === "*") {
      star = at++;
      reach = from;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === name[from])) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++reach;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/** True if a path matches a pattern in which neither `*` nor `?` matches a slash. */
export function matchesPath(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  return (
    wanted.length === given.length && wanted.every((part, index) => matchesGlob(part, given[index] ?? ""))
  );
}
