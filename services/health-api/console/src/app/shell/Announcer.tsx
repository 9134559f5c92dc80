import { useEffect, useRef, useState } from "react";
import type { Shift } from "../../oauth-health";
import { announcement } from "./announcement";

const GATHER_MS = 1_500;

/** Reads changes aloud, gathered: fifty a second would be noise. */
export function Announcer({ shifts }: { readonly shifts: readonly Shift[] }) {
  const gathered = useRef<Shift[]>([]);
  const [text, setText] = useState("");
  useEffect(() => {
    if (shifts.length === 0) return;
    if (gathered.current.length === 0) {
      setTimeout(() => {
        setText(announcement(gathered.current));
        gathered.current = [];
      }, GATHER_MS);
    }
    gathered.current.push(...shifts);
  }, [shifts]);
  return (
    <div className="visually-hidden" role="status" aria-live="polite" aria-label="Changes">
      {text}
    </div>
  );
}
