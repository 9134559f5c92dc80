import { useEffect, useRef, type KeyboardEvent, type RefObject } from "react";
import { rowAfterKey, scrollTopFor, type Viewport } from "./window";

/** Arrow keys, Page Up and Down, Home and End move the focus over the rows, drawn or not. */
export function useRowKeys(
  pane: RefObject<HTMLElement | null>,
  view: Viewport,
  rowHeight: number,
  count: number,
) {
  const wanted = useRef<number | null>(null);

  function focusWanted(): void {
    const link = pane.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (!link) return;
    link.focus({ preventScroll: true });
    wanted.current = null;
  }

  // A row that was far away is drawn only after the scroll; until then the wish stands.
  useEffect(focusWanted, [pane, view]);

  function onKeyDown(event: KeyboardEvent): void {
    const index = Number((event.target as HTMLElement).dataset.index ?? NaN);
    if (Number.isNaN(index) || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = rowAfterKey(event.key, index, count, Math.max(1, Math.floor(view.height / rowHeight) - 1));
    if (next === null) return;
    event.preventDefault();
    pane.current?.scrollTo({ top: scrollTopFor(next, view, rowHeight) });
    wanted.current = next;
    focusWanted();
  }

  return { onKeyDown };
}
