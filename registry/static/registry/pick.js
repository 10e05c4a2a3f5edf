// Lets a form with [data-pick] be sent only when that many boxes are ticked, and says how many are.

import { island } from "../web/island.js";

island("form[data-pick]", form => {
  const least = Number(form.dataset.pick);
  const button = form.querySelector("button");
  const words = button.nextElementSibling;
  const first = words?.textContent;
  const count = () => {
    const ticked = form.querySelectorAll("input[type=checkbox]:checked").length;
    button.disabled = ticked < least;
    if (words) words.textContent = ticked ? `${ticked} chosen` : first;
  };
  form.addEventListener("change", count);
  addEventListener("pageshow", count);
  count();
});
