import type { Received, Reply } from "./local-server.ts";

type Answer = (request: Received) => Reply | Promise<Reply>;

/** As Prometheus and Alertmanager below a path: the root leads there, and all else outside it is not found. */
export function below(path: string, answer: Answer): Answer {
  return (request) => {
    if (request.path === "/")
      return { status: 302, contentType: null, headers: { location: path }, body: "" };
    if (!request.path.startsWith(`${path}/`))
      return { status: 404, contentType: "text/plain; charset=utf-8", body: "404 page not found\n" };
    return answer({ ...request, path: request.path.slice(path.length) });
  };
}

/** As Grafana with serve_from_sub_path: what is outside the path is sent to root_url, which is for browsers. */
export function belowSubPath(path: string, rootUrl: string, answer: Answer): Answer {
  return (request) => {
    if (!request.path.startsWith(path))
      return {
        status: 301,
        contentType: null,
        headers: { location: `${rootUrl}${request.path.slice(1)}` },
        body: "",
      };
    return answer({ ...request, path: request.path.slice(path.length) });
  };
}

/** As Prometheus and Alertmanager with basic_auth_users. */
export function behindLogin(user: string, password: string, answer: Answer): Answer {
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  return (request) =>
    request.authorization === expected
      ? answer(request)
      : { status: 401, contentType: "text/plain; charset=utf-8", body: "Unauthorized\n" };
}
