/**
 * Judges files and expressions of Prometheus and Alertmanager by upstream's own code (`upstream/`, compiled to
 * WebAssembly), in a process of its own that starts with the first request.
 */
export interface Judge {
  /**
   * Returns the answers to one batch in the order of the items. An item that upstream's code does not finish within the
   * limits of `judge.ts` gets an error, never a pass.
   * @throws JudgeUnavailable when the process cannot be started: nothing was judged
   */
  ask<K extends Kind>(kind: K, items: readonly RequestOf<K>[]): Promise<readonly AnswerOf<K>[]>;
  /** Ends the process. A later request starts a new one. */
  close(): Promise<void>;
}

/** The kinds of items that can be judged, each with its request and its answer. */
export interface Kinds {
  /** A rule file. The errors are those of Prometheus and of `promtool check rules`. */
  readonly rules: {
    readonly request: {
      readonly text: string;
      /** Names of `--enable-feature`. */
      readonly features?: readonly string[];
      /** Names of labels and metrics are restricted as before Prometheus 3. */
      readonly legacyNames?: boolean;
      /** Functions that Prometheus 3 has renamed are accepted. */
      readonly prometheus2?: boolean;
    };
    readonly answer: Verdict;
  };
  /** Alertmanager's configuration. The template files that it names are not read. */
  readonly alertmanager: {
    readonly request: { readonly text: string; readonly features?: readonly string[] };
    readonly answer: Verdict;
  };
  /** A whole prometheus.yml. The files that it names are not read. */
  readonly scrape: { readonly request: { readonly text: string }; readonly answer: Verdict };
  /** An expression: grammar and types. */
  readonly expression: {
    readonly request: {
      readonly text: string;
      readonly features?: readonly string[];
      /** Functions that Prometheus 3 has renamed are accepted. */
      readonly prometheus2?: boolean;
    };
    readonly answer: Refusal | Expression;
  };
  /** The templates of an alert's labels and annotations, tested with many samples. */
  readonly ruleTemplates: {
    readonly request: {
      /** The rule's name. */
      readonly alert: string;
      readonly templates: readonly TemplateText[];
      /** The known labels of the alert's series; default: any labels. */
      readonly labels?: Readonly<Record<string, string>>;
      readonly features?: readonly string[];
    };
    readonly answer: TemplateVerdict;
  };
  /** Alertmanager's template files, and every templated field of the receivers, tested with a sample. */
  readonly alertmanagerTemplates: {
    readonly request: {
      /** The configuration. */
      readonly text: string;
      /** The template files. */
      readonly templates: readonly TemplateText[];
    };
    readonly answer: Verdict;
  };
}

export type Kind = keyof Kinds;
export type RequestOf<K extends Kind> = Kinds[K]["request"];
export type AnswerOf<K extends Kind> = Kinds[K]["answer"];

/** A template, and its name, which errors about it have as their `field`. */
export interface TemplateText {
  readonly name: string;
  readonly text: string;
}

/** The errors about an item. Without errors, it is accepted. */
export interface Verdict {
  readonly errors: readonly UpstreamError[];
}

interface TemplateVerdict {
  /** Errors of templates that work with no sample. Each has the template's name as its field. */
  readonly errors: readonly UpstreamError[];
  /** Errors of templates that work only if their queries return a result. */
  readonly onNothing: readonly UpstreamError[];
  /** Names of the templates whose text changes with the alert's value. */
  readonly followsValue: readonly string[];
}

/** An error of upstream's code. */
export interface UpstreamError {
  readonly message: string;
  /** Line in the request's text, from 1. */
  readonly line?: number;
  /** From 1, in UTF-16 units. */
  readonly column?: number;
  readonly group?: string;
  /** The rule's index in its group, from 0. */
  readonly rule?: number;
  readonly ruleName?: string;
  /** Key path below the rule or the configuration, for example `annotations.summary`; or the name of a template. */
  readonly field?: string;
  /** Path of the wrong part of Alertmanager's configuration: keys, and indices from 0. */
  readonly path?: readonly (string | number)[];
  /** The name of a template that is called wrongly or is not defined. */
  readonly template?: string;
  /** True if the template may work with other alerts than the samples. */
  readonly uncertain?: boolean;
  /** The wrong part of an expression, in UTF-16 units from 0; `to` is exclusive. */
  readonly from?: number;
  readonly to?: number;
  /** The existing keys or names, if the error is about an unknown one. */
  readonly known?: readonly string[];
}

