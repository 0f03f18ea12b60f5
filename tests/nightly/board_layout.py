"""What a browser measures of a page: nothing cut, nothing outside, no text of one character a line.

Add here: a fault of layout that can be measured. Keep out: which pages are looked at.
"""

MEASURE = r"""
() => {
  const found = [], doc = document.documentElement, width = doc.clientWidth;
  if (doc.scrollWidth > width + 1) found.push(`page ${doc.scrollWidth} > ${width}`);
  for (const e of document.querySelectorAll("body *")) {
    if (e.closest("svg, .sr, .live, .skip, option") || !e.checkVisibility()) continue;
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    if (!box.width || !box.height || style.clipPath !== "none" || e.closest("thead") &&
        getComputedStyle(e.closest("thead")).clipPath !== "none") continue;
    const say = (what) => found.push(`${what}: ${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 40)}`);
    if (["auto", "scroll"].includes(style.overflowX) && e.tagName !== "TEXTAREA" &&
        e.scrollWidth > e.clientWidth + 1) say("scrolls sideways");
    if (style.overflowX === "hidden" && e.scrollWidth > e.clientWidth + 1) say("cut");
    if (box.right > width + 1 || box.left < -1) say("outside");
    const own = [...e.childNodes].filter((n) => n.nodeType === 3 && n.textContent.trim().length > 2);
    const range = document.createRange();
    for (const node of own) {
      range.selectNodeContents(node);
      const rects = [...range.getClientRects()];
      const lines = new Set(rects.map((r) => Math.round(r.top)));
      const widest = Math.max(0, ...rects.map((r) => r.width));
      if (lines.size >= 3 && widest < 2.2 * parseFloat(style.fontSize)) say("a character a line");
    }
  }
  // Controls lie beside each other, never on each other.
  const controls = [...document.querySelectorAll("main button, main .button, main select, main input")]
    .filter((e) => e.checkVisibility() && e.type !== "hidden");
  for (let i = 0; i < controls.length; i++) {
    const a = controls[i].getBoundingClientRect();
    for (let j = i + 1; j < controls.length; j++) {
      const b = controls[j].getBoundingClientRect();
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
        found.push(`overlap: ${controls[i].textContent.trim()} and ${controls[j].textContent.trim()}`);
    }
  }
  return found.slice(0, 8);
}
"""
