// Makes the ECharts option of one metric's curves: lines, bands between least and greatest, what is NaN or infinite.

import { figure } from "../web/charts.js";

const MOST_TOLD = 12;
const MARKERS_PER_CURVE = 8;
const GLYPHS = { circle: "●", triangle: "▲", rect: "■", diamond: "◆", arrow: "⮝", pin: "⚲", roundRect: "▢" };

const UNITS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
];

export const duration = milliseconds => {
  const [size, unit] = UNITS.find(([least]) => Math.abs(milliseconds) >= least) ?? [1, "ms"];
  return `${Number((milliseconds / size).toPrecision(4))} ${unit}`;
};

const moment = milliseconds => new Date(milliseconds).toISOString().replace("T", " ").replace(/\.?0*Z$/, "");

export const AXES = {
  step: { name: "Step", say: value => `Step ${value.toLocaleString("en")}` },
  relative: { name: "Time since the start of the run", say: duration },
  time: { name: "Time (UTC)", say: value => `${moment(value)} UTC` },
};

// Exponential moving average, corrected at its beginning as TensorBoard does it.
export const smoothed = (values, weight) => {
  let last = 0;
  let seen = 0;
  return values.map(value => {
    if (typeof value !== "number") return null;
    seen += 1;
    last = last * weight + (1 - weight) * value;
    return weight ? last / (1 - weight ** seen) : value;
  });
};

const isNumber = value => typeof value === "number";

const oddOf = ({ exact, columns }) => {
  const odd = [];
  columns.x.forEach((x, row) => {
    if (exact) {
      if (!isNumber(columns.value[row])) odd.push([x, columns.value[row]]);
      return;
    }
    if (columns.nan[row]) odd.push([x, "NaN"]);
    if (columns.infinite[row]) odd.push([x, "infinite"]);
  });
  return odd;
};

const valuesOf = ({ exact, columns }) => (exact ? columns.value : columns.mean).map(one => (isNumber(one) ? one : null));

// How a run is called where others are called the same.
export const namesOf = curves => {
  const times = {};
  for (const { run_name: name } of curves) times[name] = (times[name] ?? 0) + 1;
  return curves.map(({ run, run_name: name }) => (times[name] > 1 ? `${name} (${run.slice(0, 6)})` : name));
};

// Names of runs are alike at their beginning; what tells them apart is often the end.
const middleCut = name => (name.length > 18 ? `${name.slice(0, 8)}…${name.slice(-9)}` : name);

// Metrics that were logged once are no curves; a bar per run says more.
const barsOf = (shown, look) => ({
  grid: { top: 12, right: 60, bottom: 12, left: 14 },
  xAxis: { type: "value", axisLabel: { formatter: short } },
  yAxis: { type: "category", inverse: true, data: shown.map(({ name }) => name), axisLabel: { formatter: middleCut } },
  tooltip: { trigger: "item", formatter: ({ name, value }) => `${plain(name)}  ${figure(value)}` },
  series: [
    {
      type: "bar",
      barMaxWidth: 22,
      label: { show: shown.length <= 12, position: "right", color: look.ink, formatter: ({ value }) => figure(value) },
      data: shown.map(({ curve, place }) => ({
        value: valuesOf(curve)[0] ?? null,
        itemStyle: { color: look.series(place).colour },
      })),
    },
  ],
  animation: false,
});

