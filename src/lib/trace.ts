/** Kinds of work that a trace distinguishes. */
export const spanKinds = [
  "run",
  "phase",
  "tool",
  "chart",
  "image",
  "cluster",
  "release",
  "workload",
  "pod",
  "container",
  "scrape",
  "check",
  "teardown",
] as const;

export type SpanKind = (typeof spanKinds)[number];

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A recorded piece of work. */
export interface SpanRecord {
  /** Unique in its trace, from 1. */
  readonly id: number;
  /** The span that it is a part of; undefined for the run itself. */
  readonly parent: number | undefined;
  readonly kind: SpanKind;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
  /** Milliseconds since the epoch. */
  readonly endedMs: number;
  /** Ids of spans that it waited for, before it began or while it ran. */
  readonly after: readonly number[];
  readonly attributes: Attributes;
}

/** A span, as far as others refer to it. */
type HasSpanId = Pick<Span, "id">;

/** The description of a span that begins. */
export interface SpanInput {
  readonly kind: SpanKind;
  readonly name: string;
  readonly attributes?: Attributes;
  /** Spans that it waited for. */
  readonly after?: readonly HasSpanId[];
  /** Milliseconds since the epoch; default: now. */
  readonly startedMs?: number;
}

/** A piece of work that is being recorded. It is open until `end`. */
export interface Span {
  /** Undefined if the trace was full, so that it is only counted. */
  readonly id: number | undefined;
  /** Opens a span that is a part of this one. */
  start(input: SpanInput): Span;
  /** Records a part whose end is known already, in milliseconds since the epoch. */
  add(input: SpanInput & { readonly endedMs: number }): Span;
  /** Adds attributes to the span. */
  note(attributes: Attributes): void;
  /** Records that this span also waited for others. */
  follow(others: readonly HasSpanId[]): void;
  /** Ends the span. The first end counts. */
  end(attributes?: Attributes): void;
}

/** Records the spans of a run. */
export interface Tracer {
  /** The span of the whole run. */
  readonly root: Span;
  /** Returns all spans so far. Those that are still open end now. */
  read(): Recording;
}

/** The spans that a tracer has recorded. */
export interface Recording {
  readonly spans: readonly SpanRecord[];
  /** The number of spans that were not recorded because the trace was full. */
  readonly leftOut: number;
}

/** The maximum number of recorded spans. */
const maxSpans = 2_000;
/** The number of spans that only the other kinds can use, so that checks and teardown are always recorded. */
const reservedSpans = 500;
/** The kinds of which a run can have very many spans. */
const numerousKinds: readonly SpanKind[] = ["image", "pod", "container", "scrape"];

type RecordInProgress = { -readonly [Key in keyof SpanRecord]: SpanRecord[Key] } & { isOpen: boolean };

/**
 * Returns a tracer whose run begins now. It keeps at most 2,000 spans and counts the others.
 * @param now returns milliseconds since the epoch
 */
export function createTracer(now: () => number): Tracer {
  const records: RecordInProgress[] = [];
  let leftOut = 0;
  const canRecord = (kind: SpanKind) =>
    records.length < maxSpans - (numerousKinds.includes(kind) ? reservedSpans : 0);
  const listSpanIds = (spans: readonly HasSpanId[]) => spans.flatMap(({ id }) => id ?? []);
  const startSpan = (parent: number | undefined, input: SpanInput, endedMs?: number): Span => {
    const { kind, name, attributes = {}, after = [], startedMs = now() } = input;
    if (!canRecord(kind)) {
      leftOut += 1;
      return createUnrecordedSpan();
    }
    const record: RecordInProgress = {
      ...{ id: records.length + 1, parent, kind, name, startedMs, endedMs: endedMs ?? startedMs },
      ...{ after: listSpanIds(after), attributes, isOpen: endedMs === undefined },
    };
    records.push(record);
    return createSpan(record);
  };
  /** Returns a span that is only counted, as are its parts. */
  const createUnrecordedSpan = (): Span => ({
    id: undefined,
    start: () => {
      leftOut += 1;
      return createUnrecordedSpan();
    },
    add: () => {
      leftOut += 1;
      return createUnrecordedSpan();
    },
    note: () => undefined,
    follow: () => undefined,
    end: () => undefined,
  });
  const createSpan = (record: RecordInProgress): Span => ({
    id: record.id,
    start: (input) => startSpan(record.id, input),
    add: ({ endedMs, ...input }) => startSpan(record.id, input, endedMs),
    note: (attributes) => {
      record.attributes = { ...record.attributes, ...attributes };
    },
    follow: (others) => {
      record.after = [...new Set([...record.after, ...listSpanIds(others)])];
    },
    end: (attributes) => {
      if (!record.isOpen) return;
      record.isOpen = false;
      record.endedMs = Math.max(record.startedMs, now());
      if (attributes !== undefined) record.attributes = { ...record.attributes, ...attributes };
    },
  });
  return {
    root: startSpan(undefined, { kind: "run", name: "run" }),
    read: () => ({
      spans: records.map(({ isOpen, ...record }) => ({
        ...record,
        endedMs: isOpen ? Math.max(record.startedMs, now()) : record.endedMs,
      })),
      leftOut,
    }),
  };
}

/**
 * Does some work within a span, which ends with it. If the work throws, the span has the attribute `failed`. Without a
 * parent nothing is recorded.
 */
export async function inSpan<T>(
  parent: Span | undefined,
  input: SpanInput,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  const span = parent?.start(input);
  try {
    const result = await work(span);
    span?.end();
    return result;
  } catch (error) {
    span?.end({ failed: true });
    throw error;
  }
}
