import { absoluteTime, duration } from "./format";
import { useNow } from "./useNow";

/** For how long something has been so: "13 s"; since when on hover and for machines. */
export function Lasting({ since }: { readonly since: string }) {
  const now = useNow();
  return (
    <time dateTime={since} title={`since ${absoluteTime(since)}`}>
      {duration(Math.max(0, now - Date.parse(since)))}
    </time>
  );
}
