import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { askRedis } from "./ask-redis.ts";
import { dropOldDamage, moveAppendLogAside, putAppendLogBack } from "./move-append-log.ts";
import { type Exit, type Output, type RunningProcess, superviseChild } from "./running-process.ts";
import { startWatchdog } from "./watch-launcher.ts";

export interface PrivateRedis {
  /** `redis-server` or `valkey-server`, a path or a name on the PATH. */
  program: string;
  /** Where it keeps its append-only log. No other Redis may use it. */
  folder: string;
  socket: string;
  output: Output;
  /** One line for the person at the terminal. */
  report: (line: string) => void;
}

/**
 * Starts the fleet's own Redis and resolves when it answers. A log that keeps it from starting is moved aside, with a
 * line that says so: what was queued comes back from the intents. Rejects where it does not start without the log
 * either. It dies with this process.
 */
export async function startPrivateRedis(options: PrivateRedis): Promise<RunningProcess> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  await mkdir(path.dirname(options.socket), { recursive: true, mode: 0o700 });
  await endOrphan(options);
  const first = await tryStart(options);
  if (first.answers) return first.running;
  const aside = await moveAppendLogAside(options.folder);
  if (aside === undefined) throw new Error(`Redis does not start: ${first.exit.lastWord}`);
  const second = await tryStart(options);
  if (!second.answers) {
    await putAppendLogBack(options.folder, aside);
    throw new Error(`Redis does not start: ${second.exit.lastWord}`);
  }
  options.report(
    `The queue's log is damaged and was moved to ${aside}; open jobs come back from their intents.`,
  );
  options.report(`  Redis said: ${first.exit.lastWord}`);
  await dropOldDamage(options.folder);
  return second.running;
}

type Start = { answers: true; running: RunningProcess } | { answers: false; exit: Exit };

// Redis reads about 100 MB of log a second, so this is the time for 60 GB.
const loadMaxMs = 600_000;
const pingTimeoutMs = 1_000;
const pingEveryMs = 10;

async function tryStart(options: PrivateRedis): Promise<Start> {
  const running = spawnRedis(options);
  let exit: Exit | undefined;
  void running.exited.then((ended) => {
    exit = ended;
  });
  const deadline = performance.now() + loadMaxMs;
  while (exit === undefined) {
    if (await answersPing(options.socket)) return { answers: true, running };
    if (performance.now() > deadline) running.signal("SIGKILL");
    await wait(pingEveryMs);
  }
  return { answers: false, exit };
}

function spawnRedis(options: PrivateRedis): RunningProcess {
  const watchdog = startWatchdog();
  // In its own process group: Ctrl-C must reach it last, after the workers have handed their jobs back.
  const child = spawn(options.program, redisArguments(options), {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  if (child.pid !== undefined) watchdog.guard(child.pid);
  const running = superviseChild(child, options.output);
  void running.exited.then(() => watchdog.dismiss());
  return running;
}

function redisArguments({ folder, socket }: PrivateRedis): string[] {
  const settings: Record<string, string> = {
    port: "0",
    unixsocket: socket,
    unixsocketperm: "700",
    dir: folder,
    daemonize: "no",
    appendonly: "yes",
    appendfsync: "everysec",
    // With `yes`, one flipped byte silently drops everything after it.
    "aof-load-truncated": "no",
    "maxmemory-policy": "noeviction",
    save: "",
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** False also while it reads its log: until then it answers every command with an error. */
async function answersPing(socket: string): Promise<boolean> {
  try {
    return (
      (await askRedis({ address: { path: socket }, command: "PING", timeoutMs: pingTimeoutMs })) === "PONG"
    );
  } catch {
    return false;
  }
}

const orphanEndMaxMs = 5_000;

/**
 * Two servers on one log would destroy it, so a Redis that a killed launcher left behind is ended before ours starts.
 * Rejects where one listens and does not answer: it cannot be told from somebody else's.
 */
async function endOrphan({ socket, report }: PrivateRedis): Promise<void> {
  if (!(await listens(socket))) return;
  const question = { address: { path: socket }, command: "INFO server", timeoutMs: pingTimeoutMs };
  const pid = Number(/^process_id:(\d+)/m.exec(await askRedis(question))?.[1]);
  report(`Ending the Redis (process ${pid}) that an earlier start left on this data folder.`);
  process.kill(pid, "SIGTERM");
  const deadline = performance.now() + orphanEndMaxMs;
  while (await listens(socket)) {
    if (performance.now() > deadline) process.kill(pid, "SIGKILL");
    await wait(pingEveryMs);
  }
}

function listens(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = net.connect(socket);
    const settle = (answer: boolean) => {
      connection.destroy();
      resolve(answer);
    };
    connection.once("connect", () => settle(true));
    connection.once("error", () => settle(false));
  });
}
