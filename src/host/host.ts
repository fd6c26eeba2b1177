import type { Span } from "../lib/trace.ts";
import type { Logger } from "./logger.ts";

/**
 * The machine on which monstack runs. All effects of the other rooms go through it. `createHost` makes the real one.
 */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The architecture's name on upstream's release pages. */
  readonly arch: "amd64" | "arm64";
  /** How commands with `root: true` get their rights; `none` when there is neither root nor a sudo without password. */
  readonly rights: "root" | "sudo" | "none";
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds, or rejects with `Interrupted` when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Runs a command to its end and returns its output. Uses no shell.
   * @throws CommandError if the command ends with another exit code than 0 (unless `allowFailure`), can't be started,
   *   or runs longer than `timeoutMs`
   */
  exec(argv: readonly [string, ...string[]], options?: ExecOptions): Promise<ExecResult>;
  /** Starts a process that outlives this one, in its own session. Its stdout and stderr go to `logFile`. */
  startDetached(argv: readonly [string, ...string[]], options: DetachOptions): Promise<{ pid: number }>;
  /**
   * Starts a process as this user, exchanges lines with it, and ends it with this process.
   * @throws CommandError if it can't be started
   */
  startPiped(argv: readonly [string, ...string[]], options: PipedOptions): Promise<PipedProcess>;
  /** Sends a request to the stack, never through a proxy. The caller limits its time with `init.signal`. */
  fetch(url: string | URL, init?: TrustingInit): Promise<Response>;
  /** Sends a request to the internet, through the proxy of HTTP(S)_PROXY and NO_PROXY. For downloads. */
  fetchOutside(url: string | URL, init?: TrustingInit): Promise<Response>;
  readonly files: Files;
  readonly temporary: Temporary;
  /**
   * Returns the path of an entry in the runner's tool cache, as @actions/tool-cache does; only in the action. Empty if
   * not found.
   */
  readonly findTool?: (tool: string, version: string, arch: string) => string;
}

/** The folder for temporary files of this process and of its commands. It exists only while it is in use. */
export interface Temporary {
  /** Absolute path. Only this user may enter the folder. Its name identifies its process. */
  readonly folder: string;
  /** Creates the folder for `work`, and removes it with its content when no other work uses it. */
  use<T>(work: (folder: string) => Promise<T>): Promise<T>;
  /** Removes the folders that this user's killed processes left behind, and returns their paths. */
  removeStale(): Promise<string[]>;
  /**
   * Removes the folder that another process of monstack left at `path`; does nothing if it does not exist.
   * @throws Error if monstack can't have created it
   */
  removeLeftFolder(path: string): Promise<void>;
}

interface TrustingInit extends RequestInit {
  /** How the server's certificate is verified. Undefined: with Node's own authorities. */
  trust?: Trust | undefined;
  /**
   * `fetchOutside` only: milliseconds without a byte after which the request fails (UND_ERR_HEADERS_TIMEOUT,
   * _BODY_TIMEOUT).
   */
  stallMs?: number;
}

/** How a server's certificate is verified. */
export interface Trust {
  /** Certificates of authorities (PEM), in addition to Node's own. */
  readonly ca?: string;
  /** True to accept any certificate. */
  readonly insecure?: boolean;
}

export interface ExecOptions {
  /** True to run as root: directly if this process runs as root, else with `sudo -n`. */
  root?: boolean;
  /** Default 120 000. */
  timeoutMs?: number;
  /** Added to the environment that every command gets (`child-environment.ts`). */
  env?: Record<string, string>;
  cwd?: string;
  /** Given to the command's standard input. */
  input?: string;
  /** True to return another exit code than 0 instead of throwing. */
  allowFailure?: boolean;
}

export interface ExecResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

export interface DetachOptions {
  logFile: string;
  root?: boolean;
  env?: Record<string, string>;
  cwd?: string;
}

export interface PipedOptions {
  /** The process' whole environment. It inherits no variable. */
  readonly env: Readonly<Record<string, string>>;
  /** Seconds of CPU time after which the kernel ends the process. */
  readonly cpuSeconds: number;
  /** Maximum size of the stack in KiB. */
  readonly stackKiB: number;
}

