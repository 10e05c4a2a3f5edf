// Draws one picture with ECharts into an element, in the page's colours, with what readers who cannot see it need.
//
//   const picture = await chart(element, look => option, { label, table, size, on });
//
// element  gets the class `chart`, the picture, a table of its data (folded away) and a button that saves a PNG.
// build    gets the look of the page (colours, whether motion is welcome) and answers with an ECharts option, or a
//          promise of one. Called again when the theme changes and by `picture.redraw()`.
// label    what the picture shows, for those who hear it; or a function that is asked at each drawing.
// table    () => ({ columns: ["Step", …], rows: [[0, …], …] }); without it the table is made from the option.
// size     "small", "tall" or nothing.
// on       { datazoom: handler, … }: events of ECharts.
//
// picture  { echarts, instance, redraw(), say(sentence), dispose() }

import { cssColour, isDark, seriesColours, seriesLook } from "./palette.js";

const MOST_ROWS = 500;
const drawn = new Set();
let library;

const echartsLibrary = () => (library ??= import("../npm/echarts.js"));

const stylesheet = () => {
  const href = new URL("./charts.css", import.meta.url).href;
  if ([...document.styleSheets].some(sheet => sheet.href === href) || document.querySelector("link[data-charts]")) return;
  document.head.append(Object.assign(make("link"), { rel: "stylesheet", href }));
  document.head.lastElementChild.dataset.charts = "";
};

export const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

let fields = 0;

// A control with its label above it.
export const labelled = (words, control) => {
  control.id ||= `chart-field-${(fields += 1)}`;
  return make("div", { className: "chart-field" }, make("label", { htmlFor: control.id, textContent: words }), control);
};

// What the page looks like now.
export const look = () => ({
  dark: isDark(),
  still: matchMedia("(prefers-reduced-motion: reduce)").matches,
  ink: cssColour("--tblr-body-color") || (isDark() ? "#e6eaf0" : "#1b2330"),
  soft: cssColour("--soft") || (isDark() ? "#a3aebd" : "#566072"),
  line: cssColour("--tblr-border-color") || (isDark() ? "#3a4557" : "#dfe3e8"),
  surface: cssColour("--tblr-bg-surface") || (isDark() ? "#1a202a" : "#ffffff"),
  accent: cssColour("--tblr-primary") || "#2a56c0",
  colours: seriesColours(),
  series: seriesLook,
});

// A number as axes and tooltips write it: at most six significant digits.
export const figure = value => {
  if (typeof value !== "number") return value ?? "";
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(4).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(6)));
};

export const saveFile = (name, href) => make("a", { href, download: name }).click();

export async function chart(element, build, { label, table, size = "", on = {}, name = "chart" }) {
  stylesheet();
  const echarts = await echartsLibrary();
  element.classList.add("chart");
  const canvas = make("div", { className: `chart-canvas${size ? ` is-${size}` : ""}` });
  canvas.setAttribute("role", "img");
  const say = make("p", { className: "chart-say" });
  say.setAttribute("role", "status");
  const data = make("details", { className: "chart-data" }, make("summary", { textContent: "Data as a table" }));
  const png = make("button", { type: "button", className: "btn btn-ghost-secondary btn-sm", textContent: "PNG" });
  png.title = "Save this picture as a PNG file";
  const tools = make("div", { className: "chart-tools" }, png);
  element.replaceChildren(canvas, say, data, tools);

  const instance = echarts.init(canvas, null, { renderer: "canvas" });
  let option = {};
  const tableNow = () => (table ? table() : tableOf(option));

  const redraw = async () => {
    const now = look();
    option = withLook(await build(now), now);
    if (instance.isDisposed()) return;
    instance.setOption(option, { notMerge: true });
    const words = typeof label === "function" ? label() : label;
    canvas.setAttribute("aria-label", words);
    data.firstChild.setAttribute("aria-label", `Data as a table: ${words}`);
    png.setAttribute("aria-label", `Save as PNG: ${words}`);
    if (data.open) fill(data, tableNow());
  };

  data.addEventListener("toggle", () => data.open && fill(data, tableNow()));
  png.addEventListener("click", () => {
    const words = typeof name === "function" ? name() : name;
    saveFile(
      `${words}.png`,
      instance.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: look().surface, excludeComponents: ["toolbox"] }),
    );
  });
  for (const [event, handler] of Object.entries(on)) instance.on(event, handler);

  const resized = new ResizeObserver(() => !instance.isDisposed() && instance.resize());
  resized.observe(canvas);
  const picture = {
    echarts,
    instance,
    element,
    redraw,
    say: sentence => (say.textContent = sentence),
    dispose: () => {
      resized.disconnect();
      drawn.delete(picture);
      instance.dispose();
      element.replaceChildren();
    },
  };
  drawn.add(picture);
  await redraw();
  return picture;
}

