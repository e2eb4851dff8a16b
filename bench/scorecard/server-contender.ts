import { cp, rm } from "node:fs/promises";
import path from "node:path";
import { type BenchFleet, startBenchFleet } from "../support/bench-fleet.ts";
import { openConnection, renderGet, renderRequest } from "../support/keep-alive-client.ts";
import type { Contender, OpenContender } from "./contender.ts";
import { documentOf } from "./documents.ts";
import type { LibraryKind } from "./library-contender.ts";

/** The library's files behind `npm start`, asked over one connection from another process; hits come with their texts. */
export function serverContender(kind: LibraryKind): Contender {
  let fleet: BenchFleet | undefined;
  return {
    label: `Lakefleet ${kind}, POST /vectors/search`,
    defaultSetting: {},
    ladder: [],
    async prepare({ folder, workload }) {
      await rm(folder, { recursive: true, force: true });
      // A copy, because the fleet's folder goes with the fleet.
      await cp(path.join(workload.folder, "rows", `library-${kind}`), folder, { recursive: true });
      fleet = await startBenchFleet({ dataFolder: folder });
    },
    async open() {
      if (fleet === undefined) throw new Error("the fleet has not been started");
      return connect(fleet);
    },
  };
}

async function connect(fleet: BenchFleet): Promise<OpenContender> {
  const connection = await openConnection(fleet.url);
  const rendered = new Map<Float32Array, Buffer>();
  const render = (query: Float32Array, k: number) => {
    const known = rendered.get(query);
    if (known !== undefined) return known;
    const body = { index: "vectors", vector: [...query], k, mode: "vector" };
    const request = renderRequest("/vectors/search", body);
    rendered.set(query, request);
    return request;
  };
  return {
    async search(query, k) {
      const { status, body } = await connection.send(render(query, k));
      if (status !== 200) throw new Error(`${status} ${body}`);
      const { hits } = JSON.parse(body) as { hits: { doc_id: string }[] };
      // A row's name ends in its number.
      return hits.map((hit) => Number(hit.doc_id.slice(1)));
    },
    async fetch(row) {
      const { status, body } = await connection.send(
        renderGet(`/vectors/lance/doc/vectors/${documentOf(row).id}`),
      );
      if (status !== 200) throw new Error(`${status} ${body}`);
      const { chunks } = JSON.parse(body) as { chunks: { text: string }[] };
      return chunks[0]?.text ?? "";
    },
    peakRssMib: () => fleet.peakRssMib().gateway ?? 0,
    async close() {
      connection.close();
      await fleet.stop();
    },
  };
}
