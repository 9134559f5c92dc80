/** Keeps a storm of changes from becoming a storm of renders. */

import { combineChanges } from "./board.js";
import type { Message } from "./health.js";

/**
 * Returns a function that passes a first message on at once, and what follows within `every` milliseconds together,
 * changes combined into one. `stop` drops what is still held.
 */
export function gather(
  emit: (message: Message) => void,
  every: number,
): { tell: (message: Message) => void; stop: () => void } {
  let held: Message[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    timer = undefined;
    const ready = held;
    if (ready.length === 0) return;
    held = [];
    timer = setTimeout(flush, every);
    for (const message of ready) emit(message);
  }

  return {
    tell(message) {
      const last = held.at(-1);
      if (last?.type === "changed" && message.type === "changed") {
        held[held.length - 1] = { type: "changed", ...combineChanges(last, message) };
      } else held.push(message);
      if (timer === undefined) flush();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      held = [];
    },
  };
}
