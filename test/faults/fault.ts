import type { MirrorFault } from "../e2e/support/machine.ts";

/** One way to break the stack before it is there: a row of the table. */
export interface Fault {
  readonly what: string;
  /** monstack.yaml; the default stack without one. */
  readonly config?: string;
  /** Other files beside it. */
  readonly files?: Readonly<Record<string, string>>;
  /** How the lab's mirror misbehaves meanwhile. */
  readonly mirror?: readonly MirrorFault[];
  /** Runs in the machine beside monstack, e.g. a server that never answers; prints `listening`, and is ended afterwards. */
  readonly beside?: readonly string[];
  /** 1 not verified, 2 bad configuration, 3 could not be installed. */
  readonly exitCode: 1 | 2 | 3;
  /** Id of the first cause. */
  readonly cause: string;
  /** What the first cause says: what is wrong and how it is known. */
  readonly says: RegExp;
  /** Where in the user's files it says that it comes from, e.g. `monstack.yaml:4`. */
  readonly at?: string;
  /** The phase whose begin lets the fault be seen. `none`: seen from the command's start. */
  readonly from: "start cluster" | "deploy" | "verify" | "none";
  /** Seconds after that in which the first sign of it is there, where that needs something to happen first (an image to be pulled, a first crash). */
  readonly visibleAfter?: number;
  /** The suite that has it as one of its kind; `npm run test:faults` has all. */
  readonly ci?: "smoke" | "e2e";
}

/** One way to break a stack that is up and was verified. */
export interface LiveFault {
  readonly what: string;
  /** A shell script in the machine; `$KUBECTL` is kubectl with its kubeconfig, `$PASSWORD` Grafana's. */
  readonly breaks: string;
  readonly fixes: string;
  /** Seconds until the script's work can be seen, which the script can't wait for. */
  readonly visibleAfter?: number;
  readonly beside?: readonly string[];
  readonly cause: string;
  readonly says: RegExp;
  readonly ci?: "smoke" | "e2e";
}

/** How long after it can be seen a fault must be told, in seconds. */
export const toldWithin = 20;

/** A server in the machine that takes connections and never says a word. */
export function silentServer(port: number): readonly string[] {
  return [
    process.execPath,
    "-e",
    `require("net").createServer(() => {}).listen(${port}, "0.0.0.0", () => console.log("listening"))`,
  ];
}

/** A server in the machine that answers every request alike. */
export function server(port: number, status: number, body: string, type = "text/html"): readonly string[] {
  const answer = JSON.stringify([status, { "content-type": type }, body]);
  return [
    process.execPath,
    "-e",
    `const [s, h, b] = ${answer}; require("http").createServer((_, r) => r.writeHead(s, h).end(b)).listen(${port}, "0.0.0.0", () => console.log("listening"))`,
  ];
}

/** The machine's address in the lab, which pods reach. */
export const nodeAddress = "198.51.100.10";

/** A scrape job of the user's with one static target. */
export function scrapes(target: string, more = ""): string {
  return `apps:
  prometheus:
    values:
      scrapeConfigs:
        my-app:
          enabled: true
          scrape_interval: 2s
          scrape_timeout: 1s
          ${more}
          static_configs: [{targets: ["${target}"]}]
`;
}
