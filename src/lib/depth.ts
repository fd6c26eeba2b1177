/** Dashboards are some ten levels deep. What walks through data by calling itself needs a bound. */
export const mostLevels = 200;

/** Whether data is nested deeper than that. */
export function isTooDeep(data: unknown, most = mostLevels): boolean {
  let level: unknown[] = [data];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return false;
}
