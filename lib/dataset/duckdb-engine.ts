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

/** A new engine takes 30 ms of all cores, and a refresh asks for six of them, one after the other. */
const idle: DuckDBInstance[] = [];
const idleMax = 2;
const database = "task";

/** An engine whose database is empty: one that is idle, or a new one. */
export async function takeEngine(options: EngineOptions): Promise<Engine> {
  const { instance, connection } = await prepare(idle.pop() ?? (await createInstance()), options);
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
        idle.push(instance);
      } catch {
        close();
      }
    },
  };
}

async function prepare(instance: DuckDBInstance, options: EngineOptions) {
  const { memoryMib, threads = availableParallelism(), tempFolder = "" } = options;
  try {
    const connection = await instance.connect();
    await connection.run(`SET memory_limit = '${memoryMib}MiB'; SET threads = ${threads};
      SET temp_directory = ${sqlLiteral(tempFolder)}; ATTACH ':memory:' AS ${database}; USE ${database}`);
    return { instance, connection };
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
