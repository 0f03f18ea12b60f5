// What plain HTML cannot do: folds close when one leaves them, the answered card keeps the focus, arrow keys
// step through the wall, charts come alive when they are touched. Every page works without this file.
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

// The picture of a chart becomes the chart itself, drawn from the same specification, when somebody first points
// at it. Under the content policy expressions are interpreted, and nothing brings a style of its own.
const OPTIONS = {
  mode: "vega-lite", renderer: "svg", ast: true, actions: false, defaultStyle: false, tooltip: { disableDefaultStyle: true },
};

async function enliven(place, name) {
  const picture = place.querySelector("svg.chart");
  const address = new URL(window.location.href);
  address.searchParams.set("chart", name);
  const [{ vegaEmbed }, answer] = await Promise.all([import(document.body.dataset.vega), fetch(address)]);
  if (!picture || !answer.ok) return;
  const spec = await answer.json();
  // Drawn as wide as it stands: a drawing that is stretched would mistake where the pointer is.
  if (spec.width) Object.assign(spec, { width: place.clientWidth, autosize: { type: "fit", contains: "padding" } });
  const drawn = document.createElement("div");
  const { view } = await vegaEmbed(drawn, spec, OPTIONS);
  drawn.className = "alive";
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-label", picture.getAttribute("aria-label"));
  // Read out as one picture: its bars and points have no names of their own.
  drawn.querySelector("svg").setAttribute("aria-hidden", "true");
  picture.replaceWith(drawn);
  view.resize().run();
  const hint = document.createElement("p");
  hint.className = "note hint";
  hint.textContent = document.body.dataset.alive;
  if ((spec.layer || []).some((one) => one.name === "alive")) place.append(hint);
}

function start(place, name) {
  if (!place || place.dataset.alive) return;
  place.dataset.alive = "yes";
  // Without it the picture stays, which says the same.
  enliven(place, name || place.dataset.chart).catch(() => {});
}

for (const kind of ["pointerover", "pointerdown"]) {
  document.addEventListener(kind, (event) => start(event.target.closest ? event.target.closest("[data-chart]") : null));
}
// A computer's wide picture in a narrow window would be too small to read: the narrow one takes its place at once.
for (const place of document.querySelectorAll(".only-wide[data-chart]")) {
  if (place.clientWidth > 0 && place.clientWidth < 600) start(place, place.dataset.chart.replace(/wide$/, "narrow"));
}
