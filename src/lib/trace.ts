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

/** Anything with the id of a span. */
type Identified = Pick<Span, "id">;

export interface SpanInput {
  readonly kind: SpanKind;
  readonly name: string;
  readonly attributes?: Attributes;
  /** Spans that it waited for. */
  readonly after?: readonly Identified[];
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
  note(attributes: Attributes): void;
  /** Records that this span also waited for others. */
  follow(others: readonly Identified[]): void;
  /** Ends the span. The first end counts. */
  end(attributes?: Attributes): void;
}

export interface Tracer {
  /** The span of the whole run. */
  readonly root: Span;
  /** Returns all spans so far. Those that are still open end now. */
  read(): Recording;
}

export interface Recording {
  readonly spans: readonly SpanRecord[];
  /** How many spans were not recorded, because the trace was full. */
  readonly leftOut: number;
}

const maximumSpans = 2_000;
/** Places that the numerous kinds can't take, so that the checks and the teardown are never cut. */
const reservedSpans = 500;
const numerousKinds: readonly SpanKind[] = ["image", "pod", "container", "scrape"];

type OpenRecord = { -readonly [Key in keyof SpanRecord]: SpanRecord[Key] } & { isOpen: boolean };

/**
 * Returns a tracer whose run begins now. It keeps at most 2,000 spans and counts the others.
 * @param now returns milliseconds since the epoch
 */
export function createTracer(now: () => number): Tracer {
  const records: OpenRecord[] = [];
  let leftOut = 0;
  const hasPlace = (kind: SpanKind) =>
    records.length < maximumSpans - (numerousKinds.includes(kind) ? reservedSpans : 0);
  const listIds = (spans: readonly Identified[]) => spans.flatMap(({ id }) => id ?? []);
  const open = (parent: number | undefined, input: SpanInput, endedMs?: number): Span => {
    const { kind, name, attributes = {}, after = [], startedMs = now() } = input;
    if (!hasPlace(kind)) {
      leftOut += 1;
      return leaveOut();
    }
    const record: OpenRecord = {
      ...{ id: records.length + 1, parent, kind, name, startedMs, endedMs: endedMs ?? startedMs },
      ...{ after: listIds(after), attributes, isOpen: endedMs === undefined },
    };
    records.push(record);
    return toSpan(record);
  };
  /** Returns a span that is only counted, as are its parts. */
  const leaveOut = (): Span => ({
    id: undefined,
    start: () => {
      leftOut += 1;
      return leaveOut();
    },
    add: () => {
      leftOut += 1;
      return leaveOut();
    },
    note: () => undefined,
    follow: () => undefined,
    end: () => undefined,
  });
  const toSpan = (record: OpenRecord): Span => ({
    id: record.id,
    start: (input) => open(record.id, input),
    add: ({ endedMs, ...input }) => open(record.id, input, endedMs),
    note: (attributes) => {
      record.attributes = { ...record.attributes, ...attributes };
    },
    follow: (others) => {
      record.after = [...new Set([...record.after, ...listIds(others)])];
    },
    end: (attributes) => {
      if (!record.isOpen) return;
      record.isOpen = false;
      record.endedMs = Math.max(record.startedMs, now());
      if (attributes !== undefined) record.attributes = { ...record.attributes, ...attributes };
    },
  });
  return {
    root: open(undefined, { kind: "run", name: "run" }),
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
