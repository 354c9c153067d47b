// Prints one line of JSON a record of a WARC file, as warcio.js reads it.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { WARCParser } from "warcio";

for await (const record of WARCParser.iterRecords(createReadStream(process.argv[2]), { parseHttp: true })) {
  const payload = createHash("sha1").update((await record.readFully(false)) ?? "").digest("hex");
  const { warcType: type, warcTargetURI: url, warcDate: date, httpHeaders } = record;
  console.log(JSON.stringify({ type, url, date, status: httpHeaders?.statusCode ?? null, payload }));
}
