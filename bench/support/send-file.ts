import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

/** What a 202 names. */
export interface AcceptedJob {
  id: string;
  queue: string;
  url: string;
}

/** Uploads a file of any size through `POST /ingest/file`, streamed from disk. */
export async function uploadFile(options: {
  url: string;
  file: string;
  fields: Record<string, string>;
}): Promise<AcceptedJob> {
  const { file, fields } = options;
  const boundary = "lakefleet-bench-boundary";
  const part = (disposition: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`;
  const head = Object.entries(fields).map(([name, value]) => `${part(`name="${name}"`)}${value}\r\n`);
  const begin = Buffer.from(`${head.join("")}${part(`name="file"; filename="${path.basename(file)}"`)}`);
  const end = Buffer.from(`\r\n--${boundary}--\r\n`);
  const request = http.request(`${options.url}/ingest/file`, {
    method: "POST",
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": begin.length + (await stat(file)).size + end.length,
    },
  });
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once("response", resolve).once("error", reject);
  });
  await pipeline(async function* () {
    yield begin;
    yield* createReadStream(file, { highWaterMark: 1 << 20 });
    yield end;
  }, request);
  const response = await answered;
  return accepted(response.statusCode ?? 0, await text(response));
}

export async function postJson(url: string, body: unknown): Promise<AcceptedJob> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return accepted(response.status, await response.text());
}

function accepted(status: number, body: string): AcceptedJob {
  if (status !== 202) throw new Error(`not accepted: ${status} ${body}`);
  return JSON.parse(body).job;
}