// { option, notes, table } of curves that share a key; `look.series(place)` says how the run at that place looks.
export const curveOption = (curves, state, look, placeOf) => {
  const names = namesOf(curves);
  const shown = curves.map((curve, index) => ({ curve, name: names[index], place: placeOf(curve.run) }))
    .filter(({ curve }) => !state.hidden.has(curve.run));
  if (shown.length && !state.logx && !state.logy && shown.every(({ curve }) => curve.exact && curve.points === 1)) {
    return { option: barsOf(shown, look), notes: shown.length > 1 ? "Logged once by each run." : "Logged once.", table: () => tableOf(shown, state) };
  }
  const series = [];
  const counts = { nan: 0, infinite: 0, low: 0 };
  for (const { curve, name, place } of shown) {
    const style = look.series(place);
    const values = valuesOf(curve);
    const drawable = (x, y) => y !== null && (!state.logx || x > 0) && (!state.logy || y > 0);
    const line = smoothed(values, state.smooth);
    const every = Math.max(1, Math.ceil(values.length / MARKERS_PER_CURVE));
    const marked = index => values.length <= MARKERS_PER_CURVE || (shown.length > 1 && (index + place) % every === 0);
    const points = list => curve.columns.x.map((x, index) => [x, drawable(x, list[index]) ? list[index] : null]);
    counts.low += curve.columns.x.filter((x, index) => values[index] !== null && !drawable(x, values[index])).length;
    if (state.band && !curve.exact) series.push(band(curve, name, style, state));
    if (state.smooth) {
      series.push({
        ...base(name, style),
        silent: true,
        showSymbol: false,
        data: points(values),
        lineStyle: { color: style.colour, width: 1, opacity: 0.35 },
        tooltip: { show: false },
        z: 1,
      });
    }
    series.push({
      ...base(name, style),
      id: curve.run,
      symbol: style.marker,
      symbolSize: 6,
      showSymbol: true,
      data: points(line).map((value, index) => ({ value, symbol: marked(index) ? style.marker : "none" })),
      lineStyle: { color: style.colour, width: 1.75, type: shown.length > 1 ? style.dash : "solid" },
      z: 3,
    });
    const odd = oddOf(curve);
    counts.nan += odd.filter(([, what]) => what === "NaN").length;
    counts.infinite += odd.filter(([, what]) => what !== "NaN").length;
    if (odd.length) series.push(oddities(odd, name, style));
  }
  const option = {
    grid: { top: 12, right: 20, bottom: 30, left: 8 },
    useUTC: true,
    xAxis: {
      type: state.x === "time" ? "time" : state.logx ? "log" : "value",
      name: AXES[state.x].name,
      scale: true,
      min: state.from ?? (state.logx ? undefined : "dataMin"),
      max: state.to ?? (state.logx ? undefined : "dataMax"),
      splitLine: { show: false },
      axisLabel: { showMaxLabel: false, showMinLabel: state.from === undefined, ...(state.x === "time" ? {} : { formatter: state.x === "step" ? short : duration }) },
    },
    yAxis: { type: state.logy ? "log" : "value", scale: true, axisLabel: { formatter: short } },
    tooltip: { trigger: "axis", axisPointer: { type: "line" }, formatter: rows => told(rows, shown, state, look) },
    toolbox: { show: true, left: -50, itemSize: 0, feature: { dataZoom: { yAxisIndex: false, icon: { zoom: "none", back: "none" } } } },
    series,
    animation: false,
  };
  const empty = shown.every(({ curve }) => !curve.points);
  return { option, notes: empty ? "No points in this part." : notesOf(counts), table: () => tableOf(shown, state) };
};

const short = value => {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(1);
  for (const [least, unit] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]]) {
    if (size >= least) return `${figure(value / (unit === "k" ? 1e3 : least))}${unit}`;
  }
  return figure(value);
};

const base = (name, style) => ({
  type: "line",
  name,
  connectNulls: false,
  itemStyle: { color: style.colour },
  emphasis: { focus: "series", lineStyle: { width: 2.5 } },
});

// One polygon from the least to the greatest values; a stack of areas would fail on a logarithmic axis.
const band = ({ columns }, name, style, state) => {
  const rows = columns.x
    .map((x, row) => [x, columns.min[row], columns.max[row]])
    .filter(([x, low, high]) => low !== null && (!state.logx || x > 0) && (!state.logy || high > 0));
  return {
    type: "custom",
    name,
    silent: true,
    clip: true,
    z: 2,
    tooltip: { show: false },
    encode: { x: 0, y: [1, 2] },
    data: rows,
    renderItem: (params, api) => {
      if (params.dataIndex !== 0) return undefined;
      const floor = state.logy ? Number.MIN_VALUE : -Infinity;
      const points = [
        ...rows.map(([x, , high]) => api.coord([x, high])),
        ...rows.map(([x, low, high]) => api.coord([x, low > floor ? low : high])).reverse(),
      ];
      return { type: "polygon", shape: { points }, style: { fill: style.colour, opacity: 0.18 } };
    },
  };
};

