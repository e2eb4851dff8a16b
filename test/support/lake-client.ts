import http from "node:http";
import { z } from "zod";
import { waitFor } from "./wait-for.ts";

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** One request whose path is sent as it is given; `fetch` would tidy it up before the server could see it. */
export function send(
  url: string,
  path: string,
  request: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const { method = "GET", headers = {}, body } = request;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
    const sent = http.request({
      hostname,
      port,
      path,
      method,
      headers: { ...length, ...headers },
      agent: false,
    });
    sent.once("error", reject);
    sent.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    sent.end(body);
  });
}

export function postJson(url: string, path: string, body: unknown): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  return send(url, path, { method: "POST", headers, body: JSON.stringify(body) });
}

export interface Part {
  name: string;
  /** A part with a file name is a file. */
  fileName?: string;
  content: string | Uint8Array;
}

/** A form whose parts stand in the order given, with names that a browser would not send. */
export function formOf(parts: readonly Part[]): { headers: Record<string, string>; body: Buffer } {
  const boundary = "----lakefleet-test";
  const chunks = parts.flatMap(({ name, fileName, content }) => {
    const file = fileName === undefined ? "" : `; filename="${fileName}"`;
    return [
      Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from("\r\n"),
    ];
  });
  return {
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

export function upload(
  url: string,
  fields: Record<string, string>,
  file: { name: string; content: string | Uint8Array },
  path = "/ingest/file",
): Promise<Answer> {
  const parts = Object.entries(fields).map(([name, content]) => ({ name, content }));
  const form = formOf([...parts, { name: "file", fileName: file.name, content: file.content }]);
  return send(url, path, { method: "POST", ...form });
}

export const ProblemView = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  field: z.string().optional(),
  place: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});

export const JobView = z.looseObject({
  id: z.string(),
  queue: z.string(),
  state: z.enum(["waiting", "active", "completed", "failed", "cancelled", "quarantined"]),
  result: z.unknown(),
  error: ProblemView.nullable(),
  children: z.array(z.object({ id: z.string(), queue: z.string(), state: z.string() })),
});
export type JobView = z.infer<typeof JobView>;

const Accepted = z.object({ job: z.object({ id: z.string(), queue: z.string(), url: z.string() }) });

/** The problem document of a refused request; fails where the answer is something else. */
export function problemOf(answer: Answer): z.infer<typeof ProblemView> {
  if (answer.headers["content-type"] !== "application/problem+json")
    throw new Error(`no problem: ${answer.text}`);
  const problem = ProblemView.parse(JSON.parse(answer.text));
  if (problem.status !== answer.status) throw new Error(`the status is ${answer.status}: ${answer.text}`);
  return problem;
}

/** The address of the job that an accepted request is followed by. */
export function jobUrlOf(answer: Answer): string {
  if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${answer.text}`);
  return Accepted.parse(JSON.parse(answer.text)).job.url;
}

export async function readJob(url: string, jobUrl: string): Promise<JobView> {
  return JobView.parse(JSON.parse((await send(url, jobUrl)).text));
}

/** Long enough for a build on a machine that is busy with everything else. */
const jobMs = 60_000;

/** Waits until the job has ended in one way or another. */
export function endOf(url: string, jobUrl: string): Promise<JobView> {
  return waitFor(`${jobUrl} to end`, jobMs, async () => {
    const job = await readJob(url, jobUrl);
    return job.state === "waiting" || job.state === "active" ? undefined : job;
  });
}
