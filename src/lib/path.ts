import { join } from "node:path";

/** The longest name that a file system accepts, in bytes. */
const maxNameBytes = 255;

/**
 * Joins names below a folder. All paths in the cache are made here, so that no version, name or digest from a lock, a
 * bundle or a server can lead out of the cache.
 * @throws Error for a text that is not a single name: with a slash, `..`, a control character, empty, or too long
 */
export function joinBelow(root: string, ...names: readonly string[]): string {
  for (const name of names)
    if (!isPlainName(name))
      throw new Error(`${JSON.stringify(name.slice(0, 80))} can't be a name below ${root}`);
  return join(root, ...names);
}

/** True if a text can be the name of one file. */
function isPlainName(name: string): boolean {
  if (name === "" || name === "." || name === ".." || Buffer.byteLength(name) > maxNameBytes) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  return !/[/\\\u0000-\u001f\u007f]/.test(name);
}

/** True if a name matches a pattern in which `*` matches any characters and `?` matches one. */
export function matchesGlob(pattern: string, name: string): boolean {
  let patternIndex = 0;
  let nameIndex = 0;
  // The position of the last `*`, and the end of the characters that it matches so far.
  let starIndex = -1;
  let starEnd = 0;
  while (nameIndex < name.length) {
    const expected = pattern[patternIndex];
    if (expected === "*") {
      starIndex = patternIndex++;
      starEnd = nameIndex;
    } else if (expected !== undefined && (expected === "?" || expected === name[nameIndex])) {
      patternIndex++;
      nameIndex++;
    } else if (starIndex >= 0) {
      // The rest does not match here, so the last `*` takes one more character.
      patternIndex = starIndex + 1;
      nameIndex = ++starEnd;
    } else {
      return false;
    }
  }
  while (pattern[patternIndex] === "*") patternIndex++;
  return patternIndex === pattern.length;
}

/** True if a path matches a pattern in which neither `*` nor `?` matches a slash. */
export function matchesPath(pattern: string, path: string): boolean {
  const [patternParts, pathParts] = [pattern.split("/"), path.split("/")];
  return (
    patternParts.length === pathParts.length &&
    patternParts.every((part, index) => matchesGlob(part, pathParts[index] ?? ""))
  );
}
