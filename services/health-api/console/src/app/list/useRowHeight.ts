import { useSyncExternalStore } from "react";

const NARROW = "(width < 40rem)";

/** Pixels; must be what list.css gives a row, which is higher where it has two lines. */
export function useRowHeight(): number {
  return useSyncExternalStore(subscribe, () => (matchMedia(NARROW).matches ? 62 : 36));
}

function subscribe(changed: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener("change", changed);
  return () => {
    query.removeEventListener("change", changed);
  };
}
