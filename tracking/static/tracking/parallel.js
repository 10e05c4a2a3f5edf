// Draws runs as lines over parallel axes into every <figure data-parallel>: "#id" of a JSON script, or its address.
//
//   <figure data-parallel="#picture" data-in-address></figure>      the data: see picture_data.js
//
// Dragging along an axis chooses the runs that pass there; they are listed below, with links to them.

import { addressedAll, putInAddress } from "../web/address.js";
import { chart, figure as short, labelled, make } from "../web/charts.js";
import { island } from "../web/island.js";
import {
  choice,
  chosen,
  columnOf,
  cut,
  fail,
  isNarrow,
  isWide,
  labelOf,
  named,
  placeOn,
  readData,
  visualOf,
  wordOf,
} from "./picture_data.js";

const MOST_LISTED = 50;
const WIDTH_OF_AXIS = 90;

const start = async figure => {
  let data;
  try {
    data = await readData(figure.dataset.parallel);
  } catch (error) {
    fail(figure, error.message);
    return;
  }
  if (!data.rows.length || !data.dimensions.length) {
    fail(figure, "There is nothing to draw: these runs have neither params nor metrics that are numbers.");
    return;
  }
  const kept = "inAddress" in figure.dataset;
  const state = {
    axes: axesOf(data, kept),
    colour: chosen(data, kept, "colour", data.colour ?? ""),
    marked: kept ? marksIn(data) : new Map(),
  };
  const holder = make("figure", { className: "chart" });
  const scroller = make("div", { className: "chart-scroller" }, holder);
  const list = make("div", { className: "chart-chosen" });
  list.setAttribute("role", "status");
  const whole = { data, state, kept, list, holder };
  figure.replaceChildren(controls(whole), scroller, list);
  whole.picture = await chart(holder, look => optionOf(whole, look), {
    label: () => `${data.rows.length} runs over ${state.axes.map(axis => labelOf(named(data, axis))).join(", ")}`,
    table: () => tableOf(whole),
    size: "tall",
    name: "parallel coordinates",
    on: { axisareaselected: () => (readMarks(whole), told(whole)) },
  });
  drawMarks(whole);
  told(whole);
};

const anew = async whole => {
  await whole.picture.redraw();
  drawMarks(whole);
  told(whole);
};

const axesOf = (data, kept) => {
  const wanted = (kept ? addressedAll("axis") : []).filter(name => named(data, name));
  if (wanted.length > 1) return wanted;
  return data.shown ?? data.dimensions.map(dimension => dimension.name);
};

const optionOf = ({ data, state, holder }, look) => {
  const axes = state.axes.map(name => named(data, name));
  const narrow = isNarrow(holder.parentElement);
  // Axes need room for their names; a narrow screen scrolls within the picture.
  holder.style.minWidth = `${axes.length * WIDTH_OF_AXIS}px`;
  const columns = axes.map(axis => columnOf(data, axis));
  const colour = named(data, state.colour);
  const colours = colour ? columnOf(data, colour) : [];
  const rows = data.rows.map((row, index) => ({ name: row.name, value: [...columns.map(column => column[index]), colours[index] ?? null] }));
  const many = rows.length > 100;
  return {
    parallelAxis: axes.map((axis, dim) => ({
      dim,
      name: cut(labelOf(axis)),
      type: axis.type !== "number" ? "category" : isWide(columns[dim]) ? "log" : "value",
      data: axis.values?.map(value => cut(value)),
      scale: true,
      nameTextStyle: { color: look.ink, fontSize: 12 },
      nameGap: 14,
      axisLabel: {
        color: look.ink,
        formatter: axis.type === "number" ? short : undefined,
        hideOverlap: true,
        backgroundColor: look.surface,
        padding: [1, 3],
        borderRadius: 3,
      },
      axisLine: { lineStyle: { color: look.soft } },
      axisTick: { lineStyle: { color: look.soft } },
      areaSelectStyle: { color: look.accent, borderColor: look.accent, opacity: 0.25, width: 18 },
    })),
    parallel: { left: 40, right: colour && !narrow ? 130 : 50, top: 40, bottom: colour && narrow ? 50 : 20, parallelAxisDefault: { realtime: true } },
    visualMap: colour ? visualOf(colour, axes.length, colours, look, narrow) : undefined,
    series: [
      {
        type: "parallel",
        name: "Runs",
        lineStyle: { width: many ? 1 : 1.75, opacity: many ? 0.55 : 0.8, color: look.accent },
        inactiveOpacity: 0.06,
        emphasis: { lineStyle: { width: 3, opacity: 1 } },
        smooth: false,
        data: rows,
      },
    ],
    tooltip: { trigger: "item", formatter: ({ dataIndex }) => wordsOf(data, axes, dataIndex) },
    animation: false,
  };
};

