// Draws metrics of runs as curves, one small picture per metric, into every <figure data-metric-curves>.
//
//   <figure data-metric-curves="/api/v1/metric-curves?run=UID&run=UID" data-metric-keys='["loss", "acc"]'></figure>
//
// data-metric-curves  the address of the curves of one or more runs (docs/api.md); required
// data-metric-keys    a JSON list of the metrics, each of which gets a picture, or "#id" of a script that holds one
//                     ({{ keys|json_script:"id" }}); without it all that the runs have
// data-in-address     keep what is chosen (axis, logarithms, smoothing, range …) in the address of the page
// data-size           "tall" for big pictures
//
// What the figure holds is shown until the pictures are there, and to browsers without JavaScript: a table, say.
// Only pictures in view are read and drawn. While a run is at work they read themselves anew.

import { addressed, addressedAll, putInAddress } from "../web/address.js";
import { chart, labelled, make } from "../web/charts.js";
import { island } from "../web/island.js";
import { seriesLook } from "../web/palette.js";
import { AXES, curveOption, namesOf } from "./curve_option.js";

const OFTEN = 5_000;
const FILTER_FROM = 9;
const BUCKETS = { small: 400, tall: 1_000 };

async function start(figure) {
  const source = new URL(figure.dataset.metricCurves, location.href);
  const keys = figure.dataset.metricKeys ? keysIn(figure.dataset.metricKeys) : await keysOf(source);
  if (!keys.length) return;
  const state = readState(figure);
  const grid = make("div", { className: "small-multiples" });
  const legend = make("ul", { className: "chart-legend", hidden: true });
  legend.setAttribute("aria-label", "Runs");
  const places = new Map();
  source.searchParams.getAll("run").forEach(run => places.has(run) || places.set(run, places.size));
  const whole = { figure, source, state, places, pictures: [], known: new Map(), legend };
  whole.changed = (reading = false) => {
    if ("inAddress" in figure.dataset) putInAddress(choicesOf(state));
    for (const picture of whole.pictures) picture.refresh(reading);
  };
  const tiles = keys.map(key => tile(whole, key, keys.length === 1 ? "tall" : figure.dataset.size));
  grid.classList.toggle("is-single", keys.length === 1);
  grid.append(...tiles.map(one => one.element));
  whole.pictures.push(...tiles.map(one => one.picture));
  figure.replaceChildren(controls(whole, keys, tiles), legend, grid);
  for (const { picture } of tiles) picture.watch();
}

const keysIn = text => JSON.parse(text.startsWith("#") ? document.querySelector(text).textContent : text);

const keysOf = async source => {
  const url = new URL(source);
  url.searchParams.set("buckets", 1);
  const answer = await fetch(url, { headers: { accept: "application/json" } });
  if (!answer.ok) return [];
  return [...new Set((await answer.json()).curves.map(curve => curve.key))];
};

const number = text => (text === "" || text === null || Number.isNaN(Number(text)) ? undefined : Number(text));

const readState = figure => {
  const kept = "inAddress" in figure.dataset;
  const read = name => (kept ? addressed(name) : "");
  return {
    x: AXES[read("x")] ? read("x") : "step",
    logx: read("log").includes("x"),
    logy: read("log").includes("y"),
    smooth: Math.min(0.99, Math.max(0, number(read("smooth")) ?? 0)),
    band: read("band") !== "off",
    from: number(read("x0")),
    to: number(read("x1")),
    only: read("only"),
    hidden: new Set(kept ? addressedAll("off") : []),
  };
};

const choicesOf = state => ({
  x: state.x === "step" ? "" : state.x,
  log: `${state.logx ? "x" : ""}${state.logy ? "y" : ""}`,
  smooth: state.smooth || "",
  band: state.band ? "" : "off",
  x0: state.from ?? "",
  x1: state.to ?? "",
  only: state.only,
  off: [...state.hidden],
});

// --- One picture ------------------------------------------------------------------------------------------------------

const tile = (whole, key, size = "small") => {
  const heading = make("p", { textContent: key, className: "chart-title" });
  const holder = make("figure", { className: "chart" });
  const wait = make("div", { className: `chart-canvas${size ? ` is-${size}` : ""}` });
  holder.append(wait);
  const element = make("section", {}, heading, holder);
  element.setAttribute("aria-label", key);
  return { key, element, picture: picture(whole, key, holder, size) };
};

