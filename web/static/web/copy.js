// Gives every <div class="copy"> a button that copies the text of its field. Without it, the field can be selected.

for (const box of document.querySelectorAll(".copy")) {
  const [field, button] = [box.querySelector("input"), box.querySelector("button")];
  const label = button.textContent;
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Browsers offer the clipboard to secure pages only; the old way works on the others.
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}