const named = axes => [axes ?? []].flat().some(axis => axis.name);

const withLook = (option, now) => {
  const axis = part => ({
    ...part,
    axisLabel: { color: now.soft, hideOverlap: true, ...part.axisLabel },
    axisLine: { ...part.axisLine, lineStyle: { color: now.soft, ...part.axisLine?.lineStyle } },
    splitLine: { ...part.splitLine, lineStyle: { color: now.line, ...part.splitLine?.lineStyle } },
    nameTextStyle: { color: now.soft, ...part.nameTextStyle },
  });
  const all = (parts, change) => (Array.isArray(parts) ? parts.map(change) : parts && change(parts));
  return {
    color: now.colours,
    backgroundColor: "transparent",
    animation: !now.still,
    animationDuration: 250,
    animationDurationUpdate: 150,
    ...option,
    grid: all(option.grid ?? {}, part => ({
      left: 12,
      right: 24,
      top: named(option.yAxis) || option.legend ? 36 : 16,
      bottom: named(option.xAxis) ? 30 : 12,
      containLabel: true,
      ...part,
    })),
    textStyle: { color: now.ink, fontFamily: getComputedStyle(document.body).fontFamily, ...option.textStyle },
    // HTML in a tooltip needs inline styles, which the content security policy forbids.
    tooltip: {
      confine: true,
      backgroundColor: now.surface,
      borderColor: now.line,
      ...option.tooltip,
      textStyle: { color: now.ink, fontSize: 12, ...option.tooltip?.textStyle },
      renderMode: "richText",
    },
    legend: all(option.legend, part => ({ type: "scroll", top: 0, ...part, textStyle: { color: now.ink, ...part.textStyle } })),
    xAxis: all(option.xAxis, part => axis({ nameLocation: "middle", nameGap: 26, ...part })),
    yAxis: all(option.yAxis, part => axis({ nameGap: 12, ...part, nameTextStyle: { align: "left", ...part.nameTextStyle } })),
  };
};

// The series of an option as rows: one column per series over categories, else one row per point.
const tableOf = option => {
  const list = [option.series ?? []].flat();
  const x = [option.xAxis ?? {}].flat()[0];
  const y = [option.yAxis ?? {}].flat()[0];
  const along = [x, y].find(axis => axis?.data);
  const value = point => figure(Array.isArray(point) ? point.at(-1) : (point?.value ?? point));
  if (along) {
    const categories = along.data.map(category => category?.value ?? category);
    const columns = [along.name || "", ...list.map((series, index) => series.name ?? `Series ${index + 1}`)];
    return { columns, rows: categories.map((category, row) => [category, ...list.map(one => value(one.data?.[row]))]) };
  }
  const rows = list.flatMap(one =>
    (one.data ?? []).map(point => [one.name ?? "", ...[point?.value ?? point].flat().map(figure)]),
  );
  return { columns: ["Series", x?.name || "x", y?.name || "y"], rows };
};

const fill = (data, { columns, rows }) => {
  const head = make("tr", {}, ...columns.map(column => make("th", { scope: "col", textContent: column })));
  const body = rows
    .slice(0, MOST_ROWS)
    .map(row => make("tr", {}, ...row.map(cell => make("td", { textContent: cell ?? "" }))));
  const table = make("table", { className: "table table-sm" }, make("thead", {}, head), make("tbody", {}, ...body));
  const frame = make("div", { className: "table-responsive", tabIndex: 0 }, table);
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", data.firstChild.getAttribute("aria-label"));
  const parts = [data.firstChild, frame];
  if (rows.length > MOST_ROWS) {
    parts.push(make("p", { textContent: `The first ${MOST_ROWS} of ${rows.length} rows.` }));
  }
  data.replaceChildren(...parts);
};

const redrawAll = () => {
  for (const picture of drawn) {
    if (picture.element.isConnected) picture.redraw();
    else picture.dispose();
  }
};
new MutationObserver(redrawAll).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