const picture = (whole, key, holder, size) => {
  const { state } = whole;
  let curves;
  let drawing;
  let seen = false;
  let stale = true;
  let asked = 0;
  let timer;
  let notes = "";
  let table = () => ({ columns: [], rows: [] });

  const build = look => {
    const made = curveOption(curves, state, look, run => whole.places.get(run) ?? 0);
    ({ notes, table } = made);
    return made.option;
  };

  const draw = async () => {
    if (!curves) return;
    if (drawing) await drawing.redraw();
    else {
      const options = { label: () => labelOf(key, curves, state), table: () => table(), size, name: key, on: { datazoom } };
      drawing = await chart(holder, build, options);
      holder.querySelector(".chart-canvas").addEventListener("dblclick", () => zoom(whole, undefined, undefined));
    }
    drawing.say(notes);
    // Dragging over the picture chooses a part of it, where there is a pointer that can drag without scrolling.
    if (matchMedia("(pointer: fine)").matches) {
      const active = { type: "takeGlobalCursor", key: "dataZoomSelect", dataZoomSelectActive: true };
      drawing.instance.dispatchAction(active);
    }
  };

  const datazoom = event => {
    const { startValue, endValue } = event.batch?.[0] ?? event;
    if (startValue === undefined || startValue === endValue) return;
    zoom(whole, Math.round(startValue), Math.round(endValue));
  };

  const read = async () => {
    clearTimeout(timer);
    stale = false;
    const turn = ++asked;
    const begun = performance.now();
    const answer = await readCurves(whole, key, size);
    if (turn !== asked) return;
    if (answer.message) {
      if (!drawing) holder.replaceChildren(make("p", { className: "chart-say", textContent: answer.message }));
      else drawing.say(answer.message);
      return;
    }
    curves = answer.curves;
    learn(whole, curves);
    await draw();
    if (answer.live) again(Math.max(OFTEN, 10 * (performance.now() - begun)));
  };

  const again = delay => {
    timer = setTimeout(() => {
      stale = true;
      if (holder.isConnected && seen && !document.hidden) read();
      else if (holder.isConnected) again(OFTEN);
    }, delay);
  };

  return {
    refresh: reading => {
      stale ||= reading;
      if (seen && stale) read();
      else if (!stale) draw();
    },
    watch: () => {
      const observer = new IntersectionObserver(
        ([entry]) => {
          seen = entry.isIntersecting;
          if (seen && stale) read();
        },
        { rootMargin: "200px" },
      );
      observer.observe(holder);
    },
  };
};

const labelOf = (key, curves, state) => {
  const count = curves.length;
  const who = count === 1 ? `run ${curves[0].run_name}` : `${count} runs`;
  return `${key} of ${who} along ${AXES[state.x].name.toLowerCase()}`;
};

const readCurves = async (whole, key, size) => {
  const url = new URL(whole.source);
  const { x, from, to } = whole.state;
  for (const [name, value] of Object.entries({ key, x, from, to, buckets: BUCKETS[size] ?? 500 })) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  try {
    const answer = await fetch(url, { headers: { accept: "application/json" } });
    const body = await answer.json();
    return answer.ok ? body : { message: body.message };
  } catch {
    return { message: "The server does not answer. The picture shows what it said last." };
  }
};

// --- What belongs to all pictures -------------------------------------------------------------------------------------

const zoom = (whole, from, to) => {
  Object.assign(whole.state, { from, to });
  whole.showRange();
  whole.changed(true);
};

// Names of runs come with their curves; who has a curve is in the legend.
const learn = (whole, curves) => {
  const before = whole.known.size;
  for (const curve of curves) {
    if (!whole.places.has(curve.run)) whole.places.set(curve.run, whole.places.size);
    whole.known.set(curve.run, curve);
  }
  if (whole.known.size !== before && whole.known.size > 1) fillLegend(whole);
};

const fillLegend = whole => {
  const { legend, known, places, state } = whole;
  const curves = [...known.values()].sort((one, other) => places.get(one.run) - places.get(other.run));
  const names = namesOf(curves);
  legend.hidden = false;
  legend.replaceChildren(
    ...curves.map((curve, index) => {
      const button = make("button", { type: "button", title: `Show or hide ${names[index]}` });
      button.setAttribute("aria-pressed", String(!state.hidden.has(curve.run)));
      button.append(sample(places.get(curve.run)), names[index]);
      button.addEventListener("click", () => {
        if (!state.hidden.delete(curve.run)) state.hidden.add(curve.run);
        button.setAttribute("aria-pressed", String(!state.hidden.has(curve.run)));
        whole.changed();
      });
      return make("li", {}, button);
    }),
  );
};

