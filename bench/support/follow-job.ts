/** A job as `GET /jobs/{queue}/{id}` gives it; only what the benches read. */
export interface BenchJob {
  id: string;
  state: string;
  progress: {
    done: number;
    total: number;
    unit: string;
    rate: number | null;
    eta_seconds: number | null;
  } | null;
  children: { id: string; queue: string; state: string }[];
  result: Record<string, unknown> | null;
  error: { detail: string } | null;
  created_at: string;
  finished_at: string;
}

/** Follows the job's event stream until it has completed; any other end is an error. */
export async function followJob(options: {
  url: string;
  job: { url: string };
  onChange?: (job: BenchJob) => void;
}): Promise<BenchJob> {
  const response = await fetch(`${options.url}${options.job.url}/events`);
  if (!response.ok || response.body === null) throw new Error(`${response.status} ${await response.text()}`);
  let text = "";
  let last: BenchJob | undefined;
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      last = parseEvent(event);
      options.onChange?.(last);
    }
  }
  if (last?.state === "completed") return last;
  throw new Error(`the job ${options.job.url} ended as ${last?.state}: ${last?.error?.detail}`);
}

export async function readJob(url: string, job: { queue: string; id: string }): Promise<BenchJob> {
  const response = await fetch(`${url}/jobs/${job.queue}/${job.id}`);
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as BenchJob;
}

function parseEvent(event: string): BenchJob {
  const data = event.split("\n").filter((line) => line.startsWith("data: "));
  return JSON.parse(data.map((line) => line.slice(6)).join("\n"));
}
