import { useState } from "react";
import type { OwnerLink } from "../api/connections";
import { Time } from "../time/Time";

/** The link, to be copied and sent; it is shown this once. */
export function OwnerLinkNote({ link }: { readonly link: OwnerLink }) {
  const [copied, setCopied] = useState(false);
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(link.url);
    setCopied(true);
  }
  return (
    <div className="owner-link">
      <input
        aria-label="Link for the owner"
        readOnly
        value={link.url}
        onFocus={(event) => {
          event.target.select();
        }}
      />
      {/* Browsers have a clipboard for secure pages only; the field is selected on focus all the same. */}
      {"clipboard" in navigator && (
        <button type="button" onClick={() => void copy()}>
          {copied ? "Copied" : "Copy"}
        </button>
      )}
      <p className="quiet">
        Whoever opens it signs in at the identity provider without an account here. It ends{" "}
        <Time iso={link.expires_at} />.
      </p>
    </div>
  );
}
