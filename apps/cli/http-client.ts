import type { Problem } from "@lakefleet/lib/errors/problem.ts";
import { CliError, errorFromProblem } from "./cli-error.ts";

export interface JobView {
  id: string;
  queue: string;
  state: "waiting" | "active" | "completed" | "failed" | "cancelled" | "quarantined";
  progress: {
    done: number;
    total: number;
    unit: string;
    rate: number | null;
    eta_seconds: number | null;
  } | null;
  waiting_for: { type: string; detail: string; until: string } | null;
  attempts: number;
  result: unknown;
  error: Partial<Problem> | null;
  children: { id: string; queue: string; state: string }[];
  logs?: string[];
}

/** Talks to a running fleet; failures come out as one-line errors. */
export class HttpClient {
  readonly baseUrl: string;

  constructor(baseUrl: string) {
    if (!/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? ""))
      throw new CliError(
        `${JSON.stringify(baseUrl)} is not an http address, such as http://127.0.0.1:4100.`,
        2,
      );
    this.baseUrl = baseUrl.replace(/\/+$/, "");
  }

  async get<T>(path: string): Promise<T> {
    return this.#request<T>(path, {});
  }

  async post<T>(path: string, body: unknown = {}, more: Record<string, string> = {}): Promise<T> {
    const headers = { "content-type": "application/json", ...more };
    return this.#request<T>(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  async put<T>(path: string, body: unknown): Promise<T> {
    const headers = { "content-type": "application/json" };
    return this.#request<T>(path, { method: "PUT", headers, body: JSON.stringify(body) });
  }

  async postForm<T>(path: string, form: FormData): Promise<T> {
    return this.#request<T>(path, { method: "POST", body: form });
  }

  async delete<T>(path: string): Promise<T> {
    return this.#request<T>(path, { method: "DELETE" });
  }

  /** For answers that are no JSON. */
  async getText(path: string): Promise<string> {
    return this.#read(path, {});
  }

  async #request<T>(path: string, options: RequestInit): Promise<T> {
    return parseJson(await this.#read(path, options)) as T;
  }

  async #read(path: string, options: RequestInit): Promise<string> {
    const response = await this.#send(path, options);
    const text = await response.text();
    if (response.ok) return text;
    throw errorFromProblem({
      status: response.status,
      detail: text.slice(0, 200),
      ...(parseJson(text) as Partial<Problem>),
    });
  }

  async #send(path: string, options: RequestInit): Promise<Response> {
    try {
      return await fetch(this.baseUrl + path, options);
    } catch (cause) {
      const reason =
        cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw new CliError(`No fleet answers at ${this.baseUrl} (${reason}). Start one with npm start.`, 1);
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
