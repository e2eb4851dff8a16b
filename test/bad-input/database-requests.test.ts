import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DatabaseServer, startDatabase } from "../support/database-server.ts";
import { readRelation } from "../support/read-extraction.ts";

type Source = Parameters<typeof readRelation>[2];

describe.each(["postgres", "mysql"] as const)("%s", (engine) => {
  const database = engine === "postgres" ? "postgres" : "test";
  let server: DatabaseServer;
  beforeAll(async () => {
    server = await startDatabase(engine);
    await server.run(
      database,
      "CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t VALUES (1, 'one')",
    );
  });
  afterAll(() => server.stop());

  const read = (source: Source) => readRelation(server, database, source);

  test.each<[string, Source, object]>([
    [
      "a table that is not there",
      { from: { table: "missing" } },
      { kind: "not-found", type: "table-missing", field: "table" },
    ],
    [
      "a column that is not there",
      { from: { table: "t" }, columns: ["id", "nope"] },
      { type: "column-unknown", field: "columns" },
    ],
    [
      "an order by what is no column",
      { from: { table: "t" }, orderBy: ["1; DROP TABLE t"] },
      { type: "column-unknown", field: "order_by" },
    ],
    [
      "a cursor of text",
      { from: { table: "t" }, cursor: { column: "x" } },
      { type: "cursor-type", field: "cursor" },
    ],
    [
      "a cursor that is not read",
      { from: { table: "t" }, columns: ["x"], cursor: { column: "id" } },
      { type: "column-not-read" },
    ],
    ["no SQL", { from: { query: "SELEC 1" } }, { kind: "invalid", type: "database-query", field: "query" }],
    ["an unknown column in a query", { from: { query: "SELECT nope FROM t" } }, { type: "database-query" }],
    ["two statements", { from: { query: "SELECT 1 AS a; DROP TABLE t" } }, { type: "database-query" }],
    [
      "a way out of the parentheses",
      { from: { query: "SELECT 1 AS a) AS q; DROP TABLE t; --" } },
      { type: "database-query" },
    ],
    ["a statement that writes", { from: { query: "DELETE FROM t" } }, { type: "database-query" }],
    ["a statement that creates", { from: { query: "CREATE TABLE u (a int)" } }, { type: "database-query" }],
    ["an empty query", { from: { query: " ;" } }, { type: "database-query" }],
    [
      "a statement that takes too long",
      { from: { query: slow[engine] }, timeoutMs: 200 },
      { type: "database-timeout" },
    ],
  ])("%s is refused by name, and the table is as it was", async (_name, source, problem) => {
    await expect(read(source)).rejects.toMatchObject(problem);
    expect(await server.rows(database, "SELECT id, x FROM t")).toEqual([["1", "one"]]);
  });

  test("a syntax error says where it is in the client's own text", async () => {
    const error = await read({ from: { query: "SELECT id\nFROM t\nWHER x = 1" } }).catch(
      (caught: unknown) => caught,
    );
    const place = engine === "postgres" ? { byte: 22 } : { line: 3 };
    expect(error).toMatchObject({ type: "database-query", place });
  });

  test("a wrong password and a wrong database are refused without being shown", async () => {
    const other = { ...server, dsn: (name: string) => server.dsn(name).replace("s3cret-Pass", "wrong-Pass") };
    if (engine === "mysql") {
      await expect(readRelation(other, database, { from: { table: "t" } })).rejects.toMatchObject({
        type: "database-login",
      });
    }
    const error: Error = await readRelation(server, "nowhere", { from: { table: "t" } }).catch(
      (caught) => caught,
    );
    expect(error).toMatchObject({ kind: "forbidden", type: "database-login" });
    expect(error.message).not.toContain("Pass");
  });

  test("a server that is not there is told of at once, for the queue to try again", async () => {
    const reading = readRelation(server, database, { from: { table: "t" } }, { port: 1 });
    await expect(reading).rejects.toMatchObject({ kind: "unavailable", type: "database-unreachable" });
    await expect(reading).rejects.toThrow("ECONNREFUSED");
  });

  test("a server that talks nonsense, and one that says nothing, are unreachable", async () => {
    const nonsense = await startNonsense((socket) =>
      socket.write("HTTP/1.1 400 Bad Request\r\n\r\nwhat is this?"),
    );
    try {
      const controller = new AbortController();
      const reading = readRelation(
        server,
        database,
        { from: { table: "t" } },
        { port: nonsense.port, signal: controller.signal },
      );
      await nonsense.connected;
      setTimeout(() => controller.abort(), 500);
      await expect(reading).rejects.toMatchObject({
        type: expect.stringMatching(/cancelled|database-unreachable/),
      });
    } finally {
      await nonsense.close();
    }
  });
});

const slow = {
  postgres: "SELECT pg_sleep(10)::text AS a",
  mysql: "SELECT SLEEP(0.001) AS a FROM mysql.help_topic, mysql.help_topic AS other",
};

test("a server that asks for a file of this machine gets none", async () => {
  const asked: Buffer[] = [];
  const thief = await startNonsense((socket) => speakMysql(socket, asked));
  const server = {
    engine: "mysql" as const,
    dsn: () => `mysql://tester:x@127.0.0.1:${thief.port}/test`,
  };
  const controller = new AbortController();
  const reading = readRelation(server, "test", { from: { table: "t" } }, { signal: controller.signal });
  setTimeout(() => controller.abort(), 1_500);
  await expect(reading).rejects.toThrow();
  expect(Buffer.concat(asked).toString("latin1")).not.toContain("root:");
  expect(asked.length).toBeGreaterThan(0);
  await thief.close();
});

/** Greets, takes any password, and answers every statement by asking for a file. */
function speakMysql(socket: Socket, received: Buffer[]): void {
  const packet = (sequence: number, body: Buffer) =>
    socket.write(Buffer.concat([Buffer.from([body.length & 255, body.length >> 8, 0, sequence]), body]));
  const greeting = Buffer.concat([
    Buffer.from([10]),
    Buffer.from("8.0.0\0"),
    Buffer.from([1, 0, 0, 0]),
    Buffer.from("12345678\0"),
    // Capabilities with CLIENT_LOCAL_FILES, protocol 4.1, secure connection and plugin authentication.
    Buffer.from([0xff, 0xf7, 33, 2, 0, 0x0f, 0x80, 21]),
    Buffer.alloc(10),
    Buffer.from("123456789012\0mysql_native_password\0"),
  ]);
  packet(0, greeting);
  let step = 0;
  socket.on("data", (chunk: Buffer) => {
    step += 1;
    if (step === 1) return void packet(2, Buffer.from([0, 0, 0, 2, 0, 0, 0]));
    received.push(chunk);
    packet(1, Buffer.concat([Buffer.from([0xfb]), Buffer.from("/etc/passwd")]));
  });
}

async function startNonsense(onConnection: (socket: Socket) => void) {
  const connected = Promise.withResolvers<void>();
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
    connected.resolve();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    connected: connected.promise,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
