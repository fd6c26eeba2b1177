/** What a chart says about its values, as its author wrote it; read by `sources/charts/values.ts`. */
export interface ChartSource {
  readonly name: string;
  /** Its templates are the helpers of the chart that depends on it, and see that chart's values. */
  readonly isLibrary: boolean;
  /** values.yaml, parsed. */
  readonly values: unknown;
  /** values.schema.json, parsed; undefined when there is none. */
  readonly schema: unknown;
  /** The texts of all files below templates/. */
  readonly templates: readonly string[];
  /** As Chart.yaml (or requirements.yaml) lists them. */
  readonly dependencies: readonly ChartDependency[];
  /** What is in charts/, listed or not. */
  readonly charts: readonly ChartSource[];
}

export interface ChartDependency {
  readonly name: string;
  readonly alias: string | undefined;
  /** Key paths of the values that switch it on, e.g. `alertmanager.enabled`. */
  readonly conditions: readonly string[];
  readonly tags: readonly string[];
  /** A name below the dependency's `exports`, or from one key path to another. */
  readonly importValues: readonly (string | { readonly child: string; readonly parent: string })[];
}
