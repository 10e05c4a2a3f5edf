// Draws runs as points into every <figure data-scatter>: "#id" of a JSON script, or its address (picture_data.js).
//
// Place, colour and size are chosen; a point leads to its run.

import { chart, figure as short, make } from "../web/charts.js";
import { island } from "../web/island.js";
import { seriesLook } from "../web/palette.js";
import {
  choice,
  chosen,
  columnOf,
  fail,
  isFewValues,
  isNarrow,
  isWide,
  labelOf,
  named,
  openRun,
  readData,
  roomFor,
  visualOf,
  wordOf,
} from "./picture_data.js";

const SMALLEST = 8;
const GREATEST = 30;

const start = async figure => {
  let data;
  try {
    data = await readData(figure.dataset.scatter);
  } catch (error) {
    fail(figure, error.message);
    return;
  }
  const numbers = data.dimensions.filter(dimension => dimension.type === "number");
  if (!data.rows.length || numbers.length < 2) {
    fail(figure, "There is nothing to draw: it takes two params or metrics that are numbers.");
    return;
  }
  const kept = "inAddress" in figure.dataset;
  const first = numbers.find(dimension => (data.shown ?? []).includes(dimension.name)) ?? numbers[0];
  const second = named(data, data.colour) ?? numbers.find(dimension => dimension !== first);
  const state = {
    x: chosen(data, kept, "px", first.name),
    y: chosen(data, kept, "py", second === first ? numbers[1].name : second.name),
    colour: chosen(data, kept, "pc"),
    size: chosen(data, kept, "ps"),
  };
  const holder = make("figure", { className: "chart" });
  const whole = { data, state, holder };
  const changed = () => whole.picture.redraw().then(() => whole.picture.say(notesOf(whole)));
  const shared = { data, state, kept, changed };
  const isNumber = dimension => dimension.type === "number";
  const bar = make(
    "div",
    { className: "chart-controls" },
    choice({ ...shared, label: "Across", part: "x", parameter: "px" }),
    choice({ ...shared, label: "Up", part: "y", parameter: "py" }),
    choice({ ...shared, label: "Colour", part: "colour", parameter: "pc", none: "One colour" }),
    choice({ ...shared, label: "Size", part: "size", parameter: "ps", none: "One size", only: isNumber }),
  );
  figure.replaceChildren(bar, holder);
  whole.picture = await chart(holder, look => optionOf(whole, look), {
    label: () => `${data.rows.length} runs: ${axis(whole, "y")} over ${axis(whole, "x")}`,
    table: () => tableOf(whole),
    size: "tall",
    name: () => `${axis(whole, "y")} over ${axis(whole, "x")}`,
    on: { click: event => openRun(data, event.data?.index) },
  });
  whole.picture.say(notesOf(whole));
};

const axis = ({ data, state }, part) => labelOf(named(data, state[part]));

const pointsOf = ({ data, state }) => {
  const [x, y, colour, size] = ["x", "y", "colour", "size"].map(part => {
    const dimension = named(data, state[part]);
    return dimension ? columnOf(data, dimension) : data.rows.map(() => null);
  });
  return data.rows
    .map((row, index) => ({ index, name: row.name, value: [x[index], y[index], colour[index], size[index]] }))
    .filter(({ value }) => value[0] !== null && value[1] !== null);
};

const optionOf = (whole, look) => {
  const { data, state } = whole;
  const points = pointsOf(whole);
  const narrow = isNarrow(whole.holder);
  const colour = named(data, state.colour);
  const sizes = points.map(({ value }) => value[3]).filter(value => value !== null);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const sized = value => {
    if (!state.size) return 10;
    if (value === null || value === undefined) return SMALLEST;
    return most > least ? SMALLEST + ((value - least) / (most - least)) * (GREATEST - SMALLEST) : 14;
  };
  const shape = value => (colour && isFewValues(colour) && value !== null ? seriesLook(value).marker : "circle");
  const scale = part => {
    const dimension = named(data, state[part]);
    const common = { name: labelOf(dimension), scale: true };
    const type = isWide(columnOf(data, dimension)) ? "log" : "value";
    if (dimension.type === "number") return { ...common, type, axisLabel: { formatter: short } };
    return { ...common, type: "category", data: dimension.values };
  };
  return {
    grid: { left: 12, top: 40, ...roomFor(colour, narrow) },
    xAxis: { ...scale("x"), splitLine: { show: false } },
    yAxis: scale("y"),
    visualMap: colour ? visualOf(colour, 2, points.map(({ value }) => value[2]), look, narrow) : undefined,
    series: [
      {
        type: "scatter",
        name: "Runs",
        data: points.map(point => ({ ...point, symbol: shape(point.value[2]) })),
        symbolSize: ([, , , value]) => sized(value),
        itemStyle: { color: look.accent, opacity: 0.85, borderColor: look.surface, borderWidth: 1 },
        emphasis: { scale: 1.3 },
      },
    ],
    tooltip: { trigger: "item", formatter: ({ data: point }) => wordsOf(whole, point) },
    animation: false,
  };
};

const PARTS = ["x", "y", "colour", "size"];

const wordsOf = ({ data, state }, point) => {
  const lines = PARTS.filter(part => state[part]).map(part => {
    const dimension = named(data, state[part]);
    return `${labelOf(dimension)}: ${wordOf(dimension, point.value[PARTS.indexOf(part)])}`;
  });
  return [point.name, ...new Set(lines)].join("\n").replaceAll("{", "(").replaceAll("}", ")");
};

const tableOf = whole => {
  const { data, state } = whole;
  const parts = PARTS.filter(part => state[part]);
  return {
    columns: ["Run", ...parts.map(part => labelOf(named(data, state[part])))],
    rows: pointsOf(whole).map(point => [
      point.name,
      ...parts.map(part => wordOf(named(data, state[part]), point.value[PARTS.indexOf(part)])),
    ]),
  };
};

const notesOf = whole => {
  const missing = whole.data.rows.length - pointsOf(whole).length;
  if (!missing) return "";
  return `${missing} of ${whole.data.rows.length} runs have no place here: they lack one of both values.`;
};

island("[data-scatter]", figure => start(figure));