/** A part of a text: offsets in UTF-16 units, `to` is exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Refusal {
  readonly errors: readonly [ExpressionError, ...ExpressionError[]];
}

type ExpressionError = UpstreamError & Span & { readonly line: number; readonly column: number };

export type ValueType = "vector" | "scalar" | "matrix" | "string";

/** The parts of a parsed expression. */
export interface Expression {
  readonly errors?: undefined;
  readonly type: ValueType;
  /** In the order of the text, like all lists here. */
  readonly selectors: readonly Selector[];
  readonly ranges: readonly RangeWindow[];
  /** Names of the functions and aggregations in it, each once. */
  readonly functions: readonly string[];
  readonly aggregations: readonly Aggregation[];
  /** The expression in Prometheus' own format, for example in its list of rules. */
  readonly canonical: string;
  readonly tree: Node;
}

/** `metric{label="value"}`, without a range, `offset` and `@`. */
export interface Selector extends Span {
  /** Missing if the name is matched by a pattern, or not at all. */
  readonly metric?: string;
  /** All matchers except the one for `metric`. */
  readonly matchers: readonly Matcher[];
  /** The selector's text in the expression. */
  readonly text: string;
  /** True if this node, or a range around it, has `offset` or `@`. */
  readonly shifted: boolean;
}

export interface Matcher {
  readonly label: string;
  readonly op: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

/** `x[5m]`, or the subquery `(...)[30m:1m]`. */
export interface RangeWindow extends Span {
  readonly kind: "range" | "subquery";
  /** The text of the duration, and its offsets in the expression. */
  readonly text: string;
  readonly textFrom: number;
  readonly textTo: number;
  /** The duration in milliseconds; missing if it is computed. */
  readonly ms?: number;
  /** The function whose argument it is, for example `rate`. */
  readonly function?: string;
  /** Index in `selectors`; missing for a subquery. */
  readonly selector?: number;
  /** True if this node, or a range around it, has `offset` or `@`. */
  readonly shifted: boolean;
}

export interface Aggregation extends Span {
  readonly name: string;
  /** True for `without`; false for `by` or neither. */
  readonly without: boolean;
  readonly labels: readonly string[];
}

type NodeKind =
  | "aggregation"
  | "binary"
  | "call"
  | "number"
  | "paren"
  | "range"
  | "selector"
  | "string"
  | "subquery"
  | "unary";

/** A node of the syntax tree; children are in the order of the text. */
export interface Node extends Span {
  readonly kind: NodeKind;
  readonly type: ValueType;
  readonly children: readonly Node[];
  /** The function, the aggregation or the metric. */
  readonly name?: string;
  /** The operator of a binary or unary node. */
  readonly operator?: string;
  /** The text of a number. */
  readonly number?: string;
  /** A string's value. */
  readonly text?: string;
  /** Index in `selectors`, `ranges` (for ranges and subqueries) or `aggregations`. */
  readonly index?: number;
  /** True for a comparison that returns 0 or 1. */
  readonly bool?: boolean;
  /** How a binary node between two vectors matches their series. */
  readonly matching?: {
    readonly card: "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";
    readonly on: boolean;
    readonly labels: readonly string[];
    readonly include: readonly string[];
  };
}

/** A line to the process. */
export interface ProgramRequest {
  readonly kind: Kind;
  readonly items: readonly unknown[];
}

/** A line from the process: that it is ready, or the answer to the next item. */
export type ProgramLine = { readonly ready: true } | { readonly answer: unknown };
