// Shows the first rows of a Parquet file in every <div data-parquet="address">, by reading only the parts it needs.

import { island } from "../web/island.js";

const ROWS = 50;
const COLUMNS = 40;
const LONGEST = 200;
const MOST_BYTES = 32 * 1024 * 1024;

async function show(place) {
  say(place, "Reading the first rows …");
  try {
    const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import("../npm/hyparquet/index.js");
    const file = ranges(place.dataset.parquet, Number(place.dataset.size));
    const metadata = await parquetMetadataAsync(file);
    const names = parquetSchema(metadata).children.map(child => child.element.name);
    const rows = Number(metadata.num_rows);
    const wanted = names.slice(0, COLUMNS);
    const shown = await parquetReadObjects({ file, metadata, columns: wanted, rowStart: 0, rowEnd: Math.min(ROWS, rows), compressors: await compressors() });
    const types = new Map(parquetSchema(metadata).children.map(child => [child.element.name, typeOf(child.element)]));
    draw(place, wanted, types, shown, { rows, hidden: names.length - wanted.length });
  } catch (error) {
    say(place, `This file cannot be shown: ${String(error.message ?? error).slice(0, 200)}`);
  }
}

// How columns may be packed; Snappy is in hyparquet itself.
const compressors = async () => {
  const [{ gunzip }, { decompressBrotli }, { decompressLz4, decompressLz4Raw }, { decompress }] = await Promise.all([
    import("../npm/hyparquet-compressors/gzip.js"),
    import("../npm/hyparquet-compressors/brotli.js"),
    import("../npm/hyparquet-compressors/lz4.js"),
    import("../npm/fzstd.js"),
  ]);
  return {
    GZIP: (input, length) => gunzip(input, new Uint8Array(length)),
    BROTLI: decompressBrotli,
    ZSTD: input => decompress(input),
    LZ4: decompressLz4,
    LZ4_RAW: decompressLz4Raw,
  };
};

// A file of which parts are fetched; it refuses to fetch very much.
const ranges = (url, byteLength) => {
  let fetched = 0;
  return {
    byteLength,
    async slice(start, end = byteLength) {
      fetched += end - start;
      if (fetched > MOST_BYTES) throw new Error("its first rows are spread over too many bytes. Download it instead.");
      const answer = await fetch(url, { headers: { Range: `bytes=${start}-${end - 1}` } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}.`);
      return answer.arrayBuffer();
    },
  };
};

const typeOf = element => String(element.logical_type?.type ?? element.converted_type ?? element.type ?? "group").toLowerCase();

const textOf = value => {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value !== "object") return String(value);
  return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part));
};

const make = (name, ...children) => {
  const element = document.createElement(name);
  element.append(...children);
  return element;
};

const say = (place, sentence) => {
  const words = make("p", sentence);
  words.className = "soft";
  words.setAttribute("role", "status");
  place.replaceChildren(words);
};

function draw(place, names, types, rows, { rows: total, hidden }) {
  const heads = names.map(name => {
    const type = make("span", ` ${types.get(name)}`);
    type.className = "soft";
    const head = make("th", name, type);
    head.scope = "col";
    return head;
  });
  const body = rows.map(row => make("tr", ...names.map(name => make("td", textOf(row[name]).slice(0, LONGEST)))));
  const table = make("table", make("thead", make("tr", ...heads)), make("tbody", ...body));
  table.className = "table table-sm data";
  const region = make("div", table);
  region.className = "table-responsive";
  region.tabIndex = 0;
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", `First rows of ${place.dataset.name}`);
  const words = make("p", `${rows.length} of ${total.toLocaleString("en")} rows${hidden > 0 ? `, without ${hidden} more columns` : ""}.`);
  words.className = "soft small";
  place.replaceChildren(region, words);
}

island("[data-parquet]", place => show(place));
