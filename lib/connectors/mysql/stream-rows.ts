import type { Connection, Query } from "mysql2";
import { closeMysql } from "./connect.ts";

/** A row of the text protocol: for each column a length and its bytes, in `bytes` from `start` to `end`. */
export type OnRow = (bytes: Buffer, start: number, end: number) => void;

/** What the driver calls with each packet of a result; a row packet answers the next handler, which is itself. */
interface PacketHandler {
  row(this: PacketHandler, packet: Packet, connection: unknown): unknown;
}

interface Packet {
  buffer: Buffer;
  offset: number;
  end: number;
  isEOF(): boolean;
}

/**
 * Runs a statement whose rows are handed on as they come off the socket: the driver's own path makes an array and a
 * value of each field, which costs more than everything else of a read together.
 */
export function streamRows(connection: Connection, sql: string, onRow: OnRow): Promise<void> {
  return new Promise((resolve, reject) => {
    const command = connection.query(sql) as Query & PacketHandler;
    const ofDriver = command.row;
    const takeRow: PacketHandler["row"] = function takeRow(this: PacketHandler, packet, origin) {
      if (packet.isEOF()) return ofDriver.call(this, packet, origin);
      try {
        onRow(packet.buffer, packet.offset, packet.end);
      } catch (error) {
        reject(error);
        closeMysql(connection);
        return null;
      }
      return takeRow;
    };
    command.row = takeRow;
    command.once("error", reject);
    command.once("end", () => resolve());
  });
}
