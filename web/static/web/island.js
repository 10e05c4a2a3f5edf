// island(selector, start): runs `start(element)` once for every element that matches, now and after htmx brings more.

const begun = new WeakMap();

export function island(selector, start) {
  const wake = (root) => {
    const found = [...root.querySelectorAll(selector)];
    if (root.matches?.(selector)) found.unshift(root);
    for (const element of found) {
      const starts = begun.get(element) ?? new Set();
      if (starts.has(start)) continue;
      begun.set(element, starts.add(start));
      start(element);
    }
  };
  wake(document);
  document.addEventListener("htmx:load", (event) => wake(event.detail.elt));
}
