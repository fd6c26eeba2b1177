/** What the files of a configuration may name. */
export interface Limits {
  readonly isRestricted: boolean;
  /** Why a file can't name an environment variable; undefined: it can. */
  refusesVariable(name: string): string | undefined;
  /** Why a file can't name an absolute path; undefined: it can. */
  refusesPath(path: string): string | undefined;
  /** Whether an input, a flag or the environment sets a setting: what a file says of it does nothing. */
  isOverridden(setting: string): boolean;
  /** What to do about a setting that a file can't set. */
  instead(setting: string): string;
  /** Of the environment, what files may name. */
  variables(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>>;
}
