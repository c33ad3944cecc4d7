// The label form beyond what a form does: acts are found by typing, Enter chooses. Without it all of them lie open.
"use strict";

const box = document.getElementById("find-act");
if (box) {
  const picks = [...box.form.querySelectorAll(".acts .pick")];
  const groups = [...box.form.querySelectorAll(".acts .picks")];
  const said = (pick) => pick.textContent.trim().toLowerCase();
  const fits = (pick, words) => words.every((word) => said(pick).includes(word) || pick.firstElementChild.value.includes(word));
  const wanted = () => box.value.toLowerCase().split(/\s+/).filter(Boolean);

  const find = () => {
    const words = wanted();
    for (const pick of picks) pick.hidden = !fits(pick, words) && !pick.firstElementChild.checked;
    for (const group of groups) group.hidden = ![...group.querySelectorAll(".pick")].some((pick) => !pick.hidden);
  };

  box.closest("[hidden]").hidden = false;
  box.addEventListener("input", find);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    event.preventDefault();
    const words = wanted();
    if (!words.length) return;
    const found = picks.filter((pick) => fits(pick, words));
    const first = found.find((pick) => said(pick).startsWith(words[0])) || found[0];
    if (!first) return;
    const choice = first.firstElementChild;
    choice.checked = !choice.checked;
    document.getElementById("announce").textContent = `${first.textContent.trim()} ${choice.checked ? "✓" : "–"}`;
    box.value = "";
    find();
  });
  if (box.form.closest(".current") && matchMedia("(pointer: fine)").matches) box.focus({ preventScroll: true });
}
