// The chat beyond what htmx does: Enter sends, a draft outlives a reload, a lost connection is told. Nothing is needed:
// without it a form sends each message.
"use strict";

const NEAR_END = 240; // pixels
const drafts = {
  of: (form) => `draft ${form.dataset.draft}`,
  keep: (form, text) => { try { text ? sessionStorage.setItem(drafts.of(form), text) : sessionStorage.removeItem(drafts.of(form)); } catch { /* none kept */ } },
  find: (form) => { try { return sessionStorage.getItem(drafts.of(form)) || ""; } catch { return ""; } },
};
const page = document.scrollingElement;
const writing = () => document.querySelector("form[data-draft]");
const isNearEnd = () => page.scrollHeight - page.scrollTop - page.clientHeight < NEAR_END;
const toEnd = () => page.scrollTo(0, page.scrollHeight);
const sayLost = (lost) => { const notice = document.getElementById("lost"); if (notice) notice.hidden = !lost; };
let wasNearEnd = true;

const form = writing();
if (form) {
  if (!form.elements.text.value) form.elements.text.value = drafts.find(form);
  if (matchMedia("(pointer: fine)").matches) form.elements.text.focus({ preventScroll: true });
}
toEnd();

document.addEventListener("input", (event) => {
  if (event.target.form && event.target.form === writing() && event.target.name === "text") drafts.keep(event.target.form, event.target.value);
});

document.addEventListener("keydown", (event) => {
  const isText = event.target.form && event.target.form === writing() && event.target.name === "text";
  if (!isText || event.key !== "Enter" || event.shiftKey || event.isComposing || !matchMedia("(pointer: fine)").matches) return;
  event.preventDefault();
  if (!event.ctrlKey && !event.metaKey) event.target.form.requestSubmit(); // with Ctrl app.js sends it
});

document.addEventListener("htmx:before:request", (event) => {
  const request = event.detail.ctx;
  if (request.sourceElement === writing()) request.sent = writing().elements.text.value;
});

document.addEventListener("htmx:before:swap", () => { wasNearEnd = isNearEnd(); });

document.addEventListener("htmx:finally:request", (event) => {
  const request = event.detail.ctx;
  const status = request.response ? request.response.status : 0;
  if (status) sayLost(false);
  if (request.sent !== undefined && status === 200 && request.status === "swapped") {
    const sending = writing();
    if (sending) {
      drafts.keep(sending, "");
      if (sending.elements.text.value === request.sent) sending.elements.text.value = "";
      sending.elements.text.focus({ preventScroll: true });
    }
    wasNearEnd = true;
  }
  if (wasNearEnd) toEnd();
});

document.addEventListener("htmx:error", (event) => {
  const request = event.detail.ctx;
  if (request && !request.response) sayLost(true);
  if (request && request.sent !== undefined && !isNearEnd()) toEnd();
});
