// The search box that “/” or Ctrl-K opens over every page: suggestions while one types, chosen with the arrow keys.

const WAIT = 120;
const REMEMBERED = 6;

let palette = null;

document.addEventListener("keydown", (event) => {
  const byLetter = event.key === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  const bySlash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
  if (!byLetter && !bySlash) return;
  event.preventDefault();
  open();
});

for (const box of document.querySelectorAll("[data-open-search]")) {
  box.addEventListener("click", (event) => {
    event.preventDefault();
    open(box.querySelector("input")?.value);
  });
}

function isTyping(element) {
  return element.closest?.("input, textarea, select, [contenteditable], dialog") != null;
}

function open(text = "") {
  palette ??= build();
  if (palette.dialog.open) return;
  palette.input.value = text;
  palette.dialog.showModal();
  palette.input.select();
  suggest(palette);
}

function build() {
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("./search.css", import.meta.url) });
  document.head.append(style);
  const dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", "Search");
  dialog.innerHTML = `
    <form action="/search" role="search" aria-label="Everything">
      <input type="search" name="q" role="combobox" aria-label="Search models, versions, runs, digests, commits, people"
        aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" autocomplete="off" autocapitalize="none"
        spellcheck="false" placeholder="Search or paste a link">
    </form>
    <div class="palette-list" id="palette-list" role="listbox" aria-label="Suggestions"></div>
    <p class="palette-keys" aria-hidden="true"><span><kbd>↑</kbd> <kbd>↓</kbd> choose</span><span><kbd>Enter</kbd> open</span><span><kbd>Esc</kbd> close</span></p>
    <p class="palette-said" role="status"></p>`;
  document.body.append(dialog);
  const built = {
    dialog,
    input: dialog.querySelector("input"),
    list: dialog.querySelector(".palette-list"),
    said: dialog.querySelector(".palette-said"),
  };
  let waiting;
  built.input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => suggest(built), WAIT);
  });
  built.input.addEventListener("keydown", (event) => steer(built, event));
  built.list.addEventListener("click", (event) => remember(built, event.target.closest("[role=option]")));
  built.list.addEventListener("pointermove", (event) => choose(built, event.target.closest("[role=option]"), false));
  // A click beside the box closes it.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return built;
}

async function suggest(built) {
  const query = built.input.value.trim();
  built.asked?.abort();
  built.asked = new AbortController();
  try {
    const answer = await fetch(`/search/suggest?q=${encodeURIComponent(query)}`, { signal: built.asked.signal });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    built.list.innerHTML = await answer.text();
  } catch (error) {
    if (error.name === "AbortError") return;
    built.list.textContent = "The server does not answer. Press Enter to try the search page.";
  }
  if (!query) showRemembered(built);
  const found = options(built);
  choose(built, query ? found[0] : null);
  built.said.textContent = query ? `${found.length - 1} suggestions` : "";
}

function options(built) {
  return [...built.list.querySelectorAll("[role=option]")];
}

function steer(built, event) {
  const found = options(built);
  const place = found.indexOf(built.chosen);
  const steps = { ArrowDown: place + 1, ArrowUp: place < 0 ? found.length - 1 : place - 1, PageDown: place + 5, PageUp: place - 5 };
  if (event.key in steps && found.length) {
    event.preventDefault();
    const wanted = steps[event.key];
    const around = event.key.startsWith("Arrow") ? (wanted + found.length) % found.length : Math.min(Math.max(wanted, 0), found.length - 1);
    choose(built, found[around]);
  } else if (event.key === "Enter" && built.chosen?.isConnected && isCurrent(built)) {
    event.preventDefault();
    built.chosen.click();
  }
}

// Whether the suggestions belong to what stands in the box; else Enter goes to the search page.
function isCurrent(built) {
  const all = built.list.querySelector("#option-all");
  const query = built.input.value.trim();
  return query ? all != null && new URL(all.href).searchParams.get("q") === query : all == null;
}

function choose(built, option, scroll = true) {
  if (option === undefined || (option === null && !scroll)) return;
  built.chosen?.setAttribute("aria-selected", "false");
  built.chosen = option;
  if (!option) {
    built.input.removeAttribute("aria-activedescendant");
    return;
  }
  option.setAttribute("aria-selected", "true");
  built.input.setAttribute("aria-activedescendant", option.id);
  if (scroll) option.scrollIntoView({ block: "nearest" });
}

// What this person opened from here before, kept in this browser alone.

function storageKey(built) {
  return `search:${built.list.querySelector("[data-person]")?.dataset.person ?? ""}`;
}

function remembered(built) {
  try {
    return JSON.parse(localStorage.getItem(storageKey(built))) ?? [];
  } catch {
    return [];
  }
}

function remember(built, option) {
  if (!option?.dataset.kind) return;
  const title = option.querySelector(".hit-title").textContent;
  const detail = option.querySelector(".hit-detail")?.textContent ?? "";
  const url = option.getAttribute("href");
  const others = remembered(built).filter((item) => item.url !== url);
  const kept = [{ title, detail, url, kind: option.dataset.kind }, ...others].slice(0, REMEMBERED);
  try {
    localStorage.setItem(storageKey(built), JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing forgets this too.
  }
}

function showRemembered(built) {
  const items = remembered(built).filter((item) => item.url?.startsWith("/"));
  const root = built.list.querySelector("[data-suggestions]");
  if (!items.length || !root) return;
  const group = Object.assign(document.createElement("div"), { className: "suggestions" });
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Opened lately");
  const head = Object.assign(document.createElement("div"), { className: "suggestions-head", textContent: "Opened lately" });
  head.setAttribute("aria-hidden", "true");
  const icon = root.querySelector("[data-lately-icon]").content;
  group.append(head, ...items.map((item, place) => rememberedOption(item, place, icon.cloneNode(true))));
  root.prepend(group);
}

function rememberedOption({ title, detail, url, kind }, place, icon) {
  const option = Object.assign(document.createElement("a"), { className: "hit", href: url, id: `option-lately-${place}`, tabIndex: -1 });
  option.dataset.kind = kind;
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  const words = Object.assign(document.createElement("span"), { className: "hit-words" });
  const name = Object.assign(document.createElement("span"), { className: "hit-title", textContent: title });
  const more = Object.assign(document.createElement("span"), { className: "hit-detail", textContent: ` ${detail}` });
  words.append(name, more);
  option.append(icon, words);
  return option;
}
