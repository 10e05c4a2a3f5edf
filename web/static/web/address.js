// What is chosen on a page, kept in its address, so that the link reproduces the view.

export const addressed = name => new URL(location.href).searchParams.get(name) ?? "";

export const addressedAll = name => new URL(location.href).searchParams.getAll(name);

// Puts choices into the address without a step in the history; what is empty leaves it.
export const putInAddress = choices => {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(choices)) {
    url.searchParams.delete(name);
    for (const one of [value ?? ""].flat()) {
      if (one !== "" && one !== false) url.searchParams.append(name, one === true ? "1" : one);
    }
  }
  history.replaceState(history.state, "", url);
  // Links to other views of the same page take the choices along.
  document.dispatchEvent(new CustomEvent("address"));
};
