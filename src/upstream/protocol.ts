/**
 * Judges what belongs to Prometheus or Alertmanager by their own code (`upstream/`, compiled to WebAssembly), in a process of
 * its own that starts with the first question.
 */
export interface Judge {
  /**
   * One batch; answers are in the order of the items. An item that upstream's code does not finish within the bounds of
   * `judge.ts` gets an error of its own, never a pass.
   * @throws JudgeUnavailable when the process cannot be started: nothing was judged
   */
  ask<K extends Kind>(kind: K, items: readonly RequestOf<K>[]): Promise<readonly AnswerOf<K>[]>;
  /** Ends the process. A later question starts a new one. */
  close(): Promise<void>;
}

/** Everything that can be judged: what is asked, and what is answered. */
export interface Kinds {
  /** A rule file, as Prometheus loads it and `promtool check rules` judges it. */
  readonly rules: {
    readonly request: {
      readonly text: string;
      /** Names of `--enable-feature`. */
      readonly features?: readonly string[];
      /** Names of labels and metrics as before Prometheus 3. */
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
  /** The templates of an alert's labels and annotations, tried with many samples. */
  readonly ruleTemplates: {
    readonly request: {
      /** The rule's name. */
      readonly alert: string;
      readonly templates: readonly TemplateText[];
      /** Those that the alert's series is known to have; default: any. */
      readonly labels?: Readonly<Record<string, string>>;
      readonly features?: readonly string[];
    };
    readonly answer: TemplateVerdict;
  };
  /** Alertmanager's template files, and every templated field of the receivers, tried with a sample. */
  readonly alertmanagerTemplates: {
    readonly request: {
      /** The configuration. */
      readonly text: string;
      /** Of each template file. */
      readonly templates: readonly TemplateText[];
    };
    readonly answer: Verdict;
  };
}

export type Kind = keyof Kinds;
export type RequestOf<K extends Kind> = Kinds[K]["request"];
export type AnswerOf<K extends Kind> = Kinds[K]["answer"];

/** A template, and the name that errors in it carry as their `field`. */
export interface TemplateText {
  readonly name: string;
  readonly text: string;
}

/** Without errors it is accepted. */
export interface Verdict {
  readonly errors: readonly UpstreamError[];
}

interface TemplateVerdict {
  /** No sample makes the template work. Each has the template's name as its field. */
  readonly errors: readonly UpstreamError[];
  /** The template works only when its queries find something. */
  readonly onNothing: readonly UpstreamError[];
  /** Names of the templates whose text changes with the alert's value. */
  readonly followsValue: readonly string[];
}

/** An error in upstream's own words. */
export interface UpstreamError {
  readonly message: string;
  /** Of the text that was given, from 1. */
  readonly line?: number;
  /** From 1, in UTF-16 units. */
  readonly column?: number;
  readonly group?: string;
  /** The rule's index in its group, from 0. */
  readonly rule?: number;
  readonly ruleName?: string;
  /** Below the rule or the configuration, e.g. `expr`, `annotations.summary`; the name of a template. */
  readonly field?: string;
  /** To the part of Alertmanager's configuration that is at fault: keys, and indices from 0. */
  readonly path?: readonly (string | number)[];
  /** The name of a template that is called and can't be used so. */
  readonly template?: string;
  /** Other alerts than the samples may be fine. */
  readonly uncertain?: boolean;
  /** In the expression, where the error is about one: UTF-16 units from 0, `to` is exclusive. */
  readonly from?: number;
  readonly to?: number;
  /** The keys or names that exist, where the error is about one that does not. */
  readonly known?: readonly string[];
}

/** Where something stands: offsets in UTF-16 units, `to` is exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Refusal {
  readonly errors: readonly [ExpressionError, ...ExpressionError[]];
}

type ExpressionError = UpstreamError & Span & { readonly line: number; readonly column: number };

export type ValueType = "vector" | "scalar" | "matrix" | "string";

/** What an expression is made of. */
export interface Expression {
  readonly errors?: undefined;
  readonly type: ValueType;
  /** In the order of the text, like all lists here. */
  readonly selectors: readonly Selector[];
  readonly ranges: readonly RangeWindow[];
  /** Names of the functions and aggregations in it, each once. */
  readonly functions: readonly string[];
  readonly aggregations: readonly Aggregation[];
  /** As Prometheus itself writes it, e.g. in the list of its rules. */
  readonly canonical: string;
  readonly tree: Node;
}

/** `metric{label="value"}`, without a range, `offset` and `@`. */
export interface Selector extends Span {
  /** Missing when the name is matched by an expression, or not at all. */
  readonly metric?: string;
  /** Without the one that gives `metric`. */
  readonly matchers: readonly Matcher[];
  /** As it is written. */
  readonly text: string;
  /** It, or a range around it, has `offset` or `@`. */
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
  /** The duration as it is written, and where. */
  readonly text: string;
  readonly textFrom: number;
  readonly textTo: number;
  /** Missing when it is not a plain duration. */
  readonly ms?: number;
  /** That takes it, e.g. `rate`. */
  readonly function?: string;
  /** Index in `selectors`; missing for a subquery. */
  readonly selector?: number;
  /** It, or a range around it, has `offset` or `@`. */
  readonly shifted: boolean;
}

export interface Aggregation extends Span {
  readonly name: string;
  /** `by` (or nothing) when false. */
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
  /** Of binary and unary nodes. */
  readonly operator?: string;
  /** A number as it is written. */
  readonly number?: string;
  /** A string's value. */
  readonly text?: string;
  /** In `selectors`, `ranges` (for ranges and subqueries) or `aggregations`. */
  readonly index?: number;
  /** A comparison that returns 0 or 1. */
  readonly bool?: boolean;
  /** Of a binary node between two vectors. */
  readonly matching?: {
    readonly card: "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";
    readonly on: boolean;
    readonly labels: readonly string[];
    readonly include: readonly string[];
  };
}

/** What the process gets on one line. */
export interface ProgramRequest {
  readonly kind: Kind;
  readonly items: readonly unknown[];
}

/** What it writes on one line: that it is ready, or the answer to the next item. */
export type ProgramLine = { readonly ready: true } | { readonly answer: unknown };
