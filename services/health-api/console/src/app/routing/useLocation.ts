import { useSyncExternalStore } from "react";

const MOVED = "authpulse:moved";

/** Goes to a path of the console without loading a page. */
export function navigate(path: string): void {
  history.pushState(null, "", path);
  scrollTo(0, 0);
  dispatchEvent(new Event(MOVED));
}

/** Rewrites the query of where we are, as when a filter changes: no new entry for the back button. */
export function replaceQuery(query: string): void {
  history.replaceState(history.state, "", location.pathname + (query && `?${query}`));
  dispatchEvent(new Event(MOVED));
}

export function useLocation(): { path: string; query: string } {
  return {
    path: useSyncExternalStore(subscribe, () => location.pathname),
    query: useSyncExternalStore(subscribe, () => location.search),
  };
}

function subscribe(moved: () => void): () => void {
  addEventListener("popstate", moved);
  addEventListener(MOVED, moved);
  return () => {
    removeEventListener("popstate", moved);
    removeEventListener(MOVED, moved);
  };
}
