/** Whether a name fits a pattern in which `*` stands for any characters and `?` for one. */
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

/** The same of a path: neither stands for a slash. */
export function matchesPath(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  return (
    wanted.length === given.length && wanted.every((part, index) => matchesGlob(part, given[index] ?? ""))
  );
}
