import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { z } from "zod";

export interface FakeGraphicsServer {
  name: string;
  url: string;
  /** What it was asked to do, in order: `load a`, `unload a`. */
  asked: string[];
  close(): Promise<void>;
}

const Request = z.object({ model: z.string(), keep_alive: z.number().optional() });

/** Speaks the part of Ollama's protocol that loads models and lists them, for a machine without a graphics card. */
export async function startFakeGraphicsServer(): Promise<FakeGraphicsServer> {
  const asked: string[] = [];
  const loaded = new Set<string>();
  const server = createServer(async (request, response) => {
    response.setHeader("content-type", "application/json");
    if (request.url === "/api/ps") {
      const models = [...loaded].map((name) => ({
        name,
        size: 2 ** 30,
        size_vram: 2 ** 29,
        expires_at: "2030-01-01T00:00:00Z",
      }));
      response.end(JSON.stringify({ models }));
      return;
    }
    const { model, keep_alive } = Request.parse(await json(request));
    if (model === "unknown") response.statusCode = 404;
    else if (keep_alive === 0) {
      asked.push(`unload ${model}`);
      loaded.delete(model);
    } else {
      asked.push(`load ${model}`);
      loaded.add(model);
    }
    response.end("{}");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    name: "local",
    url: `http://127.0.0.1:${port}`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
