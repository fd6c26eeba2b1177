import type { RenderedApp } from "../../deploy/types.ts";
import { askedRetention } from "../../verify/asked-of-prometheus.ts";
import { findEndpoints } from "../../verify/discover.ts";
import { provisionedDatasources } from "../../verify/rendered.ts";
import type { AskedFor } from "../types.ts";

/** What the charts rendered, as far as the rules need it. Pure. A datasource's secrets are left out. */
export function askedOf(rendered: readonly RenderedApp[]): AskedFor {
  return {
    datasources: provisionedDatasources(rendered).map(({ name, url, uid, isDefault }) => ({
      name,
      ...(url === undefined ? {} : { url }),
      ...(uid === undefined ? {} : { uid }),
      ...(isDefault === undefined ? {} : { isDefault }),
    })),
    prometheusService: findEndpoints(rendered).prometheus,
    retention: askedRetention(rendered),
    unknownValues: rendered.flatMap(({ unknownValues }) => unknownValues ?? []),
  };
}

/** When what was rendered could not be understood. */
export const nothingAsked: AskedFor = {
  datasources: [],
  prometheusService: undefined,
  retention: {},
  unknownValues: [],
};
