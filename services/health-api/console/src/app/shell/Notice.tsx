import "./notice.css";

interface Props {
  readonly tone: "red" | "amber" | "green";
  readonly title: string;
  readonly detail?: string | undefined;
  /** What changes from moment to moment, and is therefore not read aloud each time. */
  readonly aside?: string;
}

const MARKS = { red: "✕", amber: "!", green: "✓" } as const;

/** The outcome of something, said aloud by a screen reader; the mark tells the tone without colour. */
export function Notice({ tone, title, detail, aside }: Props) {
  return (
    <div className={`notice notice-${tone}`} role={tone === "red" ? "alert" : "status"}>
      <span aria-hidden="true" className="notice-mark">
        {MARKS[tone]}
      </span>
      <div>
        <strong>{title}</strong>
        {detail && <div>{detail}</div>}
        {aside && <div aria-live="off">{aside}</div>}
      </div>
    </div>
  );
}