export interface PipedProcess {
  /** Writes a line to the process' standard input; does nothing if the process has ended. */
  send(line: string): void;
  /** Returns the next line of the process' standard output; undefined if the process has ended. */
  nextLine(): Promise<string | undefined>;
  /** Sets whether the running process keeps this one from exiting; default: true. */
  keepAlive(wanted: boolean): void;
  kill(): void;
  readonly ended: Promise<PipedEnd>;
}

export interface PipedEnd {
  /** Null if a signal ended the process. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The end of the process' standard error. */
  readonly errorOutput: string;
}

/** File operations as this user. The operations `...AsRoot` run commands as root. */
export interface Files {
  /** Returns undefined if the file does not exist. */
  read(path: string): Promise<string | undefined>;
  /**
   * Writes a file under a temporary name and renames it. Creates missing folders. The default mode is 0644. Pieces are
   * written as they arrive; if they end in an error, no file remains.
   */
  write(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array>, mode?: number): Promise<void>;
  /**
   * Appends the pieces as they arrive. If they end in an error, the earlier ones remain. `mode` is that of a new file.
   */
  append(path: string, pieces: AsyncIterable<Uint8Array>, mode?: number): Promise<void>;
  /** Renames a file within one file system. Replaces an existing file. */
  rename(from: string, to: string): Promise<void>;
  /**
   * Yields a file's bytes in pieces, for files too big for the memory. Fails at the first piece if the file does not
   * exist.
   */
  stream(path: string): AsyncIterable<Uint8Array>;
  /** Opens a file to read it at any position, or creates a new one to write it at any position. */
  open(path: string, how: "read" | "new"): Promise<OpenFile>;
  /** Appends a line and syncs the file, so that the line survives a crash. */
  appendDurably(path: string, line: string): Promise<void>;
  /** Writes a file that belongs to root. Creates missing folders. The default mode is 0600. */
  writeAsRoot(path: string, content: string, mode?: number): Promise<void>;
  /** Reads a file that only root may read. Returns undefined if it does not exist. */
  readAsRoot(path: string): Promise<string | undefined>;
  exists(path: string): Promise<boolean>;
  /** Returns the properties of `path` without following a link; undefined if it does not exist. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Sets the time of the last change to now; does nothing if the file does not exist. */
  touch(path: string): Promise<void>;
  /** Renames a folder in one step, within one file system. False if the target is a folder that is not empty. */
  renameFolder(from: string, to: string): Promise<boolean>;
  mkdir(path: string, mode?: number): Promise<void>;
  /** Returns the target of a link as it is written; undefined if the link does not exist. */
  readLink(path: string): Promise<string | undefined>;
  /** Returns the names in a folder; empty if the folder does not exist. */
  list(path: string): Promise<string[]>;
  /** Removes a file, or a folder with its content; does nothing if it does not exist. */
  remove(path: string): Promise<void>;
  removeAsRoot(path: string): Promise<void>;
  /** Creates an empty temporary folder for `use`, and removes it afterwards. */
  withTemp<T>(prefix: string, use: (folder: string) => Promise<T>): Promise<T>;
}

/** A file that is read and written in parts, in any order. */
export interface OpenFile {
  /** Writes the pieces one after the other, beginning at a position. */
  write(pieces: readonly Uint8Array[], position: number): Promise<void>;
  /** Returns the bytes from a position on; fewer than `length` at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface FileStat {
  readonly kind: "file" | "folder" | "link" | "other";
  /** The numeric ids of the owner and of the group. */
  readonly uid: number;
  readonly gid: number;
  /** The permissions, with the set-id and sticky bits, e.g. `0o1777`. */
  readonly mode: number;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedMs: number;
}

/** What every room gets: the machine, the log, and the signal that interrupts all work. */
export interface Context {
  readonly host: Host;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** The span of the trace whose parts the work records. Undefined: nothing is recorded. */
  readonly span?: Span | undefined;
}
