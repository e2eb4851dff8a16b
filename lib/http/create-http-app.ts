import { randomUUID } from "node:crypto";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { type Problem, problemFrom } from "../errors/problem.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** A JSON body holds settings, or at most 1,000 rows or one vector; files travel as streams, past this limit. */
const jsonBytesMax = 8 * 1024 * 1024;

/** An app whose every failure is a problem document: bad bodies, unknown routes, domain errors and defects alike. */
export function createHttpApp(options: { telemetry: Telemetry }): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result, context) =>
      result.success ? undefined : answerProblem(context, problemFromIssues(result.error.issues, result.target)),
  });
  app.onError((error, context) => answerError(context, error, options.telemetry));
  app.notFound((context) =>
    answerProblem(context, {
      type: "route-missing",
      title: "Not found",
      status: 404,
      detail: `There is no ${context.req.method} ${context.req.path}.`,
      remedy: "GET /openapi.json lists every route.",
    }),
  );
  return app;
}

/** Bounds JSON bodies; mount it in front of routes that do not stream. */
export function limitJsonBody(): MiddlewareHandler {
  const limitUnannounced = bodyLimit({ maxSize: jsonBytesMax, onError: refuseBody });
  return async (context, next) => {
    // The engine's own limit opens a web stream on every body, which costs half a millisecond; most bodies name their
    // length, and the parser holds them to it.
    if (context.req.header("transfer-encoding") !== undefined) return limitUnannounced(context, next);
    if (Number(context.req.header("content-length") ?? 0) > jsonBytesMax) refuseBody();
    await next();
  };
}

function refuseBody(): never {
  throw new DomainError({
    kind: "too-large",
    type: "body-size",
    message: `The request body is larger than ${jsonBytesMax} bytes.`,
    remedy: "Send files through POST /ingest/file.",
  });
}

/** The one place where an error becomes an HTTP answer. Defects are logged whole and answered without their inside. */
export function answerError(context: Context, error: unknown, telemetry: Telemetry): Response {
  if (error instanceof HTTPException && error.status < 500) {
    return answerProblem(context, {
      type: error.status === 400 ? "body-malformed" : "request-refused",
      title: "The request is not valid",
      status: error.status,
      detail: error.message || "The request could not be read.",
    });
  }
  const problem = problemFrom(error);
  if (problem.status === 500) {
    const requestId = randomUUID();
    telemetry.log.error({ err: error, requestId, method: context.req.method, path: context.req.path }, "request failed");
    return answerProblem(context, { ...problem, detail: `${problem.detail} Reference: ${requestId}.` });
  }
  const retryAfter = error instanceof DomainError && error.retryable ? (error.retryAfterSeconds ?? 2) : undefined;
  return answerProblem(context, problem, retryAfter === undefined ? {} : { "retry-after": String(retryAfter) });
}

function answerProblem(context: Context, problem: Problem, headers: Record<string, string> = {}): Response {
  return context.body(JSON.stringify(problem), {
    status: problem.status as 400,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

function problemFromIssues(issues: z.core.$ZodIssue[], target: string): Problem {
  const [first] = issues;
  const field = first?.path.join(".") ?? "";
  const details = issues.slice(0, 10).map((issue) => `${issue.path.join(".") || target}: ${issue.message}`);
  return {
    type: "request-invalid",
    title: "The request is not valid",
    status: 400,
    detail: details.join("; "),
    ...(field === "" ? {} : { field }),
    remedy: "GET /openapi.json describes what this route takes.",
  };
}
