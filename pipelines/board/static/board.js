// What plain HTML cannot do: folds close when one leaves them, the answered card keeps the focus, arrow keys
// step through the wall. Every page works without this file.
"use strict";

function closeFolds(except) {
  for (const fold of document.querySelectorAll(".menu[open], .more[open]")) {
    if (!fold.contains(except)) fold.removeAttribute("open");
  }
}

document.addEventListener("click", (event) => closeFolds(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeFolds(null);
  if (!document.documentElement.classList.contains("wall-mode")) return;
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const items = [...document.querySelectorAll(".item")];
  const at = items.indexOf(document.activeElement);
  const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
  if (next) {
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "start" });
  }
});
document.addEventListener("htmx:afterSwap", (event) => {
  const card = event.detail.elt;
  const head = card && card.querySelector ? card.querySelector("h3[tabindex]") : null;
  if (head) head.focus();
});
// A card that could not be answered (signed out, too often): the whole page says why.
document.addEventListener("htmx:responseError", () => window.location.reload());
