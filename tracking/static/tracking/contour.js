// Draws a metric as heights over two others into every <figure data-contour> (data: picture_data.js).
//
// Between runs the height is a guess: the mean of all runs, each counting by the inverse of its squared distance. The
// lines come from d3-contour, which the page loads as a classic script.

import { chart, figure as short, make } from "../web/charts.js";
import { island } from "../web/island.js";
import { scaleColours } from "../web/palette.js";
import {
  choice,
  chosen,
  columnOf,
  fail,
  isNarrow,
  isWide,
  labelOf,
  named,
  openRun,
  placeOfLegend,
  readData,
  roomFor,
  wordOf,
} from "./picture_data.js";

const FEWEST = 4;
const CELLS = 60;
const LEVELS = 10;
const MARGIN = 0.04;

const start = async figure => {
  let data;
  try {
    data = await readData(figure.dataset.contour);
  } catch (error) {
    fail(figure, error.message);
    return;
  }
  const numbers = data.dimensions.filter(dimension => dimension.type === "number" && dimension.family !== "attributes");
  if (numbers.length < 3) {
    fail(figure, "It takes three params or metrics that are numbers to draw heights over a plane.");
    return;
  }
  const kept = "inAddress" in figure.dataset;
  const height = named(data, data.colour)?.type === "number" ? named(data, data.colour) : numbers.at(-1);
  const ground = numbers.filter(dimension => dimension !== height);
  const state = {
    x: chosen(data, kept, "cx", ground[0].name),
    y: chosen(data, kept, "cy", ground[1].name),
    z: chosen(data, kept, "cz", height.name),
  };
  const holder = make("figure", { className: "chart" });
  const whole = { data, state, holder };
  const changed = () => whole.picture.redraw().then(() => whole.picture.say(notesOf(whole)));
  const shared = { data, state, kept, changed, only: dimension => dimension.type === "number" };
  const bar = make(
    "div",
    { className: "chart-controls" },
    choice({ ...shared, label: "Across", part: "x", parameter: "cx" }),
    choice({ ...shared, label: "Up", part: "y", parameter: "cy" }),
    choice({ ...shared, label: "Height", part: "z", parameter: "cz" }),
  );
  figure.replaceChildren(bar, holder);
  whole.picture = await chart(holder, look => optionOf(whole, look), {
    label: () => `${word(whole, "z")} as heights over ${word(whole, "x")} and ${word(whole, "y")}`,
    table: () => ({
      columns: ["Run", ...["x", "y", "z"].map(part => word(whole, part))],
      rows: pointsOf(whole).map(({ name, value }) => [name, ...value.map(short)]),
    }),
    size: "tall",
    name: () => `${word(whole, "z")} over ${word(whole, "x")} and ${word(whole, "y")}`,
    on: { click: event => openRun(data, event.data?.index) },
  });
  whole.picture.say(notesOf(whole));
};

const word = ({ data, state }, part) => labelOf(named(data, state[part]));

const pointsOf = ({ data, state }) => {
  const [x, y, z] = ["x", "y", "z"].map(part => columnOf(data, named(data, state[part])));
  return data.rows
    .map((row, index) => ({ index, name: row.name, value: [x[index], y[index], z[index]] }))
    .filter(({ value }) => value.every(part => part !== null));
};

// Why there is no picture, as a sentence; empty when there can be one.
const lacks = points => {
  const different = part => new Set(points.map(({ value }) => value[part])).size;
  if (points.length < FEWEST) return `Only ${points.length} runs have all three values; contours take ${FEWEST} or more.`;
  if (different(0) < 2 || different(1) < 2) return "All these runs lie on one line. Choose params that differ, across and up.";
  return "";
};

const notesOf = whole => {
  const points = pointsOf(whole);
  const missing = whole.data.rows.length - points.length;
  const lacking = lacks(points);
  if (lacking) return lacking;
  const left = missing ? ` ${missing} runs lack one of the three values and do not count.` : "";
  return `Between the runs, which are the dots, heights are a guess by distance.${left}`;
};

// An axis of the ground: its type, its ends, and how values become cells and cells values.
const groundOf = (points, part) => {
  const values = points.map(({ value }) => value[part]);
  const wide = isWide(values);
  const flat = wide ? Math.log10 : Number;
  const [least, most] = [flat(Math.min(...values)), flat(Math.max(...values))];
  const margin = (most - least) * MARGIN;
  const [start, length] = [least - margin, most - least + 2 * margin];
  const valueAt = cell => (wide ? 10 ** (start + (cell / CELLS) * length) : start + (cell / CELLS) * length);
  return { type: wide ? "log" : "value", cellOf: value => ((flat(value) - start) / length) * CELLS, valueAt };
};

