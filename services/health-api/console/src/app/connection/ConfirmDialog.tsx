import { useLayoutEffect, useRef, useState } from "react";

interface Props {
  readonly title: string;
  readonly text: string;
  /** Something that may be agreed to with it. */
  readonly option?: string | undefined;
  readonly confirm: string;
  readonly danger: boolean;
  readonly onConfirm: (agreed: boolean) => void;
  readonly onCancel: () => void;
}

/** A question before something is done; the browser's own modal keeps the focus inside and Escape cancels. */
export function ConfirmDialog({ title, text, option, confirm, danger, onConfirm, onCancel }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [agreed, setAgreed] = useState(false);
  // Closed before it leaves the page, or the focus would not return to where it was.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => {
      element?.close();
    };
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="confirm-title" aria-describedby="confirm-text" onCancel={onCancel}>
      <h2 id="confirm-title">{title}</h2>
      <p id="confirm-text">{text}</p>
      {option && (
        <label className="dialog-option">
          <input
            type="checkbox"
            checked={agreed}
            onChange={(event) => {
              setAgreed(event.target.checked);
            }}
          />
          {option}
        </label>
      )}
      <div className="dialog-buttons">
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
        <button
          type="button"
          className={danger ? "danger" : "primary"}
          onClick={() => {
            onConfirm(agreed);
          }}
        >
          {confirm}
        </button>
      </div>
    </dialog>
  );
}
