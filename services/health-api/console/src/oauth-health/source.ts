/** Where the health comes from, and how the requests to it are made. */

export interface Source {
  /** Origin (and path, behind a proxy) of health-api; "" is the page's own. */
  readonly baseUrl: string;
  /** A bearer token; without it the browser's session cookie is used. */
  readonly bearer?: string | undefined;
}

const PATH = "/api/v1/admin/connections/oauth-health";

export function bulkUrl(source: Source): string {
  return source.baseUrl.replace(/\/$/, "") + PATH;
}

export function streamUrl(source: Source): string {
  return `${bulkUrl(source)}/stream`;
}

export function headersFor(source: Source, more: Record<string, string> = {}): Record<string, string> {
  return source.bearer === undefined ? more : { ...more, Authorization: `Bearer ${source.bearer}` };
}
