/** Something in a file for Prometheus or Alertmanager with which it would not start. */
export interface FileMistake {
  readonly app: string;
  /** e.g. `alerting_rules.yml of ConfigMap monitoring/prometheus-server`. */
  readonly file: string;
  /** e.g. `group custom, rule HighPodMemory` or `receiver slack`; empty for the file as a whole. */
  readonly part: string;
  readonly problem: string;
  /** Where it stands in the rendered file, keys and indices. */
  readonly path: readonly (string | number)[];
  /** Position in the scalar at `path`, from 0. */
  readonly character?: number | undefined;
  /** The file as it was rendered. */
  readonly content: unknown;
}

/** Notes what is wrong at a path below the file's top. */
export type Complain = (path: readonly (string | number)[], problem: string, character?: number) => void;
