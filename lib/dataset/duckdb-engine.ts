import { availableParallelism } from "node:os";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

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

/**
 * An engine whose database is empty. One that may spill is made for it and closed afterwards, since an engine keeps to
 * its first spill folder; others are used again, each time with a database of its own.
 */
export async function takeEngine(options: EngineOptions): Promise<Engine> {
  const { tempFolder } = options;
  if (tempFolder !== undefined) {
    const instance = await createInstance(options);
    const connection = await connect(instance);
    return { connection, giveBack: async () => close(instance, connection) };
  }
  const instance = idle.pop() ?? (await createInstance(options));
  const connection = await connect(instance);
  try {
    const { memoryMib, threads = availableParallelism() } = options;
    await connection.run(`SET memory_limit = '${memoryMib}MiB'; SET threads = ${threads};
      ATTACH ':memory:' AS ${database}; USE ${database}`);
  } catch (error) {
    close(instance, connection);
    throw error;
  }
  return {
    connection,
    async giveBack({ isSound }) {
      if (!isSound || idle.length >= idleMax) return close(instance, connection);
      try {
        await connection.run(`USE memory; DETACH ${database}`);
        connection.closeSync();
        idle.push(instance);
      } catch {
        close(instance, connection);
      }
    },
  };
}

function close(instance: DuckDBInstance, connection: DuckDBConnection): void {
  connection.closeSync();
  instance.closeSync();
}

async function createInstance({ memoryMib, threads, tempFolder = "" }: EngineOptions): Promise<DuckDBInstance> {
  // Loaded on first use: the native library costs 15 ms and 40 MiB that a process without queries should not pay.
  const { DuckDBInstance } = await import("@duckdb/node-api");
  return DuckDBInstance.create(":memory:", {
    memory_limit: `${memoryMib}MiB`,
    ...(threads === undefined ? {} : { threads: String(threads) }),
    temp_directory: tempFolder,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    errors_as_json: "true",
  });
}

async function connect(instance: DuckDBInstance): Promise<DuckDBConnection> {
  try {
    return await instance.connect();
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}
