/** Which rows of a long list are drawn. Pure. */

/** Drawn beyond each edge, so that a fast scroll shows no gap. */
const MARGIN = 8;

export interface Viewport {
  /** Pixels scrolled down. */
  readonly top: number;
  /** Pixels that are seen. */
  readonly height: number;
}

/** The rows from `first` up to, but not including, `end`. */
export function drawnRows(view: Viewport, rowHeight: number, count: number): { first: number; end: number } {
  const first = Math.max(0, Math.floor(view.top / rowHeight) - MARGIN);
  const end = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + MARGIN);
  return { first: Math.min(first, Math.max(0, count - 1)), end };
}

/** How far to scroll so that row `index` is seen whole; where it is seen already, no further than now. */
export function scrollTopFor(index: number, view: Viewport, rowHeight: number): number {
  const top = index * rowHeight;
  if (top < view.top) return top;
  return Math.max(view.top, top + rowHeight - view.height);
}

/** The row that a key moves to from row `index`, or null for a key that means nothing here. */
export function rowAfterKey(key: string, index: number, count: number, page: number): number | null {
  const last = count - 1;
  switch (key) {
    case "ArrowDown":
      return Math.min(index + 1, last);
    case "ArrowUp":
      return Math.max(index - 1, 0);
    case "PageDown":
      return Math.min(index + page, last);
    case "PageUp":
      return Math.max(index - page, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
