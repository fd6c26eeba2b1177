import type { Machine } from "./machine.ts";

export interface Point {
  id: string;
  status: string;
  evidence: { met: boolean; text: string }[];
}

/** By their ids. */
export async function points(machine: Machine): Promise<Map<string, Point>> {
  const results = (await machine.results()) as unknown as { checklist: Point[] };
  return new Map(results.checklist.map((point) => [point.id, point]));
}

/** What speaks against a point. */
export function against(point: Point | undefined): string {
  return (point?.evidence ?? [])
    .filter(({ met }) => !met)
    .map(({ text }) => text)
    .join("\n");
}
