/** Accidents: what happens to the programs of the running instance, each by its process id. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";

/** Sends `signal` to a program of the instance, such as `health-api`, and to all processes that it started. */
export function signalProgram(program: string, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
  const instance = readFileSync(join(inject("running").data, "instance.json"), "utf8");
  const { pids } = JSON.parse(instance) as { pids: Record<string, number> };
  const pid = pids[program];
  if (pid === undefined) throw new Error(`no process of ${program}`);
  for (const each of family(pid)) process.kill(each, signal);
}

function family(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(family)];
}
