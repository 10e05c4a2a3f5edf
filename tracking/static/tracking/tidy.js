// Keeps fields that were left empty out of the address that a form[data-tidy] leads to.

import { island } from "../web/island.js";

island("form[data-tidy]", (form) => {
  form.addEventListener("formdata", ({ formData }) => {
    for (const name of new Set(formData.keys())) {
      const values = formData.getAll(name).filter((value) => value !== "");
      formData.delete(name);
      for (const value of values) formData.append(name, value);
    }
  });
});
