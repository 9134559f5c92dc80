// @vitest-environment jsdom
import { cleanup, renderHook, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startApi, type Api } from "./api.fixture.js";
import type { Pace } from "./follow.js";
import { row } from "./row.fixture.js";
import { useConnectionsOAuthHealth } from "./useConnectionsOAuthHealth.js";

const PATIENT: Pace = { pollEvery: 200, silence: 5_000, patience: 5_000, reopenWithin: 10, firstRetry: 20 };
const IMPATIENT: Pace = { ...PATIENT, silence: 300, patience: 100 };
const reauth = row({ needs_reauth: true });

let api: Api;

beforeEach(async () => {
  api = await startApi([row()]);
});

afterEach(async () => {
  cleanup();
  await api.stop();
});

function follow({ bearer = "good", pace = PATIENT } = {}) {
  return renderHook(() => useConnectionsOAuthHealth({ baseUrl: api.url, bearer, pace })).result;
}

describe("the hook, against a server", () => {
  it("shows the snapshot of the stream and then what changes", async () => {
    const health = follow();
    await waitFor(() =>
      expect(health.current).toMatchObject({ transport: "stream", loaded: true, rows: [row()] }),
    );
    api.change([reauth]);
    await waitFor(() => expect(health.current.rows).toEqual([reauth]));
    expect(api.requests.filter((path) => !path.endsWith("/stream"))).toEqual([]);
  });

  it("takes up a cut stream where it was", async () => {
    const health = follow();
    await waitFor(() => expect(health.current.transport).toBe("stream"));
    api.change([reauth]);
    await waitFor(() => expect(health.current.rows).toEqual([reauth]));
    api.cut();
    await waitFor(() => expect(api.resumedFrom).toContain("2"));
    await waitFor(() => expect(health.current.transport).toBe("stream"));
  });

  it("polls with ETag where no stream is to be had, and returns to the stream once it is", async () => {
    api.offers = "polling";
    const health = follow();
    await waitFor(() => expect(health.current).toMatchObject({ transport: "polling", rows: [row()] }));
    await waitFor(() => expect(api.notModified).toBeGreaterThan(0));
    api.change([reauth]);
    await waitFor(() => expect(health.current.rows).toEqual([reauth]));
    api.offers = "stream";
    await waitFor(() => expect(health.current.transport).toBe("stream"));
  });

  it("polls where something on the way holds the events back", async () => {
    api.offers = "silence";
    const health = follow({ pace: IMPATIENT });
    await waitFor(() => expect(health.current).toMatchObject({ transport: "polling", rows: [row()] }));
  });

  it("gives a stream up that has gone silent", async () => {
    const health = follow({ pace: IMPATIENT });
    await waitFor(() => expect(health.current.transport).toBe("stream"));
    const opened = api.requests.length;
    api.beat = false;
    await waitFor(() => expect(api.requests.length).toBeGreaterThan(opened));
  });

  it("keeps the rows while the API is away, says so, and comes back by itself", async () => {
    const health = follow();
    await waitFor(() => expect(health.current.transport).toBe("stream"));
    await api.stop();
    await waitFor(() => expect(health.current).toMatchObject({ transport: "offline", rows: [row()] }));
    api = await startApi([reauth], Number(new URL(api.url).port));
    await waitFor(() => expect(health.current).toMatchObject({ transport: "stream", rows: [reauth] }));
  });

  it("says by how much the API lags", async () => {
    api.staleness = 42;
    const health = follow();
    await waitFor(() => expect(health.current.staleness).toEqual({ seconds: 42, away: ["event-store"] }));
  });

  it("stops where it is not signed in", async () => {
    const health = follow({ bearer: "bad" });
    await waitFor(() => expect(health.current.transport).toBe("signed-out"));
    expect(api.requests).toHaveLength(1);
  });

  it("lets go of the stream when it is unmounted", async () => {
    follow();
    await waitFor(() => expect(api.listeners()).toBe(1));
    cleanup();
    await waitFor(() => expect(api.listeners()).toBe(0));
  });
});
