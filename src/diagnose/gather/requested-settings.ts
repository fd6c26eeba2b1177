import { provisionedDatasources, type RenderedApp } from "../../model/rendered.ts";
import { findEndpoints } from "../../stack/discover.ts";
import { accessOf } from "../../verify/access/server-access.ts";
import { askedRetention } from "../../verify/requested/prometheus-settings.ts";
import type { RequestedSettings } from "../evidence.ts";

/** What the charts rendered, as far as the rules need it. Pure. A datasource's secrets are left out. */
export function readRequestedSettings(rendered: readonly RenderedApp[]): RequestedSettings {
  return {
    datasources: provisionedDatasources(rendered).map(({ name, url, uid, isDefault }) => ({
      name,
      ...(url === undefined ? {} : { url }),
      ...(uid === undefined ? {} : { uid }),
      ...(isDefault === undefined ? {} : { isDefault }),
    })),
    prometheusService: prometheusService(rendered),
    retention: askedRetention(rendered),
    unknownValues: rendered.flatMap(({ unknownValues }) => unknownValues ?? []),
  };
}

function prometheusService(rendered: readonly RenderedApp[]): RequestedSettings["prometheusService"] {
  const service = findEndpoints(rendered).prometheus;
  const { scheme, path } = accessOf("prometheus", rendered);
  return service && { ...service, scheme, path };
}

/** When what was rendered could not be understood. */
export const nothingRequested: RequestedSettings = {
  datasources: [],
  prometheusService: undefined,
  retention: {},
  unknownValues: [],
};
