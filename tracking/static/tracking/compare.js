// On pages that compare: the chosen tab is in view, “Copy link” copies the address, and links to other views take along what was chosen since.

import { make } from "../web/charts.js";
import { island } from "../web/island.js";

const copy = async (text, near) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Browsers offer the clipboard to secure pages only; the old way works on the others.
    const field = make("textarea", { value: text });
    near.after(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    near.focus();
  }
};

island("[data-copy-address]", button => {
  const label = button.querySelector("span");
  const words = label.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await copy(location.href, button);
    label.textContent = "Copied";
    setTimeout(() => (label.textContent = words), 1500);
  });
});

document.addEventListener("address", () => {
  for (const link of document.querySelectorAll("a[data-view]")) {
    const url = new URL(location.href);
    url.searchParams.set("view", link.dataset.view);
    link.href = url.href;
  }
});

document.querySelector(".nav-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
