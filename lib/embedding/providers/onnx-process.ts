import { type ChildProcess, fork } from "node:child_process";
import { DomainError } from "../../errors/domain-error.ts";
import type { OnnxReply, OnnxRequest } from "./onnx-child.ts";
import type { OnnxModel } from "./onnx-protocol.ts";
import { failedError } from "./provider-errors.ts";

export interface OnnxProcess {
  /** Throws `provider-failed` where the process ends or says nothing within the timeout, and `cancelled`. */
  ask(texts: readonly string[], signal: AbortSignal): Promise<OnnxReply>;
  close(): Promise<void>;
}

interface Running {
  process: ChildProcess;
  waiting: Map<number, (reply: OnnxReply | undefined) => void>;
}

/** Runs a model in a child, which is started with the first question and again after its end. */
export function openOnnxProcess(model: OnnxModel): OnnxProcess {
  let running: Running | undefined;
  let lastId = 0;
  const start = (): Running => {
    const { folder, tokensMax, pooling } = model;
    const child = fork(
      new URL("./onnx-child.ts", import.meta.url),
      [folder, model.model, `${tokensMax}`, pooling],
      {
        serialization: "advanced",
        execArgv: ["--disable-warning=ExperimentalWarning"],
        stdio: ["ignore", "ignore", "ignore", "ipc"],
      },
    );
    const started: Running = { process: child, waiting: new Map() };
    child.on("message", (reply: OnnxReply) => started.waiting.get(reply.id)?.(reply));
    const onEnd = () => {
      if (running === started) running = undefined;
      for (const settle of started.waiting.values()) settle(undefined);
    };
    child.once("exit", onEnd);
    child.once("error", onEnd);
    return started;
  };
  return {
    async ask(texts, signal) {
      running ??= start();
      const { process: child, waiting } = running;
      lastId += 1;
      const request: OnnxRequest = { id: lastId, texts: [...texts] };
      const { promise, resolve } = Promise.withResolvers<OnnxReply | undefined>();
      waiting.set(request.id, resolve);
      const onAbort = () => resolve(undefined);
      signal.addEventListener("abort", onAbort, { once: true });
      // A native call cannot be interrupted, so a child that hangs is ended.
      const timer = setTimeout(() => child.kill("SIGKILL"), model.timeoutMs);
      child.send(request, (error) => error !== null && resolve(undefined));
      const reply = await promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(request.id);
        signal.removeEventListener("abort", onAbort);
      });
      if (signal.aborted) throw cancelled(signal.reason);
      if (reply === undefined) throw failedError(model.provider, "its process ended");
      return reply;
    },
    async close() {
      const ended = running?.process;
      running = undefined;
      if (ended === undefined || ended.exitCode !== null) return;
      const exit = new Promise((resolve) => ended.once("exit", resolve));
      ended.kill("SIGKILL");
      await exit;
    },
  };
}

function cancelled(cause: unknown): DomainError {
  return new DomainError({ kind: "cancelled", type: "cancelled", message: "The call was cancelled.", cause });
}
