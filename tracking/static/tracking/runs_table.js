// Lets runs be chosen in a table, groups of runs be opened in place, and columns be found in their list.

import { island } from "../web/island.js";

const chosen = new Set();

function tell() {
  const form = document.querySelector("[data-chosen-runs]");
  if (!form) return;
  const words = form.querySelector("[data-chosen-count]");
  words.textContent = chosen.size ? `${chosen.size} chosen` : "Choose runs in the table, then say what to do with them.";
  for (const button of form.querySelectorAll("button")) button.disabled = chosen.size === 0;
  const boxes = [...document.querySelectorAll('input[name="run"][form="chosen-runs"]')];
  for (const all of document.querySelectorAll("[data-choose-all]")) {
    all.checked = boxes.length > 0 && boxes.every((box) => box.checked);
    all.indeterminate = !all.checked && boxes.some((box) => box.checked);
  }
}

function remember(box) {
  if (box.checked) chosen.add(box.value);
  else chosen.delete(box.value);
}

let last = null;

island('input[name="run"][form="chosen-runs"]', (box) => {
  // A row that htmx has just replaced forgets its tick, and the browser may have kept one over a reload.
  box.checked ||= chosen.has(box.value);
  remember(box);
  box.addEventListener("click", (event) => {
    const boxes = [...document.querySelectorAll('input[name="run"][form="chosen-runs"]')];
    if (event.shiftKey && last && boxes.includes(last)) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      for (const between of boxes.slice(from, to + 1)) {
        between.checked = box.checked;
        remember(between);
      }
    }
    last = box;
  });
  box.addEventListener("change", () => {
    remember(box);
    tell();
  });
  tell();
});

island("[data-chosen-runs]", tell);

island("[data-choose-all]", (all) => {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll('input[name="run"][form="chosen-runs"]')) {
      box.checked = all.checked;
      remember(box);
    }
    tell();
  });
});

island("[data-open-group]", (button) => {
  button.hidden = false;
  const row = document.getElementById(button.getAttribute("aria-controls"));
  button.addEventListener("click", () => {
    row.hidden = !row.hidden;
    button.setAttribute("aria-expanded", String(!row.hidden));
  });
});

island("[data-find-column]", (field) => {
  field.hidden = false;
  field.addEventListener("input", () => {
    const part = field.value.trim().toLowerCase();
    for (const label of field.form.querySelectorAll("label:has(input[type=checkbox])")) {
      label.hidden = !label.title.toLowerCase().includes(part);
    }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
});
