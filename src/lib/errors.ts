/** The exit codes of the process. Scripts that call monstack depend on the numbers. */
export const exitCode = {
  verified: 0,
  notVerified: 1,
  badConfig: 2,
  notInstalled: 3,
  leaked: 4,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/**
 * An error that the reader can fix. Its message names the problem, its place (file, line, key path, URL, workload) and what
 * is expected. It is printed without a stack. Any other error is a bug and is printed with its stack.
 */
export class MonstackError extends Error {
  readonly exitCode: ExitCode;
  /** One line that tells the reader how to fix the problem. */
  readonly fix: string | undefined;

  constructor(exitCode: ExitCode, message: string, options: { fix?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.exitCode = exitCode;
    this.fix = options.fix;
  }
}

/** The configuration, the inputs or the flags are wrong. Exit code 2. */
export class UserError extends MonstackError {
  constructor(message: string, options: { fix?: string; cause?: unknown } = {}) {
    super(exitCode.badConfig, message, options);
  }
}

/** A tool, chart, cluster or workload could not be installed. Exit code 3. */
export class InstallError extends MonstackError {
  constructor(message: string, options: { fix?: string; cause?: unknown } = {}) {
    super(exitCode.notInstalled, message, options);
  }
}

/** A command ended with an exit code other than 0, could not be started, or took too long. */
export class CommandError extends InstallError {
  readonly argv: readonly string[];
  readonly commandExitCode: number;
  readonly stderr: string;

  constructor(
    argv: readonly string[],
    commandExitCode: number,
    stderr: string,
    options: { cause?: unknown } = {},
  ) {
    const lastLines = stderr.trim().split("\n").slice(-5).join("\n");
    super(
      `${argv.slice(0, 4).join(" ")} ended with exit code ${commandExitCode}: ${lastLines || "(no output)"}`,
      options,
    );
    this.argv = argv;
    this.commandExitCode = commandExitCode;
    this.stderr = stderr;
  }
}

export const interruptedMessage = "interrupted";

/** The run was interrupted (Ctrl-C, SIGTERM, a cancelled job). Exit code 130. */
export class Interrupted extends MonstackError {
  constructor() {
    super(exitCode.interrupted, interruptedMessage);
  }
}

/** Returns the message of a thrown value, with the messages of its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : describeError(error.cause);
  return cause && !error.message.includes(cause) ? `${error.message}: ${cause}` : error.message;
}

/** Returns the message of a thrown value, its causes and its fix. */
export function describeErrorAndFix(error: unknown): string {
  const fix = error instanceof MonstackError ? error.fix : undefined;
  return fix === undefined ? describeError(error) : `${describeError(error)}; to fix it: ${fix}`;
}