const wordsOf = (data, axes, index) => {
  const row = data.rows[index];
  const lines = axes.map(axis => `${labelOf(axis)}: ${wordOf(axis, placeOn(axis, row.values[data.dimensions.indexOf(axis)]))}`);
  return [row.name, ...lines].join("\n").replaceAll("{", "(").replaceAll("}", ")");
};

const tableOf = ({ data, state }) => {
  const axes = state.axes.map(name => named(data, name));
  const columns = axes.map(axis => columnOf(data, axis).map(place => wordOf(axis, place)));
  return {
    columns: ["Run", ...axes.map(labelOf)],
    rows: data.rows.map((row, index) => [row.name, ...columns.map(column => column[index])]),
  };
};

// --- Choosing runs along the axes -------------------------------------------------------------------------------------

const marksIn = data => {
  const marks = new Map();
  for (const text of addressedAll("mark")) {
    const [low, high, ...name] = text.split("~");
    if (named(data, name.join("~")) && Number.isFinite(Number(low)) && Number.isFinite(Number(high))) {
      marks.set(name.join("~"), [Number(low), Number(high)]);
    }
  }
  return marks;
};

const readMarks = whole => {
  const { picture, state } = whole;
  state.marked = new Map();
  picture.instance.getModel().eachComponent("parallelAxis", axis => {
    const [interval] = axis.activeIntervals ?? [];
    if (interval) state.marked.set(state.axes[axis.option.dim], [...interval]);
  });
  keepMarks(whole);
};

const keepMarks = ({ state, kept }) => {
  if (kept) putInAddress({ mark: [...state.marked].map(([name, [low, high]]) => `${trim(low)}~${trim(high)}~${name}`) });
};

const trim = number => Number(number.toPrecision(5));

const drawMarks = ({ picture, state }) => {
  for (const [name, interval] of state.marked) {
    const parallelAxisIndex = state.axes.indexOf(name);
    if (parallelAxisIndex >= 0) {
      const [least, most] = picture.instance.getModel().getComponent("parallelAxis", parallelAxisIndex).axis.scale.getExtent();
      const inside = [Math.max(interval[0], least), Math.min(interval[1], most)];
      picture.instance.dispatchAction({ type: "axisAreaSelect", parallelAxisIndex, intervals: [inside] });
    }
  }
};

const told = whole => {
  const { data, state, list, picture } = whole;
  const chosenRows = data.rows.filter((row, index) =>
    [...state.marked].every(([name, [low, high]]) => {
      const dimension = named(data, name);
      const place = columnOf(data, dimension)[index];
      return place !== null && place >= low && place <= high;
    }),
  );
  if (!state.marked.size) {
    list.replaceChildren(make("p", { className: "chart-say", textContent: "Drag along an axis to choose runs by their values." }));
    return;
  }
  const clear = make("button", { type: "button", className: "btn btn-sm", textContent: "Choose all again" });
  clear.addEventListener("click", () => {
    state.marked = new Map();
    keepMarks(whole);
    anew(whole);
  });
  const links = chosenRows.slice(0, MOST_LISTED).map(row => make("li", {}, make("a", { href: `/runs/${row.uid}`, textContent: row.name })));
  if (chosenRows.length > MOST_LISTED) links.push(make("li", { textContent: `and ${chosenRows.length - MOST_LISTED} more` }));
  const sentence = `${chosenRows.length} of ${data.rows.length} runs pass where you chose.`;
  const parts = [make("p", { className: "chart-say", textContent: sentence }), clear];
  if (chosenRows.length && chosenRows.length < data.rows.length) {
    const url = new URL("/compare/runs", location.href);
    for (const row of chosenRows) url.searchParams.append("run", row.uid);
    parts.push(make("a", { className: "btn btn-sm", href: url.href, textContent: "Compare only these" }));
  }
  list.replaceChildren(make("div", { className: "line" }, ...parts), make("ul", { className: "chart-links" }, ...links));
};

