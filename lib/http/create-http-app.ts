import { randomUUID } from "node:crypto";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { type Problem, problemFrom } from "../errors/problem.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { dropRefusedBodies } from "./drop-refused-bodies.ts";

/** An app whose every failure is a problem document: bad bodies, unknown routes, domain errors and defects alike. */
export function createHttpApp(options: { telemetry: Telemetry }): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result, context) =>
      result.success
        ? undefined
        : answerProblem(context, problemFromIssues(result.error.issues, result.target)),
  });
  app.use(dropRefusedBodies());
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
    telemetry.log.error(
      { err: error, requestId, method: context.req.method, path: context.req.path },
      "request failed",
    );
    return answerProblem(context, { ...problem, detail: `${problem.detail} Reference: ${requestId}.` });
  }
  const retryAfter =
    error instanceof DomainError && error.retryable ? (error.retryAfterSeconds ?? 2) : undefined;
  return answerProblem(
    context,
    problem,
    retryAfter === undefined ? {} : { "retry-after": String(retryAfter) },
  );
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
