/** Something wrong in an app's values that is seen before a chart is rendered. */
export interface ValueMistake {
  readonly app: string;
  /** Key path in the app's values; empty: it comes from elsewhere. */
  readonly path: readonly (string | number)[];
  /** Where it is, if it is in no values: `harbour.yaml:3`. */
  readonly where?: string | undefined;
  readonly problem: string;
  /** It is one more default data source. */
  readonly isSecondDefault?: boolean;
}
