// Every <button data-copy="text" hidden> copies its text. Without this module the text can still be selected.

import { island } from "./island.js";

island("button[data-copy]", (button) => {
  const label = [...button.childNodes];
  button.hidden = false;
  button.addEventListener("click", async () => {
    await write(button.dataset.copy, button);
    button.replaceChildren(label.length && label[0].nodeType === Node.TEXT_NODE ? "Copied" : "✓");
    setTimeout(() => button.replaceChildren(...label), 1500);
  });
});

async function write(text, near) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Browsers offer the clipboard to secure pages only; the old way works on the others.
    const field = document.createElement("textarea");
    field.value = text;
    near.after(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    near.focus();
  }
}
