// What a health row means to a reader: its badge, and how urgent it is (semantics 5). Touches no page.

const coded = (row) => (row.idp_error_code ? ` (${row.idp_error_code})` : "");

export function badgeOf(row) {
  if (!row.has_oauth) return null;
  if (row.needs_reauth) {
    return { tone: "reauth", text: "reauth", label: `Reauth required${coded(row)}. Click in to view details.` };
  }
  if (row.refresh_failing) {
    return { tone: "failing", text: "refresh failing", label: `Last refresh failed${coded(row)}. Retrying.` };
  }
  return null;
}

const urgency = (row) => ["reauth", "failing", undefined].indexOf(badgeOf(row)?.tone);

export function problemsFirst(rows) {
  return [...rows].sort((one, other) => urgency(one) - urgency(other));
}
