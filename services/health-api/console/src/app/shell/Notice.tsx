import "./notice.css";

interface Props {
  readonly tone: "red" | "amber" | "green";
  readonly title: string;
  readonly detail?: string | undefined;
}

const MARKS = { red: "✕", amber: "!", green: "✓" } as const;

/** The outcome of something, said aloud by a screen reader; the mark tells the tone without colour. */
export function Notice({ tone, title, detail }: Props) {
  return (
    <div className={`notice notice-${tone}`} role={tone === "red" ? "alert" : "status"}>
      <span aria-hidden="true" className="notice-mark">
        {MARKS[tone]}
      </span>
      <div>
        <strong>{title}</strong>
        {detail && <div>{detail}</div>}
      </div>
    </div>
  );
}
