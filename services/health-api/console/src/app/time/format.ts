/** Times in words; `now` is an argument. */

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "short" });
const ABSOLUTE = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "medium",
  timeZone: "UTC",
});
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** "2 hr. ago", "in 5 min.", "just now" within 10 s; "" for no time. */
export function relativeTime(iso: string, now: number): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (Math.abs(seconds) < 10) return "just now";
  const [unit, size] = STEPS.find((step) => Math.abs(seconds) >= step[1]) ?? ["second", 1];
  return RELATIVE.format(Math.trunc(seconds / size), unit);
}

/** "23 Nov 2026, 17:42:51 UTC". */
export function absoluteTime(iso: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : `${ABSOLUTE.format(time)} UTC`;
}

/** A point on a scale that ends at `now`: "23 Nov", within two days "5 hr. ago"; both in milliseconds. */
export function pointWords(time: number, now: number): string {
  return now - time > 2 * 86_400_000 ? DAY.format(time) : relativeTime(new Date(time).toISOString(), now);
}

/** The two largest units: "3 d 4 h", "12 min", "45 s"; `ms` in milliseconds. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor((seconds % 86_400) / 3_600),
    Math.floor((seconds % 3_600) / 60),
  ];
  if (days > 0) return hours > 0 ? `${days} d ${hours} h` : `${days} d`;
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
