import { parentPort, workerData } from "node:worker_threads";
import type { HnswParameters } from "../index-parameters.ts";
import { createUsearchBuilder } from "./usearch-builder.ts";

export interface InsertThreadData {
  parameters: HnswParameters;
  dimension: number;
  /** That insert; this one is among them. */
  threads: number;
}

export type InsertOrder = { vectors: Float32Array<ArrayBuffer>; firstOrdinal: number } | { saveTo: string };

/** Without a problem where the order was carried out. */
export interface InsertReply {
  problem?: string;
}

if (parentPort === null) throw new Error("the insert thread is no program of its own");
const port = parentPort;
const { parameters, dimension, threads }: InsertThreadData = workerData;
const graph = await createUsearchBuilder(parameters, dimension, threads);
port.on("message", (order: InsertOrder) => port.postMessage(carryOut(order)));

function carryOut(order: InsertOrder): InsertReply {
  try {
    if ("saveTo" in order) graph.save(order.saveTo);
    else graph.add(order.vectors, order.firstOrdinal);
    return {};
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
