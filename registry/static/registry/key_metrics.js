// Draws one small chart for each chosen metric over the versions of a model, into every [data-key-metrics].

import { chart, figure } from "../web/charts.js";
import { island } from "../web/island.js";
import { stageColour } from "../web/palette.js";

island("[data-key-metrics]", async element => {
  const answer = await fetch(element.dataset.keyMetrics, { headers: { accept: "application/json" } });
  if (!answer.ok) {
    element.textContent = "The metrics could not be read. Reload the page to try again.";
    return;
  }
  const { versions, series } = await answer.json();
  for (const { key, values } of series) {
    const drawing = document.createElement("div");
    const caption = Object.assign(document.createElement("figcaption"), { textContent: key });
    const frame = document.createElement("figure");
    frame.append(caption, drawing);
    element.append(frame);
    const picture = await chart(drawing, look => option(look, key, versions, values), {
      label: `${key} over versions`,
      name: key,
      size: "small",
      table: () => ({
        columns: ["Version", "Stage", key],
        rows: versions.map((version, place) => [`v${version.number}`, version.stage, figure(values[place])]),
      }),
    });
    picture.instance.on("click", ({ dataIndex }) => {
      location.href = element.dataset.versionUrl + versions[dataIndex].number;
    });
  }
});

const option = (look, key, versions, values) => ({
  xAxis: { type: "category", data: versions.map(version => `v${version.number}`) },
  yAxis: { type: "value", scale: true },
  tooltip: {
    trigger: "axis",
    formatter: ([point]) => {
      const version = versions[point.dataIndex];
      return `v${version.number}, ${version.stage}\n${key} ${figure(values[point.dataIndex]) || "not measured"}`;
    },
  },
  series: [
    {
      name: key,
      type: "line",
      connectNulls: true,
      symbolSize: 8,
      lineStyle: { color: look.soft, width: 1.5 },
      data: values.map((value, place) => ({ value, itemStyle: { color: stageColour(versions[place].stage) } })),
    },
  ],
});
