import type { Workspace } from "../host/workspace.ts";
import type { ConfigOverrides } from "./settings.ts";
import type { Trust } from "./trust/decide.ts";

/** Everything that a configuration is read from. */
export interface ConfigSources {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A configuration file by name; without one, monstack.yaml or monstack.yml in `cwd`, else in the app directory. */
  readonly file?: string | undefined;
  readonly inputs?: Partial<ConfigOverrides>;
  readonly flags?: Partial<ConfigOverrides>;
  /** How far the files are trusted; `decideTrust` finds it out. Default: full. */
  readonly trust?: Trust;
  /** What files may read where they are not trusted. */
  readonly workspace?: Workspace;
  /** False: nothing will be fetched, so what is needed for that may be missing. Default true. */
  readonly fetches?: boolean;
  /** Resolves with undefined when there is no such file. */
  readonly readFile: (path: string) => Promise<string | undefined>;
  /** Names in a folder; empty when there is none. Default: folders and patterns of files can't be named. */
  readonly listFolder?: (path: string) => Promise<readonly string[]>;
}
