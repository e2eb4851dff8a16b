import type { ColumnRecipe } from "./labelled-columns.ts";

const harmless = (recipe: Omit<ColumnRecipe, "kinds">): ColumnRecipe => ({ kinds: [], ...recipe });

/** What looks like a person's data and is none: numbers, codes, dates, places, firms and words of every trade. */
export const harmlessColumns: readonly ColumnRecipe[] = [
  harmless({
    names: ["id", "customer id", "patient id", "row"],
    value: (_, row) => String(100_000 + row * 3),
  }),
  harmless({ names: ["uuid", "request id", "session"], value: (faker) => faker.string.uuid() }),
  harmless({
    names: ["order number", "order no", "invoice", "reference"],
    value: (faker) => faker.string.numeric(10),
  }),
  harmless({
    names: ["order number", "part", "item code", "lot"],
    value: (faker) => `${faker.string.numeric(3)}-${faker.string.numeric(3)}-${faker.string.numeric(4)}`,
  }),
  harmless({
    names: ["sku", "case number", "serial", "batch"],
    value: (faker) => `${faker.string.numeric(3)}-${faker.string.numeric(2)}-${faker.string.numeric(4)}`,
  }),
  harmless({
    names: ["transaction id", "tracking number", "card id", "ref"],
    value: (faker) => faker.string.numeric({ length: 16, allowLeadingZeros: false }),
  }),
  harmless({
    names: ["member number", "meter", "loyalty number"],
    value: (faker) => faker.string.numeric(9),
  }),
  harmless({ names: ["imei", "device"], value: (faker) => faker.phone.imei().replaceAll("-", "") }),
  harmless({
    names: ["created", "ts", "event time"],
    value: (faker) => String(Math.floor(faker.date.past().getTime() / 1_000)),
  }),
  harmless({
    names: ["timestamp", "logged at", "ms"],
    value: (faker) => String(faker.date.past().getTime()),
  }),
  harmless({
    names: ["updated at", "created at", "last login"],
    value: (faker) => faker.date.recent().toISOString(),
  }),
  harmless({
    names: ["order date", "start date", "due", "hired on", "expiry date"],
    value: (faker) => faker.date.past().toISOString().slice(0, 10),
  }),
  harmless({ names: ["price", "total", "amount", "cost", "net"], value: (faker) => faker.commerce.price() }),
  harmless({
    names: ["revenue", "budget", "balance", "credit limit"],
    value: (faker) => faker.finance.amount({ max: 900_000, symbol: "$" }),
  }),
  harmless({
    names: ["quantity", "stock", "email count", "phone calls", "age band"],
    value: (faker) => String(faker.number.int(500)),
  }),
  harmless({
    names: ["rate", "score", "salary increase pct", "share"],
    value: (faker) => faker.number.float({ max: 1, fractionDigits: 4 }).toString(),
  }),
  harmless({
    names: ["company", "supplier", "account name", "client", "employer"],
    value: (faker) => faker.company.name(),
  }),
  harmless({
    names: ["product", "product name", "name", "title"],
    value: (faker) => faker.commerce.productName(),
  }),
  harmless({ names: ["category", "department", "segment"], value: (faker) => faker.commerce.department() }),
  harmless({ names: ["job title", "role", "position"], value: (faker) => faker.person.jobTitle() }),
  harmless({ names: ["city", "town", "origin", "destination"], value: (faker) => faker.location.city() }),
  harmless({ names: ["country", "region", "state"], value: (faker) => faker.location.country() }),
  harmless({ names: ["book", "song", "movie title", "name"], value: (faker) => faker.music.songName() }),
  harmless({
    names: ["author handle", "username", "twitter", "login"],
    value: (faker) => `@${faker.internet.username()}`,
  }),
  harmless({ names: ["vehicle", "model", "name"], value: (faker) => faker.vehicle.vehicle() }),
  harmless({
    names: ["phone model", "device", "handset"],
    value: (faker) =>
      `${faker.helpers.arrayElement(["iPhone", "Pixel", "Galaxy S"])} ${faker.number.int({ min: 5, max: 24 })}`,
  }),
  harmless({ names: ["isbn", "barcode", "ean"], value: (faker) => faker.commerce.isbn() }),
  harmless({
    names: ["ip address", "client ip", "remote address", "host"],
    value: (faker) => faker.internet.ipv4(),
  }),
  harmless({ names: ["mac address", "hw address"], value: (faker) => faker.internet.mac() }),
  harmless({ names: ["wallet address", "eth address"], value: (faker) => faker.finance.ethereumAddress() }),
  harmless({
    names: ["url", "web address", "link"],
    value: (faker) => `${faker.internet.url()}/${faker.lorem.slug()}`,
  }),
  harmless({
    names: ["git remote", "repository"],
    value: (faker) => `git@${faker.internet.domainName()}:${faker.lorem.slug(2)}.git`,
  }),
  harmless({ names: ["file", "path", "attachment"], value: (faker) => faker.system.filePath() }),
  harmless({ names: ["image", "asset"], value: (faker) => `${faker.lorem.word()}@2x.png` }),
  harmless({
    names: ["version", "package"],
    value: (faker) => `${faker.lorem.word()}@${faker.system.semver()}`,
  }),
  harmless({
    names: ["connection", "dsn"],
    value: (faker) =>
      `postgres://${faker.internet.username().toLowerCase()}@${faker.internet.domainName()}/main`,
  }),
  harmless({
    names: ["seat", "room", "gate", "bay"],
    value: (faker) => `${faker.string.alpha({ casing: "upper" })}${faker.string.numeric(2)}`,
  }),
  harmless({
    names: ["shelf", "location", "bin", "slot"],
    value: (faker) =>
      `${faker.string.alpha({ casing: "upper" })}${faker.string.numeric(2)}.${faker.string.numeric(1)}`,
  }),
  harmless({
    names: ["latitude", "longitude", "coordinates"],
    value: (faker) => `${faker.location.latitude()}, ${faker.location.longitude()}`,
  }),
  harmless({
    names: ["currency", "salary currency", "wage code"],
    value: (faker) => faker.finance.currencyCode(),
  }),
  harmless({ names: ["swift", "bic", "bank code"], value: (faker) => faker.finance.bic() }),
  harmless({
    names: ["checksum", "token", "hash"],
    value: (faker) => faker.string.hexadecimal({ length: 32, prefix: "" }),
  }),
  harmless({
    names: ["vat id", "contract", "account code"],
    value: (faker) => `${faker.location.countryCode()}${faker.string.numeric(18)}`,
  }),
  harmless({
    names: ["condition", "status", "state", "treatment"],
    value: (faker) => faker.helpers.arrayElement(["new", "used", "refurbished", "like new", "for parts"]),
  }),
  harmless({
    names: ["description", "notes", "review", "message"],
    value: (faker) => faker.lorem.sentences(2),
  }),
  harmless({
    names: ["review", "comment"],
    value: (faker) =>
      `${faker.commerce.productAdjective()} ${faker.commerce.product()}, ${faker.helpers.arrayElement(["would buy again", "arrived late", "great value", "too small", "as described"])}.`,
  }),
  harmless({
    names: ["paid", "active", "email verified", "is patient"],
    value: (faker) => String(faker.datatype.boolean()),
  }),
  harmless({
    names: ["year", "fiscal year", "model year"],
    value: (faker) => String(faker.date.past({ years: 30 }).getFullYear()),
  }),
  harmless({
    names: ["duration", "elapsed", "opening hours"],
    value: (faker) => `${faker.string.numeric(2)}:${faker.number.int({ min: 10, max: 59 })}`,
  }),
  harmless({ names: ["colour", "material", "name"], value: (faker) => faker.color.human() }),
  harmless({
    names: ["address type", "email type", "phone type"],
    value: (faker) => faker.helpers.arrayElement(["home", "work", "other"]),
  }),
];