// NaN as a cross at the lower edge, infinite values as a triangle at the edge to which they ran.
const oddities = (odd, name, style) => ({
  type: "custom",
  name,
  silent: true,
  z: 4,
  tooltip: { show: false },
  encode: { x: 0 },
  data: odd.map(([x, what]) => [x, what]),
  dimensions: [{ name: "x" }, { name: "what", type: "ordinal" }],
  renderItem: (params, api) => {
    const [place, what] = odd[params.dataIndex];
    const area = params.coordSys;
    const x = api.coord([place, 0])[0];
    if (x < area.x || x > area.x + area.width) return undefined;
    const y = what === "NaN" || what === "-Infinity" ? area.y + area.height - 6 : area.y + 6;
    if (what === "NaN") {
      const lines = [[-4, -4, 4, 4], [-4, 4, 4, -4]];
      return {
        type: "group",
        children: lines.map(([x1, y1, x2, y2]) => ({
          type: "line",
          shape: { x1: x + x1, y1: y + y1, x2: x + x2, y2: y + y2 },
          style: { stroke: style.colour, lineWidth: 2 },
        })),
      };
    }
    const turn = what === "-Infinity" ? -1 : 1;
    const points = [[x, y - 5 * turn], [x - 5, y + 4 * turn], [x + 5, y + 4 * turn]];
    return { type: "polygon", shape: { points }, style: { fill: style.colour } };
  },
});

const told = (rows, shown, state, look) => {
  const seen = new Map();
  for (const row of rows) {
    const found = shown.find(({ curve }) => curve.run === row.seriesId);
    if (found && row.value[1] !== null && !seen.has(row.seriesId)) seen.set(row.seriesId, { ...found, row });
  }
  if (!seen.size) return "";
  const all = [...seen.values()].sort((one, other) => other.row.value[1] - one.row.value[1]);
  const lines = all.slice(0, MOST_TOLD).map(({ curve, name, place, row }) => {
    const { exact, columns } = curve;
    const index = row.dataIndex;
    const mean = exact ? columns.value[index] : columns.mean[index];
    const range = exact ? "" : `, ${figure(columns.min[index])} to ${figure(columns.max[index])} at ${columns.points[index]} points`;
    const value = state.smooth ? `smooth ${figure(row.value[1])}, ${exact ? "" : "mean "}${figure(mean)}${range}` : `${figure(mean)}${range}`;
    return `${shown.length > 1 ? `${GLYPHS[look.series(place).marker]} ${plain(name)}  ` : ""}${value}`;
  });
  if (all.length > MOST_TOLD) lines.push(`and ${all.length - MOST_TOLD} more`);
  return [AXES[state.x].say(all[0].row.value[0]), ...lines].join("\n");
};

// Braces have a meaning in ECharts' rich text.
const plain = text => text.replaceAll("{", "(").replaceAll("}", ")").slice(0, 60);

const notesOf = ({ nan, infinite, low }) => {
  const notes = [];
  if (nan) notes.push(`NaN at ${nan} ${nan > 1 ? "places" : "place"} (×, below)`);
  if (infinite) notes.push(`infinite at ${infinite} ${infinite > 1 ? "places" : "place"} (▲)`);
  if (low) notes.push(`${low} ${low > 1 ? "points have" : "point has"} no place on a logarithmic axis, which starts above zero`);
  return notes.length ? `${notes.join(", ")}.` : "";
};

const tableOf = (shown, state) => {
  const coarse = shown.some(({ curve }) => !curve.exact);
  const more = coarse ? ["Mean or value", "Least", "Greatest", "Points"] : ["Value"];
  const place = x => (state.x === "time" ? moment(x) : state.x === "relative" ? duration(x) : x);
  const rows = shown.flatMap(({ curve: { exact, columns }, name }) =>
    columns.x.map((x, row) => {
      const value = exact ? columns.value[row] : (columns.mean[row] ?? (columns.nan[row] ? "NaN" : "infinite"));
      const rest = coarse ? (exact ? [value, value, 1] : [columns.min[row], columns.max[row], columns.points[row]]) : [];
      return [name, place(x), ...[value, ...rest].map(figure)];
    }),
  );
  return { columns: ["Run", AXES[state.x].name, ...more], rows };
};
