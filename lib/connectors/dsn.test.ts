import { describe, expect, test } from "vitest";
import { assertAddressAllowed, describeAddress, parseDsn } from "./dsn.ts";

const nothing = { files: false, sockets: false, linkLocal: false };
const everything = { files: true, sockets: true, linkLocal: true };

describe("parseDsn", () => {
  test("reads user, password, host, port, database and how the connection is encrypted", () => {
    const dsn = "postgresql://an%40a:p%2Fw%25@db.example.com:6543/shop?sslmode=verify-full";
    expect(parseDsn(dsn, "postgres", nothing)).toEqual({
      engine: "postgres",
      host: "db.example.com",
      port: 6543,
      database: "shop",
      user: "an@a",
      password: "p/w%",
      tls: "verify",
      tlsFiles: {},
    });
    expect(parseDsn("mariadb://u@[2001:db8::1]/d", "mysql", nothing)).toMatchObject({
      host: "2001:db8::1",
      port: 3306,
    });
  });

  test.each([
    ["postgres://u:p@host/d?sslrootcert=/etc/shadow", "dsn-file"],
    ["postgres://u:p@host/d?sslkey=file:///root/.ssh/id_rsa", "dsn-file"],
    ["postgres://u:p@host/d?SSLCert=x", "dsn-file"],
    ["postgres://u:p@%2Fvar%2Frun%2Fpostgresql/d", "dsn-socket"],
    ["postgres://u:p@host/d?host=/var/run/postgresql", "dsn-socket"],
    ["postgres://u:p@169.254.169.254/d", "dsn-address"],
    ["postgres://u:p@[fe80::1]/d", "dsn-address"],
    ["postgres://u:p@[::ffff:169.254.169.254]/d", "dsn-address"],
    ["postgres://u:p@2852039166/d", "dsn-invalid"],
    ["postgres://u:p@0xa9fea9fe/d", "dsn-invalid"],
    ["postgres://u:p@host/d?options=-c%20x", "dsn-invalid"],
    ["postgres://u:p@host/d?sslmode=maybe", "dsn-invalid"],
    ["mysql://u:p@host/d", "dsn-invalid"],
    ["file:///etc/passwd", "dsn-invalid"],
    ["host=localhost dbname=x password=p", "dsn-invalid"],
    ["postgres:///d", "dsn-invalid"],
    ["postgres://u:p%zz@host/d", "dsn-invalid"],
  ])("refuses %s", (dsn, type) => {
    const attempt = () => parseDsn(dsn, "postgres", nothing);
    expect(attempt).toThrow(expect.objectContaining({ type, field: "dsn" }));
  });

  test("says nothing of the DSN in what it refuses", () => {
    const dsn = "postgres://someone:hunter22@host/d?unknown=hunter22";
    try {
      parseDsn(dsn, "postgres", nothing);
      throw new Error("it was taken");
    } catch (error) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("hunter22");
    }
  });

  test("takes what the configuration allows", () => {
    const dsn = "postgres://u@169.254.1.1/d?sslrootcert=/ca.pem&host=/run/postgresql";
    expect(parseDsn(dsn, "postgres", everything)).toMatchObject({
      tlsFiles: { ca: "/ca.pem" },
      socketPath: "/run/postgresql",
    });
  });

  test("an address is described without who uses it", () => {
    expect(describeAddress(parseDsn("mysql://root:pw@db/shop", "mysql", nothing))).toBe(
      "mysql://db:3306/shop",
    );
  });
});

test.each(["169.254.0.1", "FE80::1", "febf::2", "::ffff:169.254.1.1", "::ffff:a9fe:a9fe"])(
  "%s is link-local",
  (address) => {
    expect(() => assertAddressAllowed(address, nothing)).toThrow();
    expect(() => assertAddressAllowed(address, everything)).not.toThrow();
  },
);

test.each(["10.0.0.1", "127.0.0.1", "::1", "fec0::1", "2001:db8::169.254.1.1", "169.253.1.1"])(
  "%s is not link-local",
  (address) => expect(() => assertAddressAllowed(address, nothing)).not.toThrow(),
);