// --- Controls ---------------------------------------------------------------------------------------------------------

const controls = whole => {
  const { data, state, kept } = whole;
  const bar = make("div", { className: "chart-controls" });
  const changed = () => anew(whole);
  bar.append(choice({ label: "Colour by", data, state, part: "colour", parameter: "colour", none: "One colour", kept, changed }));
  const boxes = data.dimensions.map(dimension => {
    const box = make("input", { type: "checkbox", className: "form-check-input m-0", checked: state.axes.includes(dimension.name) });
    box.addEventListener("change", () => {
      const others = state.axes.filter(name => name !== dimension.name);
      if (!box.checked && others.length < 2) {
        box.checked = true;
        return;
      }
      state.axes = box.checked ? [...others, dimension.name] : others;
      state.marked.delete(dimension.name);
      if (kept) putInAddress({ axis: state.axes });
      changed();
    });
    return make("label", { className: "in-line" }, box, labelOf(dimension));
  });
  if (data.dimensions.length > 2) bar.append(folded(`Axes (of ${data.dimensions.length})`, ...boxes));
  const bounds = make("div", { className: "chart-controls" });
  const choosing = folded("Choose by values", bounds);
  choosing.addEventListener("toggle", () => choosing.open && fillBounds(whole, bounds));
  bar.append(choosing);
  return bar;
};

const folded = (words, ...parts) =>
  make("details", { className: "chart-axes" }, make("summary", { textContent: words }), make("div", {}, ...parts));

// What dragging along an axis does, for keyboards: the least and the greatest value of each axis, or one of its words.
const fillBounds = (whole, bounds) => {
  const { data, state } = whole;
  const mark = (name, interval) => {
    if (interval) state.marked.set(name, interval);
    else state.marked.delete(name);
    keepMarks(whole);
    anew(whole);
  };
  bounds.replaceChildren(
    ...state.axes.flatMap(name => {
      const dimension = named(data, name);
      return dimension.type === "number" ? numberBounds(state, dimension, mark) : [wordBounds(state, dimension, mark)];
    }),
  );
};

const numberBounds = (state, dimension, mark) => {
  const inputs = [0, 1].map(end => {
    const value = state.marked.get(dimension.name)?.[end];
    const input = make("input", { className: "form-control form-control-sm", inputMode: "decimal", size: 7 });
    input.value = value === undefined || Math.abs(value) === Number.MAX_VALUE ? "" : trim(value);
    input.addEventListener("change", () => {
      const [low, high] = inputs.map(one => (one.value.trim() === "" ? NaN : Number(one.value)));
      const interval = [Number.isNaN(low) ? -Number.MAX_VALUE : low, Number.isNaN(high) ? Number.MAX_VALUE : high];
      mark(dimension.name, Number.isNaN(low) && Number.isNaN(high) ? null : interval);
    });
    return input;
  });
  return inputs.map((input, end) => labelled(`${labelOf(dimension)} ${end ? "at most" : "at least"}`, input));
};

const wordBounds = (state, dimension, mark) => {
  const select = make("select", { className: "form-select form-select-sm" }, make("option", { value: "", textContent: "Any" }));
  dimension.values.forEach((word, place) => select.append(make("option", { value: place, textContent: word })));
  const [low, high] = state.marked.get(dimension.name) ?? [1, 0];
  select.value = Math.floor(low) === Math.ceil(high) ? Math.ceil(high) : low < high ? Math.ceil(low) : "";
  select.addEventListener("change", () => {
    const place = Number(select.value);
    mark(dimension.name, select.value === "" ? null : [place - 0.4, place + 0.4]);
  });
  return labelled(`${labelOf(dimension)} is`, select);
};

island("[data-parallel]", figure => start(figure));
