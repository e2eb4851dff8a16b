import net from "node:net";

/** A unix socket, or a port of this machine. */
export type RedisAddress = { path: string } | { port: number; host: string };

export interface RedisQuestion {
  address: RedisAddress;
  /** One command in Redis' inline form, without its line end. */
  command: string;
  timeoutMs: number;
}

/**
 * Sends one command to a Redis whose state is not known yet, and gives the reply's text; a bulk reply gives its
 * content. An error reply, a refused connection and silence reject. A client library would queue and reconnect here.
 */
export function askRedis({ address, command, timeoutMs }: RedisQuestion): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(address);
    let received = "";
    const settle = (act: () => void) => {
      socket.destroy();
      act();
    };
    socket.setTimeout(timeoutMs, () => settle(() => reject(new Error("Redis does not answer"))));
    socket.once("error", (error) => settle(() => reject(error)));
    socket.once("end", () => settle(() => reject(new Error("Redis closed the connection"))));
    socket.once("connect", () => socket.write(`${command}\r\n`));
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      received += chunk;
      const reply = parseReply(received);
      if (reply === undefined) return;
      settle(() => (reply.ok ? resolve(reply.text) : reject(new Error(reply.text))));
    });
  });
}

/** The reply, or undefined while it is not complete. Sizes are those of ASCII, which is all that is asked for here. */
function parseReply(received: string): { ok: boolean; text: string } | undefined {
  const lineEnd = received.indexOf("\r\n");
  if (lineEnd < 0) return undefined;
  const head = received.slice(1, lineEnd);
  if (received[0] !== "$") return { ok: received[0] !== "-", text: head };
  const size = Number(head);
  const body = received.slice(lineEnd + 2);
  return body.length < size ? undefined : { ok: true, text: body.slice(0, size) };
}
