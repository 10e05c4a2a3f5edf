// What pictures of many runs have in common: their data, choosing a dimension, and leading to a run.
//
// data  { dimensions: [{ name, label?, type: "number" | "category", values? }],
//         rows: [{ uid, name, status, values: [number | place in values | text | null, …] }],
//         shown?: [names], colour?: name, minimise?: boolean }

import { addressed, putInAddress } from "../web/address.js";
import { figure, labelled, make } from "../web/charts.js";
import { scaleColours } from "../web/palette.js";

const NUMBERS_AS_COLOURS = 8;
const WIDE = 100;

// From the script that `#id` names, or from an address.
export const readData = async source => {
  if (source.startsWith("#")) return JSON.parse(document.querySelector(source).textContent);
  const answer = await fetch(source, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error((await answer.json()).message);
  return answer.json();
};

export const labelOf = dimension => dimension.label ?? dimension.name;

// The value of a run, as a number on the axis of the dimension; null when it has none.
export const placeOn = (dimension, value) => {
  if (value === null || value === undefined) return null;
  if (dimension.type === "number") return value;
  return typeof value === "number" ? value : dimension.values.indexOf(value);
};

export const wordOf = (dimension, place) => {
  if (place === null || place === undefined) return "none";
  return dimension.type === "number" ? figure(place) : (dimension.values[place] ?? "");
};

export const columnOf = (data, dimension) => {
  const index = data.dimensions.indexOf(dimension);
  return data.rows.map(row => placeOn(dimension, row.values[index]));
};

export const named = (data, name) => data.dimensions.find(dimension => dimension.name === name);

// Whether colours stand for values by themselves, and not by a scale.
export const isFewValues = dimension => dimension.type === "category" && dimension.values.length <= NUMBERS_AS_COLOURS;

// A labelled choice between dimensions. `state[part]` holds the name; it is kept in the address as `parameter`.
export const choice = ({ label, data, state, part, parameter, none = "", only = () => true, kept, changed }) => {
  const select = make("select", { className: "form-select form-select-sm" });
  if (none) select.append(make("option", { value: "", textContent: none }));
  const groups = new Map();
  for (const dimension of data.dimensions.filter(only)) {
    const family = dimension.family ?? "";
    if (!groups.has(family)) groups.set(family, family ? make("optgroup", { label: family }) : select);
    groups.get(family).append(make("option", { value: dimension.name, textContent: labelOf(dimension) }));
  }
  for (const group of groups.values()) if (group !== select) select.append(group);
  select.value = state[part] ?? "";
  select.addEventListener("change", () => {
    state[part] = select.value;
    if (kept) putInAddress({ [parameter]: select.value || (none ? "none" : "") });
    changed();
  });
  return labelled(label, select);
};

// What the address says about a dimension, or what is good by itself.
export const chosen = (data, kept, parameter, otherwise = "") => {
  const name = kept ? addressed(parameter) : "";
  if (name === "none") return "";
  return named(data, name) ? name : otherwise;
};

export const cut = text => (text.length > 16 ? `${text.slice(0, 15)}…` : text);

// Whether values span so much that only a logarithmic axis shows the small ones: learning rates, sizes.
export const isWide = values => {
  const known = values.filter(value => value !== null);
  return known.length > 0 && Math.min(...known) > 0 && Math.max(...known) / Math.min(...known) >= WIDE;
};

const NARROW = 560;

// Beside a narrow picture there is no room for what explains its colours, so that stands below.
export const isNarrow = element => element.clientWidth < NARROW;

export const placeOfLegend = narrow =>
  narrow ? { orient: "horizontal", left: 0, bottom: 0 } : { right: 0, top: "middle" };

export const roomFor = (colour, narrow) => ({
  right: colour && !narrow ? 130 : 24,
  bottom: colour && narrow ? 70 : 34,
});

// How colours stand for the values of a dimension, which is the part `index` of each point.
export const visualOf = (dimension, index, values, look, narrow) => {
  const known = values.filter(value => value !== null);
  if (isFewValues(dimension)) {
    return {
      type: "piecewise",
      dimension: index,
      categories: dimension.values.map((_, place) => place),
      formatter: place => cut(dimension.values[place] ?? ""),
      inRange: { color: look.colours.slice(0, dimension.values.length) },
      outOfRange: { color: look.soft },
      textStyle: { color: look.ink },
      ...placeOfLegend(narrow),
      selectedMode: false,
    };
  }
  return {
    type: "continuous",
    dimension: index,
    min: known.length ? Math.min(...known) : 0,
    max: known.length ? Math.max(...known) : 1,
    text: narrow ? [`${cut(labelOf(dimension))} ${figure(Math.max(...known))}`, figure(Math.min(...known))] : [cut(labelOf(dimension)), ""],
    formatter: figure,
    inRange: { color: scaleColours() },
    outOfRange: { color: look.soft },
    textStyle: { color: look.ink },
    calculable: !narrow,
    ...placeOfLegend(narrow),
    itemHeight: 120,
  };
};

export const openRun = (data, index) => {
  const row = data.rows[index];
  if (row) location.href = `/runs/${row.uid}`;
};

export const fail = (figure, sentence) => figure.replaceChildren(make("p", { className: "chart-say", textContent: sentence }));
