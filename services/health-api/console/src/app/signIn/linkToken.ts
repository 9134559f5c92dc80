/** The sign-in link's token: in the fragment, which no server and no log ever sees. */

let taken: string | null | undefined;

/** The token of `#token=…`, or null. Taken out of the address at once; asked again, the answer is the same. */
export function takeLinkToken(): string | null {
  if (taken !== undefined) return taken;
  taken = new URLSearchParams(location.hash.slice(1)).get("token");
  if (taken !== null) history.replaceState(null, "", location.pathname + location.search);
  return taken;
}
