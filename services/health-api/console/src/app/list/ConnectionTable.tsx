import "./table.css";
import { useRef } from "react";
import type { HealthRow } from "../../oauth-health";
import { ConnectionRow } from "./ConnectionRow";
import { useRowHeight } from "./useRowHeight";
import { useRowKeys } from "./useRowKeys";
import { useViewport } from "./useViewport";
import { drawnRows } from "./window";

const COLUMNS = ["State", "Connection", "IdP's code", "Token", "Changed"];

/** The rows, of which only those in sight are drawn: 100,000 scroll like a hundred. */
export function ConnectionTable({ rows }: { readonly rows: readonly HealthRow[] }) {
  const pane = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();
  const view = useViewport(pane);
  const { onKeyDown } = useRowKeys(pane, view, rowHeight, rows.length);
  const { first, end } = drawnRows(view, rowHeight, rows.length);
  const entry = Math.ceil(view.top / rowHeight);
  return (
    <div
      className="table"
      role="table"
      aria-label="Connections"
      aria-rowcount={rows.length + 1}
      aria-colcount={COLUMNS.length}
    >
      <div role="rowgroup" className="table-head">
        <div role="row" aria-rowindex={1} className="table-row">
          {COLUMNS.map((column) => (
            <span role="columnheader" key={column}>
              {column}
            </span>
          ))}
        </div>
      </div>
      {/* eslint-disable-next-line jsx-a11y-x/no-noninteractive-element-interactions -- the keys act on the links inside */}
      <div role="rowgroup" className="table-pane" ref={pane} onKeyDown={onKeyDown}>
        <div role="presentation" className="table-canvas" style={{ height: rows.length * rowHeight }}>
          {rows.slice(first, end).map((row, offset) => {
            const index = first + offset;
            return (
              <ConnectionRow
                key={`${row.kind}\n${row.name}`}
                row={row}
                index={index}
                top={index * rowHeight}
                tabbable={index === Math.min(entry, rows.length - 1)}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}
