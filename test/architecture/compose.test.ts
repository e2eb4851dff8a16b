import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { gatewayLimits } from "../../apps/fleet/gateway-limits.ts";
import { drainGraceMs, drainTimeoutMs } from "../../config/pools.ts";
import { readConfiguration } from "../../config/schema.ts";
import { queueNames } from "../../queues/define-queue.ts";
import { repositoryRoot } from "./repository-files.ts";

const Service = z.looseObject({
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  healthcheck: z
    .looseObject({ test: z.array(z.string()).optional(), disable: z.boolean().optional() })
    .optional(),
  profiles: z.array(z.string()).optional(),
  stop_grace_period: z.string().optional(),
});
const Compose = z.looseObject({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()),
});

const text = readFileSync(path.join(repositoryRoot, "docker-compose.yml"), "utf8");
const { services, volumes } = Compose.parse(parse(text, { merge: true }));
const ours = Object.entries(services).filter(([, service]) => service.build !== undefined);

describe("docker-compose.yml", () => {
  test("has the whole fleet, one service per queue, and a model server only on request", () => {
    expect(Object.keys(services).sort()).toEqual(
      [...queueNames, "agent", "api", "ollama", "redis", "serve", "watch"].sort(),
    );
    expect(services.ollama?.profiles).toEqual(["ollama"]);
  });

  test.each(ours)(
    "%s runs a file that exists, on the shared volume, with an environment we accept",
    (_, service) => {
      const main = service.command?.at(-1) ?? "";
      expect(existsSync(path.join(repositoryRoot, main)), `${main} exists`).toBe(true);
      expect(existsSync(path.join(repositoryRoot, service.build?.dockerfile ?? ""))).toBe(true);
      expect(readConfiguration(service.environment)).toMatchObject({
        ok: true,
        configuration: { dataFolder: "/data", redisUrl: "redis://redis:6379" },
      });
      expect(service.volumes).toContain("data:/data");
    },
  );

  test("every service that takes requests says whether it is well", () => {
    for (const name of ["redis", "api", "serve"])
      expect(services[name]?.healthcheck?.test?.[0], name).toBe("CMD");
  });

  test("what takes requests keeps to the memory that the launcher gives the gateway", () => {
    for (const name of ["api", "serve"]) {
      expect(services[name]?.command, name).toEqual(expect.arrayContaining(gatewayLimits.flags));
      expect(services[name]?.environment, name).toMatchObject(gatewayLimits.environment);
    }
  });

  test("a container is given the time in which its worker drains", () => {
    for (const [name, service] of ours) {
      expect(Number.parseInt(service.stop_grace_period ?? "0", 10) * 1_000, name).toBeGreaterThanOrEqual(
        drainTimeoutMs + drainGraceMs,
      );
    }
  });

  test("every named volume is declared", () => {
    const used = Object.values(services).flatMap((service) => service.volumes ?? []);
    expect(used.length).toBeGreaterThan(0);
    for (const volume of used) expect(Object.keys(volumes)).toContain(volume.split(":")[0]);
  });
});
