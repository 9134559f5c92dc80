import { useEffect, useRef } from "react";
import type { Filter } from "./filter";

interface Props {
  readonly filter: Filter;
  readonly kinds: readonly string[];
  readonly shown: number;
  readonly onChange: (filter: Filter) => void;
}

/** Search and kind. The slash key goes to the search, unless something is being written. */
export function FilterBar({ filter, kinds, shown, onChange }: Props) {
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    function onKey(event: globalThis.KeyboardEvent): void {
      const busy = event.target instanceof Element && event.target.matches("input, select, textarea");
      if (event.key !== "/" || busy || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      search.current?.focus();
    }
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("keydown", onKey);
    };
  }, []);
  return (
    <search className="filter-bar">
      <input
        ref={search}
        type="search"
        aria-label="Search connections"
        aria-keyshortcuts="/"
        placeholder="Search name or code  ( / )"
        value={filter.q}
        onChange={(event) => {
          onChange({ ...filter, q: event.target.value });
        }}
      />
      <select
        aria-label="Kind"
        value={filter.kind}
        onChange={(event) => {
          onChange({ ...filter, kind: event.target.value });
        }}
      >
        <option value="">All kinds</option>
        {kinds.map((kind) => (
          <option key={kind}>{kind}</option>
        ))}
      </select>
      <span className="quiet shown" role="status">
        {shown.toLocaleString("en")} shown
      </span>
    </search>
  );
}
