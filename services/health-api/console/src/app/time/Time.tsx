import { absoluteTime, relativeTime } from "./format";
import { useNow } from "./useNow";

/** A moment: relative to be read, absolute on hover and for machines; a dash for none. */
export function Time({
  iso,
  none = "–",
}: {
  readonly iso: string | null | undefined;
  readonly none?: string;
}) {
  const now = useNow();
  if (!iso) return <span>{none}</span>;
  return (
    <time dateTime={iso} title={absoluteTime(iso)}>
      {relativeTime(iso, now)}
    </time>
  );
}
