/** Requests to health-api; an expected failure is a value, with the problem document's words. */

/** What of an RFC 9457 problem document a person reads. */
export interface Problem {
  /** 0 where no answer came at all. */
  readonly status: number;
  /** Names the kind of problem to programs; "" where no problem document came. */
  readonly type: string;
  readonly title: string;
  readonly detail: string;
}

export type Answer<Body> =
  { readonly ok: true; readonly body: Body } | { readonly ok: false; readonly problem: Problem };

export const ADMIN = "/api/v1/admin";

export async function request<Body>(
  method: string,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Answer<Body>> {
  try {
    const answer = await fetch(path, {
      method,
      headers: {
        Accept: "application/json",
        ...(body !== undefined && { "Content-Type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    const text = await answer.text();
    if (!answer.ok) return { ok: false, problem: readProblem(answer.status, text) };
    return { ok: true, body: (text === "" ? null : JSON.parse(text)) as Body };
  } catch {
    return { ok: false, problem: UNREACHABLE };
  }
}

const UNREACHABLE: Problem = {
  status: 0,
  type: "",
  title: "No answer",
  detail: "The API did not answer. Check that health-api is running and that you are online.",
};

export function readProblem(status: number, text: string): Problem {
  let body: Partial<Record<string, unknown>> = {};
  try {
    body = (JSON.parse(text) ?? {}) as typeof body;
  } catch {
    // A proxy on the way answers in HTML; the status is then all there is to say.
  }
  return {
    status,
    type: typeof body.type === "string" ? body.type : "",
    title: typeof body.title === "string" ? body.title : `HTTP ${status}`,
    detail: typeof body.detail === "string" ? body.detail : "",
  };
}
