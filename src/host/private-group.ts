/** Reads a text file; undefined where it can't be read. */
type Read = (path: string) => Promise<string | undefined>;

/**
 * Whether a group has no members but these users and root. Debian and Ubuntu give each user such a group, and let it
 * write to the user's folders (umask 002). A group that is not in /etc/group counts as shared.
 */
export async function isPrivateGroup(read: Read, gid: number, uids: Iterable<number>): Promise<boolean> {
  const [users, groups] = await Promise.all([readTable(read, "/etc/passwd"), readTable(read, "/etc/group")]);
  const own = new Set([0, ...uids].map(String));
  const named = groups.filter((group) => group[2] === String(gid));
  if (named.length === 0 || users.length === 0) return false;
  const names = users.filter((user) => own.has(user[2] ?? "")).map(([name]) => name);
  const members = named.flatMap((group) => (group[3] ?? "").split(",").filter((name) => name !== ""));
  const byLogin = users.filter((user) => user[3] === String(gid));
  return members.every((name) => names.includes(name)) && byLogin.every((user) => own.has(user[2] ?? ""));
}

async function readTable(read: Read, path: string): Promise<string[][]> {
  const text = (await read(path).catch(() => undefined)) ?? "";
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .filter(({ length }) => length >= 4);
}
