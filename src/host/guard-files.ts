import { UserError } from "../lib/errors.ts";
import type { Files } from "./host.ts";
import type { Workspace } from "./workspace.ts";

export interface GuardRule {
  readonly workspace: Workspace;
  /** Read, too, only what really lies in the workspace; else only what is written is looked at. */
  readonly reads: boolean;
  /** Absolute folders that are nobody's but this user's, wherever they lie: they may be links. */
  readonly own: readonly string[];
}

/**
 * Files of which those that are named below the workspace must lie there, links followed: a checkout can hold a link to
 * anywhere. What is named elsewhere is not looked at: whether a file may name that is asked where it is read.
 */
export function guardFiles(files: Files, rule: GuardRule): Files {
  const write = (path: string) => refuseLinksOut(path, rule);
  const read = (path: string) => {
    if (rule.reads) refuseLinksOut(path, rule);
  };
  return {
    ...files,
    read: async (path) => {
      read(path);
      return await files.read(path);
    },
    stream: (path) => {
      read(path);
      return files.stream(path);
    },
    list: async (path) => {
      read(path);
      return await files.list(path);
    },
    exists: async (path) => {
      read(path);
      return await files.exists(path);
    },
    write: async (path, content, mode) => {
      write(path);
      await files.write(path, content, mode);
    },
    append: async (path, pieces, mode) => {
      write(path);
      await files.append(path, pieces, mode);
    },
    appendDurably: async (path, line) => {
      write(path);
      await files.appendDurably(path, line);
    },
    rename: async (from, to) => {
      write(from);
      write(to);
      await files.rename(from, to);
    },
    renameFolder: async (from, to) => {
      write(from);
      write(to);
      return await files.renameFolder(from, to);
    },
    mkdir: async (path, mode) => {
      write(path);
      await files.mkdir(path, mode);
    },
    remove: async (path) => {
      write(path);
      await files.remove(path);
    },
  };
}

/** @throws UserError for a path that is named below the workspace and leads out of it */
export function refuseLinksOut(path: string, { workspace, own }: GuardRule): void {
  if (!workspace.isNamedBelow(path)) return;
  if (own.some((folder) => path === folder || path.startsWith(`${folder}/`))) return;
  const why = workspace.refusal(path);
  if (why === undefined) return;
  throw new UserError(`${path} is not touched: ${why} (${workspace.folder})`, {
    fix: "remove the link, or name what it leads to",
  });
}
