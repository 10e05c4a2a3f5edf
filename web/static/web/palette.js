// The colours of pictures: of series, of scales, and of stages; chosen to be told apart by colour-blind readers too.

// Eight colours per theme: each stands out from the ground by 3:1 or more and from the others for every kind of colour
// vision. Colour is never alone: neighbours also differ in dash and marker.
const SERIES = {
  light: ["#00599c", "#b83a00", "#00876a", "#c0508c", "#a88600", "#3595dc", "#6d1a3d", "#5f6b7a"],
  dark: ["#56b4e9", "#ff9a52", "#2fc79a", "#e88fc0", "#f3dc55", "#8794ff", "#c9674f", "#c3ccd6"],
};
const DASHES = ["solid", [7, 4], [2, 3], [10, 3, 2, 3], [14, 4]];
const MARKERS = ["circle", "triangle", "rect", "diamond", "arrow", "pin", "roundRect"];

// From little to much, after cividis; cut so that every colour stands out from the ground.
const SCALES = {
  light: ["#00224e", "#2a3f6d", "#575d6d", "#77756f", "#8f8452", "#a48c10"],
  dark: ["#5c7fd0", "#7d8fb8", "#98a0a0", "#b5ad7c", "#d2c060", "#fee838"],
};

// Stages look like their badges in style.css.
const STAGES = { none: "--line-strong", staging: "--warn", production: "--good", archived: "--calm" };

export const isDark = () => {
  const chosen = document.documentElement.dataset.bsTheme;
  return chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
};

const theme = () => (isDark() ? "dark" : "light");

// How series number `index` looks: colour, dash and marker, together different for more series than can be read.
export const seriesLook = index => {
  const colours = SERIES[theme()];
  return {
    colour: colours[index % colours.length],
    dash: DASHES[index % DASHES.length],
    marker: MARKERS[index % MARKERS.length],
  };
};

export const seriesColours = () => SERIES[theme()];

export const scaleColours = () => SCALES[theme()];

// The colour of a stage, as its badge has it.
export const stageColour = name => cssColour(STAGES[name.toLowerCase()] ?? STAGES.none);

// A custom property as a colour that a canvas understands; empty when there is none of that name.
export const cssColour = (property, element = document.documentElement) => {
  const value = getComputedStyle(element).getPropertyValue(property).trim();
  if (!value) return "";
  const probe = document.createElement("i");
  probe.style.color = `var(${property})`;
  probe.hidden = true;
  element.append(probe);
  const computed = getComputedStyle(probe).color;
  probe.remove();
  return asRgb(computed);
};

let pixel;
const asRgb = colour => {
  if (/^rgba?\(/.test(colour)) return colour;
  pixel ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", {
    willReadFrequently: true,
  });
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = colour;
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`;
};
