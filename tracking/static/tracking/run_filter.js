// Offers names, operators and values while somebody types a filter: an ARIA combobox on every [data-run-filter].

import { island } from "../web/island.js";

const ATTRIBUTES = ["run_name", "status", "user_id", "start_time", "end_time", "duration", "run_id"];
const OPERATORS = {
  metrics: ["=", "!=", ">", ">=", "<", "<="],
  texts: ["=", "!=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL"],
  numbers: ["=", ">", ">=", "<", "<="],
};
const STATUSES = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];
const NUMBERS = new Set(["start_time", "end_time", "duration"]);
const NAME = "(?:[\\w\\-/]+\\.)?(?:`[^`]*`|[\\w\\-/.]+)";
const MOST = 40;

island("[data-run-filter]", (box) => {
  const input = box.querySelector("input");
  const list = document.createElement("ul");
  list.id = `${input.id}-options`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "What can come here");
  list.hidden = true;
  box.append(list);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    input.setAttribute(name, value);
  }

  let keys = null;
  const values = new Map();
  let offers = [];
  let current = -1;

  const fetchJson = async (url) => {
    const answer = await fetch(url, { headers: { accept: "application/json" } });
    return answer.ok ? answer.json() : {};
  };
  const names = async () => (keys ??= await fetchJson(box.dataset.runFilter));
  const valuesOf = async (kind, key) => {
    const url = `${box.dataset.values}?${new URLSearchParams({ kind, key })}`;
    if (!values.has(url)) values.set(url, fetchJson(url));
    return (await values.get(url)).values ?? [];
  };

  function close() {
    list.hidden = true;
    current = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function show(found) {
    offers = found.slice(0, MOST);
    list.replaceChildren(...offers.map(option));
    list.hidden = offers.length === 0;
    input.setAttribute("aria-expanded", String(offers.length > 0));
    mark(-1);
  }

  function option(offer, place) {
    const item = document.createElement("li");
    item.id = `${list.id}-${place}`;
    item.setAttribute("role", "option");
    item.append(offer.text);
    if (offer.kind) {
      const kind = document.createElement("span");
      kind.className = "soft";
      kind.textContent = offer.kind;
      item.append(kind);
    }
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      take(place);
    });
    return item;
  }

  function mark(place) {
    current = place;
    [...list.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === place)));
    if (place >= 0) {
      input.setAttribute("aria-activedescendant", list.children[place].id);
      list.children[place].scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function take(place) {
    const { text, begin, end, goesOn } = offers[place];
    const after = input.value.slice(end);
    const space = goesOn || after.startsWith(" ") ? "" : " ";
    input.value = input.value.slice(0, begin) + text + space + after;
    const caret = begin + text.length + (goesOn ? 0 : 1);
    input.setSelectionRange(caret, caret);
    input.focus();
    close();
    suggest();
  }

  async function suggest() {
    const caret = input.selectionStart;
    const before = input.value.slice(0, caret);
    const found = await offersAt(before, caret);
    if (input.selectionStart === caret && document.activeElement === input) show(found);
  }

  async function offersAt(before, caret) {
    const clause = before.slice(lastClause(before));
    const start = before.length - clause.length;
    const begun = clause.match(/^\s*/)[0].length;
    const asValue = clause.match(new RegExp(`^\\s*(${NAME})\\s*(?:=|!=|LIKE|ILIKE)\\s*('[^']*)?$`, "i"));
    if (asValue) return valueOffers(asValue[1], asValue[2] ?? "", before.length - (asValue[2] ?? "").length, caret);
    const operator = clause.match(new RegExp(`^\\s*(${NAME})\\s+([A-Za-z=<>! ]*)$`));
    if (operator) {
      const known = await operatorsOf(operator[1]);
      const part = operator[2].toUpperCase();
      const begin = before.length - operator[2].length;
      return known.filter((word) => word.startsWith(part) && word !== part).map((text) => ({ text, begin, end: caret, goesOn: false }));
    }
    if (/^\s*\S+\s+.*\s$/.test(clause)) return [{ text: "and", begin: caret, end: caret, goesOn: false }];
    return nameOffers(clause.slice(begun), start + begun, caret);
  }

  function lastClause(text) {
    let place = 0;
    for (const found of text.matchAll(/'[^']*'|`[^`]*`|\band\b/gi)) {
      if (found[0].toLowerCase() === "and") place = found.index + 3;
    }
    return place;
  }

  async function operatorsOf(name) {
    const [prefix, key] = split(name);
    if (prefix === "metrics") return OPERATORS.metrics;
    return NUMBERS.has(key) && !["params", "tags"].includes(prefix) ? OPERATORS.numbers : OPERATORS.texts;
  }

  function split(name) {
    const [, prefix = "", key = ""] = name.match(/^(?:(metrics|params|tags|attributes)\.)?(.*)$/s) ?? [];
    return [prefix, key.replaceAll("`", "")];
  }

  async function valueOffers(name, typed, begin, caret) {
    const [prefix, key] = split(name);
    let known = [];
    if (prefix === "params" || prefix === "tags") known = await valuesOf(prefix.slice(0, -1), key);
    else if (key === "status") known = STATUSES;
    const part = typed.slice(1).toLowerCase();
    return known
      .filter((value) => value.toLowerCase().includes(part))
      .map((value) => ({ text: `'${value.replaceAll("'", "''")}'`, begin, end: caret, goesOn: false }));
  }

  async function nameOffers(typed, begin, end) {
    const [prefix, part] = split(typed);
    const known = await names();
    const wanted = part.toLowerCase();
    const found = [];
    for (const family of ["metrics", "params", "tags"]) {
      if (prefix && prefix !== family) continue;
      for (const key of known[family] ?? []) {
        if (!key.toLowerCase().includes(wanted) || (!prefix && key.startsWith("mlflow."))) continue;
        found.push({ text: `${family}.${quoted(key)}`, kind: family.slice(0, -1), begin, end, goesOn: false, rank: key.toLowerCase().startsWith(wanted) });
      }
    }
    if (!prefix || prefix === "attributes") {
      for (const key of ATTRIBUTES) {
        if (key.includes(wanted)) found.push({ text: prefix ? `attributes.${key}` : key, kind: "attribute", begin, end, goesOn: false, rank: key.startsWith(wanted) });
      }
    }
    const families = prefix || !typed ? [] : ["metrics.", "params.", "tags.", "attributes."].filter((word) => word.startsWith(typed));
    return [
      ...families.map((text) => ({ text, kind: "all of them", begin, end, goesOn: true })),
      ...found.sort((a, b) => Number(b.rank) - Number(a.rank)),
    ];
  }

  const quoted = (key) => (/^[\w\-/]+$/.test(key) ? key : `\`${key}\``);

  input.addEventListener("input", suggest);
  input.addEventListener("focus", () => input.value === "" && suggest());
  input.addEventListener("click", () => list.hidden && suggest());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && list.hidden) {
      suggest();
      event.preventDefault();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) return;
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((current + step + offers.length + (current < 0 && step < 0 ? 1 : 0)) % offers.length);
      event.preventDefault();
    } else if (event.key === "Escape" && !list.hidden) {
      close();
      event.preventDefault();
    } else if ((event.key === "Enter" || event.key === "Tab") && !list.hidden && current >= 0) {
      take(current);
      event.preventDefault();
    }
  });
});
