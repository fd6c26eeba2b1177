import { InstallError } from "./errors.ts";

/** What the machine refused, by the code of the system call's error (errno(3)), and how to change that. */
const refusals: Readonly<Record<string, { readonly problem: string; readonly fix: string }>> = {
  EACCES: {
    problem: "this user has no permission",
    fix: "correct its permissions or those of the folders above it, or run monstack as the user who owns it",
  },
  EPERM: { problem: "it is not permitted to this user", fix: "run monstack as root or with sudo" },
  EROFS: { problem: "the file system is read-only", fix: "choose a folder on another file system" },
  ENOSPC: {
    problem: "the disk is full, or its file system has no free inode",
    fix: "free some space (`df -h`, `df -i`), or choose a folder on another disk",
  },
  EDQUOT: { problem: "this user's disk quota is used up", fix: "free some space, or choose another disk" },
  EMFILE: { problem: "this process has too many open files", fix: "raise the limit (`ulimit -n`)" },
  ENFILE: { problem: "this machine has too many open files", fix: "raise the limit (`sysctl fs.file-max`)" },
  ENOTDIR: { problem: "a part of the path is not a folder", fix: "choose another path" },
  EISDIR: { problem: "it is a folder, not a file", fix: "choose another path" },
  ENAMETOOLONG: { problem: "the path is too long", fix: "choose a shorter path" },
  ELOOP: { problem: "the path leads through too many links", fix: "choose another path" },
  EIO: { problem: "the disk reports an error", fix: "look for the disk's errors with `dmesg`" },
};

/**
 * Returns an InstallError with a fix for an error of a file operation that the machine refused (no permission, a full
 * disk). Any other thrown value is returned as it is: a missing file, for instance, is a bug unless the caller handles it.
 */
export function explainSystemError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code = "", path, syscall = "a file operation" } = error as NodeJS.ErrnoException;
  const refusal = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  if (refusal === undefined || path === undefined) return error;
  const { problem, fix } = refusal;
  return new InstallError(`can't use ${path}: ${problem} (${code} at ${syscall})`, { fix });
}
