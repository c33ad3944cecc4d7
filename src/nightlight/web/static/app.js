// What pages do beyond links and forms. Everything works without it; nothing here evaluates text as code.
"use strict";

document.addEventListener("keydown", (event) => {
  // Ctrl+Enter sends the form one types in.
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
  if (event.key === "Escape") {
    const menu = event.target.closest("details[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  }
});

document.addEventListener("change", (event) => {
  // A form that says so is sent when something in it is chosen.
  const form = event.target.form;
  if (form && form.hasAttribute("data-send-on-change")) form.requestSubmit();
});
