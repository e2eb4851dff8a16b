import { availableParallelism } from "node:os";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { sqlLiteral } from "./sql-quote.ts";

interface EngineOptions {
  memoryMib: number;
  threads?: number | undefined;
  tempFolder?: string | undefined;
}

/** A private database of an engine; who is done with it gives it back. */
interface Engine {
  connection: DuckDBConnection;
  giveBack(state: { isSound: boolean }): Promise<void>;
}

interface IdleEngine {
  instance: DuckDBInstance;
  /** What it was told last. */
  limits: string;
}

/** The one that has been idle for longest first. A new engine takes 30 ms of all cores, and a refresh asks for six. */
const idle: IdleEngine[] = [];
const idleMax = 4;
const database = "task";

/**
 * Setting a limit makes engines hand back what they hold: 10 ms, and page faults of the next query. So it is done when
 * none has been asked for in a while, and at once where a task made the process grow by more than this.
 */
const restMs = 1_000;
const grownMax = 128 << 20;
let rest: NodeJS.Timeout | undefined;

/** An engine whose database is empty: one that is idle, or a new one. */
export async function takeEngine(options: EngineOptions): Promise<Engine> {
  const { memoryMib, threads = availableParallelism(), tempFolder = "" } = options;
  const limits = `SET memory_limit = '${memoryMib}MiB'; SET threads = ${threads};`;
  const taken = takeIdle(limits) ?? { instance: await createInstance(), limits: "" };
  const { instance } = taken;
  const residentBefore = process.memoryUsage.rss();
  const set = taken.limits === limits ? "" : limits;
  const connection = await connect(
    instance,
    `${set} SET temp_directory = ${sqlLiteral(tempFolder)}; ATTACH ':memory:' AS ${database}; USE ${database}`,
  );
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  return {
    connection,
    async giveBack({ isSound }) {
      if (!isSound || idle.length >= idleMax) return close();
      try {
        // One that has spilled keeps to its folder, which the caller is about to remove, and throws here.
        await connection.run(`USE memory; DETACH ${database}; SET temp_directory = ''`);
        connection.closeSync();
        idle.push({ instance, limits });
        clearTimeout(rest);
        if (process.memoryUsage.rss() - residentBefore > grownMax) await handMemoryBack();
        else rest = setTimeout(handMemoryBack, restMs).unref();
      } catch {
        close();
      }
    },
  };
}

/** One with these limits, or where there are many any other; undefined where a new one is to be made. */
function takeIdle(limits: string): IdleEngine | undefined {
  const place = idle.findIndex((engine) => engine.limits === limits);
  if (place >= 0) return idle.splice(place, 1)[0];
  return idle.length < idleMax ? undefined : idle.shift();
}

/** One engine does it for all: they share an allocator. */
async function handMemoryBack(): Promise<void> {
  const engine = idle.pop();
  if (engine === undefined) return;
  try {
    (await connect(engine.instance, engine.limits)).closeSync();
    idle.push(engine);
  } catch {
    // It is closed, and the next task makes itself another one.
  }
}

async function connect(instance: DuckDBInstance, preparation: string): Promise<DuckDBConnection> {
  try {
    const connection = await instance.connect();
    await connection.run(preparation);
    return connection;
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

async function createInstance(): Promise<DuckDBInstance> {
  // Loaded on first use: the native library costs 15 ms and 40 MiB that a process without queries should not pay.
  const { DuckDBInstance } = await import("@duckdb/node-api");
  return DuckDBInstance.create(":memory:", {
    temp_directory: "",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    errors_as_json: "true",
  });
}