// Heights on a grid of CELLS × CELLS, by the inverse of squared distances on axes of equal length.
const gridOf = (points, across, up) => {
  const places = points.map(({ value: [x, y, z] }) => [across.cellOf(x), up.cellOf(y), z]);
  const grid = new Array(CELLS * CELLS);
  for (let row = 0; row < CELLS; row += 1) {
    for (let column = 0; column < CELLS; column += 1) {
      let weights = 0;
      let sum = 0;
      for (const [x, y, z] of places) {
        const weight = 1 / ((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2 + 0.05);
        weights += weight;
        sum += weight * z;
      }
      grid[row * CELLS + column] = sum / weights;
    }
  }
  return grid;
};

const optionOf = (whole, look) => {
  const points = pointsOf(whole);
  const names = { xAxis: { type: "value", name: word(whole, "x"), scale: true }, yAxis: { type: "value", name: word(whole, "y"), scale: true } };
  const narrow = isNarrow(whole.holder);
  if (lacks(points)) return { ...names, series: [scatterOf(points, whole, look)] };
  const [across, up] = [groundOf(points, 0), groundOf(points, 1)];
  const grid = gridOf(points, across, up);
  const [least, most] = [Math.min(...grid), Math.max(...grid)];
  const thresholds = Array.from({ length: LEVELS }, (_, level) => least + ((most - least) * level) / LEVELS);
  const heights = globalThis.d3.contours().size([CELLS, CELLS]).thresholds(thresholds)(grid);
  const place = ([column, row]) => [across.valueAt(column), up.valueAt(row)];
  const labels = { axisLabel: { formatter: short, showMinLabel: false, showMaxLabel: false }, splitLine: { show: false } };
  const scaleOf = ({ type, valueAt }) => ({ ...labels, type, min: valueAt(0), max: valueAt(CELLS) });
  return {
    grid: { left: 12, top: 40, ...roomFor(true, narrow) },
    xAxis: { ...names.xAxis, ...scaleOf(across) },
    yAxis: { ...names.yAxis, ...scaleOf(up) },
    visualMap: {
      type: "continuous",
      seriesIndex: [],
      min: least,
      max: most > least ? most : least + 1,
      text: [`${word(whole, "z").slice(0, 12)} ${short(most)}`, short(least)],
      inRange: { color: scaleColours() },
      textStyle: { color: look.ink },
      ...placeOfLegend(narrow),
      itemHeight: narrow ? 120 : 160,
    },
    series: [bandsOf(heights, place, whole), scatterOf(points, whole, look)],
    tooltip: { trigger: "item" },
    animation: false,
  };
};

const bandsOf = (heights, place, whole) => ({
  type: "custom",
  name: word(whole, "z"),
  silent: true,
  clip: true,
  data: heights.map((_, level) => [level]),
  renderItem: (params, api) => {
    const path = heights[params.dataIndex].coordinates
      .flatMap(polygon => polygon.map(ring => `M${ring.map(corner => api.coord(place(corner)).join(",")).join("L")}Z`))
      .join("");
    if (!path) return undefined;
    return { type: "path", shape: { pathData: path }, style: { fill: shade(params.dataIndex / (LEVELS - 1)) } };
  },
});

const shade = part => {
  const colours = scaleColours().map(colour => [1, 3, 5].map(start => Number.parseInt(colour.slice(start, start + 2), 16)));
  const at = Math.min(part, 0.9999) * (colours.length - 1);
  const [low, high] = [colours[Math.floor(at)], colours[Math.floor(at) + 1]];
  return `rgb(${low.map((channel, index) => Math.round(channel + (high[index] - channel) * (at % 1))).join(", ")})`;
};

const scatterOf = (points, whole, look) => ({
  type: "scatter",
  name: "Runs",
  data: points,
  symbolSize: 9,
  itemStyle: { color: look.surface, borderColor: look.ink, borderWidth: 1.5 },
  tooltip: {
    formatter: ({ data: point }) =>
      [point.name, ...["x", "y", "z"].map((part, index) => `${word(whole, part)}: ${wordOf({ type: "number" }, point.value[index])}`)]
        .join("\n")
        .replaceAll("{", "(")
        .replaceAll("}", ")"),
  },
});

island("[data-contour]", figure => start(figure));
