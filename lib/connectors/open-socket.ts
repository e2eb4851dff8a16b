import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { Socket } from "node:net";
import { type AllowedAddresses, assertAddressAllowed } from "./dsn.ts";

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * A socket that looks at what a name resolves to as it connects. To resolve first and connect later would leave the
 * name's owner time to point it elsewhere.
 */
export function guardedSocket(allowed: AllowedAddresses): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket) as (options: object) => Socket;
  // The driver calls it with port and host, and would resolve the host by itself.
  const guarded = (port: number | string, host?: string) =>
    typeof port === "string"
      ? connect({ path: port })
      : connect({ port, host, lookup: guardedLookup(allowed) });
  return Object.assign(socket, { connect: guarded });
}

export function guardedLookup(allowed: AllowedAddresses) {
  return (host: string, options: LookupOptions, callback: LookupCallback) =>
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      try {
        for (const { address } of addresses) assertAddressAllowed(address, allowed);
      } catch (refusal) {
        return callback(refusal as NodeJS.ErrnoException, []);
      }
      const [first] = addresses;
      if (options.all === true || first === undefined) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
}
