"""What a browser measures of a page: nothing cut, nothing outside, no text of one character a line.

Add here: a fault of layout that can be measured. Keep out: which pages are looked at.
"""

MEASURE = r"""
() => {
  const found = [], doc = document.documentElement, width = doc.clientWidth;
  if (doc.scrollWidth > width + 1) found.push(`page ${doc.scrollWidth} > ${width}`);
  const range = document.createRange();
  for (const e of document.querySelectorAll("body *:not(svg *, .sr, .sr *, .live, .live *, .skip, option)")) {
    if (e.tagName === "svg" || !e.checkVisibility()) continue;
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    const head = e.closest("thead");
    if (!box.width || !box.height || style.clipPath !== "none" || head &&
        getComputedStyle(head).clipPath !== "none") continue;
    const say = (what) => found.push(`${what}: ${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 40)}`);
    if (["auto", "scroll"].includes(style.overflowX) && e.tagName !== "TEXTAREA" &&
        e.scrollWidth > e.clientWidth + 1) say("scrolls sideways");
    if (style.overflowX === "hidden" && e.scrollWidth > e.clientWidth + 1) say("cut");
    if (box.right > width + 1 || box.left < -1) say("outside");
    const own = [...e.childNodes].filter((n) => n.nodeType === 3 && n.textContent.trim().length > 2);
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
  const boxes = controls.map((e) => e.getBoundingClientRect());
  for (let i = 0; i < controls.length; i++) {
    const a = boxes[i];
    for (let j = i + 1; j < controls.length; j++) {
      const b = boxes[j];
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
        found.push(`overlap: ${controls[i].textContent.trim()} and ${controls[j].textContent.trim()}`);
    }
  }
  return found.slice(0, 8);
}
"""