const SHAPES = {
  circle: "M10 6a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
  triangle: "M14 2l4.5 8h-9z",
  rect: "M10.5 2.5h7v7h-7z",
  diamond: "M14 1l4 5-4 5-4-5z",
  arrow: "M14 1l4 9-4-3-4 3z",
  pin: "M14 11l-3.5-6a3.5 3.5 0 1 1 7 0z",
  roundRect: "M11.5 2.5h5q1 0 1 1v5q0 1-1 1h-5q-1 0-1-1v-5q0-1 1-1z",
};

// How a line looks, small.
const sample = place => {
  const style = seriesLook(place);
  const svg = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const drawing = svg("svg", { width: 28, height: 12, viewBox: "0 0 28 12", "aria-hidden": "true" });
  const dash = style.dash === "solid" ? "none" : style.dash.join(" ");
  drawing.append(
    svg("path", { d: "M0 6H28", stroke: style.colour, "stroke-width": 2, "stroke-dasharray": dash }),
    svg("path", { d: SHAPES[style.marker], fill: style.colour }),
  );
  return drawing;
};

// --- Controls ---------------------------------------------------------------------------------------------------------

const controls = (whole, keys, tiles) => {
  const { state } = whole;
  const bar = make("div", { className: "chart-controls" });
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "How curves are drawn");

  const axis = make("select", { className: "form-select form-select-sm" });
  for (const [value, text] of [["step", "Step"], ["relative", "Time since start"], ["time", "Time of day"]]) {
    axis.append(make("option", { value, textContent: text, selected: value === state.x }));
  }
  axis.addEventListener("change", () => {
    Object.assign(state, { x: axis.value, from: undefined, to: undefined });
    if (state.x === "time") state.logx = logx.firstChild.checked = false;
    logx.firstChild.disabled = state.x === "time";
    whole.showRange();
    whole.changed(true);
  });

  const logy = check("Log y", state.logy, on => ((state.logy = on), whole.changed()));
  const logx = check("Log x", state.logx, on => ((state.logx = on), whole.changed()));
  const band = check("Least to greatest", state.band, on => ((state.band = on), whole.changed()));
  band.title = "Where a point stands for many: the band from the least to the greatest of them";

  const weight = make("input", { type: "range", min: 0, max: 0.99, step: 0.01, value: state.smooth, className: "form-range" });
  weight.addEventListener("input", () => {
    state.smooth = Number(weight.value);
    smoothing.firstChild.textContent = `Smoothing ${weight.value}`;
    whole.changed();
  });
  const smoothing = labelled(`Smoothing ${state.smooth}`, weight);

  const range = ["from", "to"].map(name => {
    const input = make("input", { className: "form-control form-control-sm", inputMode: "numeric", size: 8 });
    input.addEventListener("change", () => zoom(whole, number(range[0].value), number(range[1].value)));
    return input;
  });
  const all = make("button", { type: "button", className: "btn btn-sm", textContent: "Whole curves" });
  all.addEventListener("click", () => zoom(whole, undefined, undefined));
  whole.showRange = () => {
    range[0].value = state.from ?? "";
    range[1].value = state.to ?? "";
    const unit = state.x === "step" ? "" : " (ms)";
    range.forEach((input, index) => (input.previousSibling.textContent = `${["From", "To"][index]}${unit}`));
    all.disabled = state.from === undefined && state.to === undefined;
  };
  const fields = range.map(input => labelled("", input));
  bar.append(labelled("Along", axis), smoothing, logy, logx, band, ...fields, all);
  whole.showRange();
  logx.firstChild.disabled = state.x === "time";

  if (keys.length >= FILTER_FROM) {
    const filter = make("input", { type: "search", className: "form-control form-control-sm", value: state.only, size: 12 });
    const apply = () => {
      state.only = filter.value.trim();
      const words = state.only.toLowerCase();
      for (const { key, element } of tiles) element.hidden = !key.toLowerCase().includes(words);
    };
    filter.addEventListener("input", () => (apply(), whole.changed()));
    apply();
    bar.append(labelled(`Metrics (${keys.length})`, filter));
  }
  const roomy = matchMedia("(min-width: 48rem)").matches;
  const isChosen = Object.values(choicesOf(state)).some(value => String(value) !== "");
  return make("details", { className: "chart-options", open: roomy || isChosen }, make("summary", { textContent: "How curves are drawn" }), bar);
};

const check = (text, checked, changed) => {
  const box = make("input", { type: "checkbox", className: "form-check-input m-0", checked });
  box.addEventListener("change", () => changed(box.checked));
  return make("label", { className: "in-line" }, box, text);
};

island("[data-metric-curves]", figure => start(figure));
