import { useLayoutEffect, useState, type RefObject } from "react";
import type { Viewport } from "./window";

/** What of the element is scrolled to; renewed at most once a frame. */
export function useViewport(pane: RefObject<HTMLElement | null>): Viewport {
  const [view, setView] = useState<Viewport>({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const element = pane.current;
    if (!element) return;
    let frame = 0;
    const measure = (): void => {
      frame = 0;
      setView({ top: element.scrollTop, height: element.clientHeight });
    };
    const soon = (): void => {
      frame ||= requestAnimationFrame(measure);
    };
    const observer = new ResizeObserver(soon);
    observer.observe(element);
    element.addEventListener("scroll", soon, { passive: true });
    measure();
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      element.removeEventListener("scroll", soon);
    };
  }, [pane]);
  return view;
}
