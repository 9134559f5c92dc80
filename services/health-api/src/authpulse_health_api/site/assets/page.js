// The console's plain page: signs in, then shows either all connections or, with ?kind=&name=, one of them.
import { badgeOf, problemsFirst } from "./health.js";

const POLL_MS = 2000;
const STALE_SECONDS = 5;
const BULK = "/api/v1/admin/connections/oauth-health";

const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const one = asked.has("kind") && asked.has("name") ? { kind: asked.get("kind"), name: asked.get("name") } : null;

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function linkTo(row) {
  return `/?${new URLSearchParams({ kind: row.kind, name: row.name })}`;
}

function pathOf(row, leaf) {
  return `/api/v1/admin/connections/${encodeURIComponent(row.kind)}/${encodeURIComponent(row.name)}/${leaf}`;
}

function showTrouble(text) {
  at("trouble").textContent = text;
  at("trouble").hidden = !text;
}

function askToSignIn() {
  for (const id of ["list", "one", "sign-out", "age"]) at(id).hidden = true;
  at("sign-in").hidden = false;
  at("token").focus();
}

async function reasonIn(answer) {
  const problem = await answer.json().catch(() => ({}));
  return problem.detail ?? problem.title ?? `The server answered ${answer.status}.`;
}

async function signIn(token) {
  const answer = await fetch("/api/v1/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  });
  if (!answer.ok) throw new Error(await reasonIn(answer));
}

// Answers null where signing in comes first; throws with words to show where the question went unanswered.
async function read(path, headers = {}) {
  const answer = await fetch(path, { headers, cache: "no-store" });
  if (answer.status === 401) {
    askToSignIn();
    return null;
  }
  if (!answer.ok && ![304, 409].includes(answer.status)) throw new Error(await reasonIn(answer));
  return answer;
}

function showAge(seconds) {
  const stale = seconds >= STALE_SECONDS;
  at("age").textContent = stale ? `These rows are ${seconds} s old: the ledger is out of reach.` : "Live";
  at("age").classList.toggle("stale", stale);
  at("age").hidden = false;
}

function rowElement(row) {
  const item = element("li", "");
  item.append(element("a", `${row.kind}/${row.name}`, { href: linkTo(row) }));
  const badge = badgeOf(row);
  if (badge) {
    item.append(
      element("a", badge.text, { class: `badge ${badge.tone}`, href: linkTo(row), title: badge.label, "aria-label": badge.label }),
    );
  }
  const state = row.has_oauth ? (row.token_acquired ? "" : "no token") : "no OAuth";
  if (state) item.append(element("span", state, { class: "when" }));
  return item;
}

function showRows(rows) {
  const reauth = rows.filter((row) => row.needs_reauth).length;
  const failing = rows.filter((row) => !row.needs_reauth && row.refresh_failing).length;
  at("summary").textContent = rows.length
    ? `${rows.length} in all, ${reauth} to be reauthorised, ${failing} failing to refresh`
    : "Nothing is registered yet.";
  at("rows").replaceChildren(...problemsFirst(rows).map(rowElement));
}

let etag = null;

async function pollAll() {
  const answer = await read(BULK, etag ? { "If-None-Match": etag } : {});
  if (!answer) return;
  showAge(Number(answer.headers.get("Age")));
  if (answer.status !== 304) {
    showRows((await answer.json()).connections);
    etag = answer.headers.get("ETag");
  }
  at("list").hidden = false;
}

function showStatus(status) {
  const lines = Object.entries(status).flatMap(([member, value]) => {
    const text = value === null ? "–" : typeof value === "object" ? Object.values(value).filter(Boolean).join(", ") : String(value);
    return [element("dt", member.replaceAll("_", " ")), element("dd", text)];
  });
  at("status").replaceChildren(...lines);
}

function eventElement(event) {
  const item = element("li", "");
  item.append(element("span", event.event_type.replaceAll("_", " ")));
  if (event.detail?.idp_error_code) item.append(element("span", event.detail.idp_error_code, { class: "code" }));
  item.append(element("span", event.actor, { class: "actor" }));
  item.append(element("time", new Date(event.occurred_at).toLocaleString(), { class: "when", datetime: event.occurred_at }));
  return item;
}

let cursor = null;

async function showOlder() {
  const answer = await read(pathOf(one, `auth-events?cursor=${cursor}`));
  if (!answer) return;
  const page = await answer.json();
  at("events").append(...page.events.map(eventElement));
  turnTo(page.next_cursor);
}

function turnTo(next) {
  cursor = next ?? null;
  at("older").hidden = cursor === null;
}

let newest = null;

async function pollOne() {
  const [status, events] = await Promise.all([read(pathOf(one, "oauth-status")), read(pathOf(one, "auth-events"))]);
  if (!status || !events) return;
  at("not-oauth").hidden = status.status !== 409;
  showStatus(status.ok ? await status.json() : {});
  const page = await events.json();
  // Older pages that were turned to stay until something new happened.
  if (page.events[0].event_id !== newest) {
    newest = page.events[0].event_id;
    at("events").replaceChildren(...page.events.map(eventElement));
    turnTo(page.next_cursor);
  }
  at("one-title").textContent = `${one.kind}/${one.name}`;
  at("one").hidden = false;
}

async function poll() {
  try {
    await (one ? pollOne() : pollAll());
    showTrouble("");
    at("sign-out").hidden = !at("sign-in").hidden;
  } catch (failure) {
    showTrouble(failure instanceof TypeError ? "The server cannot be reached; trying on." : failure.message);
  }
  if (at("sign-in").hidden) setTimeout(poll, POLL_MS);
}

async function start(token) {
  try {
    if (token) await signIn(token);
    at("sign-in").hidden = true;
    await poll();
  } catch (failure) {
    askToSignIn();
    showTrouble(failure.message);
  }
}

at("sign-in").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  start(at("token").value);
  at("token").value = "";
});
at("sign-out").addEventListener("click", async () => {
  await fetch("/api/v1/session", { method: "DELETE" });
  location.assign("/");
});
at("older").addEventListener("click", () => showOlder().catch((failure) => showTrouble(failure.message)));

const linked = new URLSearchParams(location.hash.slice(1)).get("token");
// Out of the address bar and the history before anything else happens.
if (linked) history.replaceState(null, "", location.pathname + location.search);
start(linked);
