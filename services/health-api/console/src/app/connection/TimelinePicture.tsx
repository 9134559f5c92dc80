import type { Stretch } from "./timeline";

const WIDTH = 900;
const HEIGHT = 26;
/** Narrower stretches would not be seen, and trouble must be. */
const SEEN = 2.5;
/** How high each state stands, so that the picture reads without colour. */
const LEVELS: Record<Stretch["state"], number> = {
  reauth: 1,
  failing: 0.7,
  healthy: 0.4,
  "no-oauth": 0.2,
  unknown: 0.1,
};

/** Decoration for the eye; the legend under it says the same. Trouble is drawn last, over the rest. */
export function TimelinePicture({ found }: { readonly found: readonly Stretch[] }) {
  const begin = found[0]?.from ?? 0;
  const scale = WIDTH / Math.max(1, (found.at(-1)?.to ?? 0) - begin);
  const ordered = [...found].sort((a, b) => LEVELS[a.state] - LEVELS[b.state]);
  return (
    <svg
      className="timeline-picture"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {ordered.map(({ state, from, to }) => {
        const width = Math.max((to - from) * scale, SEEN);
        const height = HEIGHT * LEVELS[state];
        return (
          <rect
            key={`${state} ${from}`}
            className={`stretch stretch-${state}`}
            x={Math.min((from - begin) * scale, WIDTH - width)}
            y={HEIGHT - height}
            width={width}
            height={height}
          />
        );
      })}
    </svg>
  );
}
