import { parseDuration } from "../../lib/duration.ts";
import { parsePrometheusSize, parseQuantity } from "../../lib/quantity.ts";
import type { Mistake } from "../../yaml/mistakes.ts";
import type { SettingName, Settings } from "../settings.ts";

/**
 * Settings that are right each for itself but not together.
 * @param where what a message puts in front: the place in the file, the flag, the input
 */
export function contradictions(
  set: Settings,
  where: (name: SettingName) => Pick<Mistake, "where" | "path">,
): Mistake[] {
  const { "scrape-interval": interval, "scrape-timeout": timeout } = set;
  const { "retention-size": retained, storage } = set;
  const found: Mistake[] = [];
  if (interval !== undefined && timeout !== undefined && ms(timeout) > ms(interval)) {
    const problem = `${timeout} is longer than the scrape interval ${interval}, which Prometheus refuses; expected at most ${interval}`;
    found.push({ ...where("scrape-timeout"), problem });
  }
  const volume = storage?.prometheus;
  if (
    retained !== undefined &&
    volume !== undefined &&
    (parsePrometheusSize(retained) ?? 0) >= bytes(volume)
  ) {
    const problem = `${retained} is no less than the volume of ${volume}, which would be full before Prometheus deletes anything; expected at most ${mostOf(bytes(volume))} (80 %)`;
    found.push({ ...where("retention-size"), problem });
  }
  return found;
}

function ms(duration: string): number {
  return parseDuration(duration) ?? 0;
}

function bytes(quantity: string): number {
  return parseQuantity(quantity) ?? 0;
}

/** 80 % of a volume, as Prometheus writes sizes. */
function mostOf(volume: number): string {
  const megabytes = Math.floor((volume * 0.8) / 1024 ** 2);
  return megabytes >= 10 * 1024 ? `${Math.floor(megabytes / 1024)}GB` : `${megabytes}MB`;
}
