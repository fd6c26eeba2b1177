import type { Logger } from "./logger.ts";

/** The machine monstack runs on: the only way in which the rooms touch the world. `createHost` makes the real one. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As the upstream release pages call it. */
  readonly arch: "amd64" | "arm64";
  /** How commands with `root: true` get their rights; `none` when there is neither root nor a sudo without password. */
  readonly rights: "root" | "sudo" | "none";
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds, or rejects with `Interrupted` when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Runs a command to its end. Never through a shell.
   * @throws CommandError when it ends with another exit code than 0 (unless `allowFailure`), when it can't be started
   *   or when it runs longer than `timeoutMs`.
   */
  exec(argv: readonly [string, ...string[]], options?: ExecOptions): Promise<ExecResult>;
  /** Starts a process that outlives this one, in a session of its own; stdout and stderr go to `logFile`. */
  startDetached(argv: readonly [string, ...string[]], options: DetachOptions): Promise<{ pid: number }>;
  /**
   * Starts a process of this user's that this one talks with line by line, and that ends with this one.
   * @throws CommandError when it can't be started
   */
  startPiped(argv: readonly [string, ...string[]], options: PipedOptions): Promise<PipedProcess>;
  /** A request to the stack, never through a proxy; the caller bounds it in time with `init.signal`. */
  fetch(url: string | URL, init?: TrustingInit): Promise<Response>;
  /** The same to the world, for what is downloaded: through the proxy that HTTP(S)_PROXY and NO_PROXY name. */
  fetchOutside(url: string | URL, init?: TrustingInit): Promise<Response>;
  readonly files: Files;
  readonly temporary: Temporary;
  /** Returns the path of an entry in the runner's tool cache, as @actions/tool-cache does; only in the action. Empty if not found. */
  readonly findTool?: (tool: string, version: string, arch: string) => string;
}

/** Where this process and the commands that it runs keep temporary files: one folder, which is there while it is in use. */
export interface Temporary {
  /** Absolute; only this user may enter it. Its name says which process it belongs to. */
  readonly folder: string;
  /** Makes the folder, and removes it with all in it when nothing uses it any more. */
  use<T>(work: (folder: string) => Promise<T>): Promise<T>;
  /** Removes the folders that killed processes of this user left behind; returns their paths. */
  removeStale(): Promise<string[]>;
  /**
   * Removes the folder that another process named so; fine when it isn't there.
   * @throws Error when it is not one that monstack could have made
   */
  removeLeft(path: string): Promise<void>;
}

interface TrustingInit extends RequestInit {
  /** How the server's certificate is judged, where not by Node's own authorities alone. */
  trust?: Trust | undefined;
  /** `fetchOutside` only: milliseconds without a byte after which the request fails (UND_ERR_HEADERS_TIMEOUT, _BODY_TIMEOUT). */
  stallMs?: number;
}

export interface Trust {
  /** Certificates of authorities (PEM), beside Node's own. */
  readonly ca?: string;
  /** Whoever answers is taken for who was asked. */
  readonly insecure?: boolean;
}

export interface ExecOptions {
  /** Run as root: directly when we are, else through `sudo -n`. */
  root?: boolean;
  /** Default 120 000. */
  timeoutMs?: number;
  /** Added to what every command gets of this process' environment (`child-environment.ts`). */
  env?: Record<string, string>;
  cwd?: string;
  /** Given to the command's standard input. */
  input?: string;
  /** Return another exit code than 0 instead of throwing. */
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
  /** All of its environment: what it needs beside the variables that name programs and folders is nothing. */
  readonly env: Readonly<Record<string, string>>;
  /** Seconds of CPU time after which the system ends it. */
  readonly cpuSeconds: number;
  /** KiB of stack that it may have. */
  readonly stackKiB: number;
}

export interface PipedProcess {
  /** Writes a line to its standard input; fine when it has ended. */
  send(line: string): void;
  /** The next line of its standard output; undefined when it has ended. */
  nextLine(): Promise<string | undefined>;
  /** Whether this process stays while that one lives. At first it does. */
  keepAlive(wanted: boolean): void;
  kill(): void;
  readonly ended: Promise<PipedEnd>;
}

export interface PipedEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The end of its standard error. */
  readonly lastWords: string;
}

/** Files as this user. What only root may write goes through `exec` (`writeAsRoot`, `removeAsRoot` do it). */
export interface Files {
  /** Returns undefined if the file does not exist. */
  read(path: string): Promise<string | undefined>;
  /**
   * Writes to a temporary name and renames it; makes missing folders. Mode defaults to 0644. What comes in pieces is
   * written as it comes; when the pieces end in an error, nothing is left.
   */
  write(path: string, content: string | Uint8Array | AsyncIterable<Uint8Array>, mode?: number): Promise<void>;
  /** Appends the pieces as they come; what came stays when they end in an error. The mode counts for a new file. */
  append(path: string, pieces: AsyncIterable<Uint8Array>, mode?: number): Promise<void>;
  /** Within one file system; replaces what is there. */
  rename(from: string, to: string): Promise<void>;
  /** Yields a file's bytes in pieces, for files too big for the memory. Fails at the first piece if the file does not exist. */
  stream(path: string): AsyncIterable<Uint8Array>;
  /** Appends and fsyncs, so that the line is there after a crash. */
  appendDurably(path: string, line: string): Promise<void>;
  /** Writes a file that belongs to root; makes missing folders. Mode defaults to 0600. */
  writeAsRoot(path: string, content: string, mode?: number): Promise<void>;
  /** Reads a file that only root may read. Returns undefined if it does not exist. */
  readAsRoot(path: string): Promise<string | undefined>;
  exists(path: string): Promise<boolean>;
  /** What `path` itself is, not what it links to; undefined when there is nothing. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Sets the time of its last change to now; fine when it isn't there. */
  touch(path: string): Promise<void>;
  /** Gives a folder its name in one step, within one file system. False when a folder with something in it has that name. */
  renameFolder(from: string, to: string): Promise<boolean>;
  mkdir(path: string, mode?: number): Promise<void>;
  /** Returns the target of a link as it is written; undefined if the link does not exist. */
  readLink(path: string): Promise<string | undefined>;
  /** Returns the names in a folder; empty if the folder does not exist. */
  list(path: string): Promise<string[]>;
  /** Removes a file or a folder with all below it; fine when it isn't there. */
  remove(path: string): Promise<void>;
  removeAsRoot(path: string): Promise<void>;
  /** A new empty folder below the one of `Temporary`, for as long as `use` takes. */
  withTemp<T>(prefix: string, use: (folder: string) => Promise<T>): Promise<T>;
}

export interface FileStat {
  readonly kind: "file" | "folder" | "link" | "other";
  /** The numbers of its owner and of its group. */
  readonly uid: number;
  readonly gid: number;
  /** The permissions, with the set-id and sticky bits, e.g. `0o1777`. */
  readonly mode: number;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedMs: number;
}

/** What every room gets: the machine, the log, and the signal that ends everything early. */
export interface Context {
  readonly host: Host;
  readonly log: Logger;
  readonly signal: AbortSignal;
}
