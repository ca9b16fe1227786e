/* What every page shares: panels found and run, numbers decoded, a tooltip, the choice of the ground. */
window.gex = (function () {
  "use strict";

  const panels = {};
  const states = new Map();

  /* Numbers packed by gex.cli.page.html.floats. */
  function floats(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Float32Array(bytes.buffer);
  }

  /* What a panel keeps when a live update puts a new one in its place: zoom, toggles. */
  function state(id) {
    if (!states.has(id)) states.set(id, {});
    return states.get(id);
  }

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function svg(name, attributes, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  /* One tooltip a figure: lines of text beside a point given in pixels of the figure. */
  function tip(figure) {
    const box = element("div", { class: "tip", hidden: "" });
    figure.append(box);
    return {
      show(x, y, lines) {
        box.replaceChildren(...lines.map((line) => element("p", {}, line)));
        box.hidden = false;
        const right = x + 14 + box.offsetWidth > figure.clientWidth;
        const left = right ? x - 14 - box.offsetWidth : x + 14;
        box.style.left = `${Math.max(0, Math.min(left, figure.clientWidth - box.offsetWidth))}px`;
        box.style.top = `${Math.max(0, y - box.offsetHeight / 2)}px`;
      },
      hide() { box.hidden = true; },
    };
  }

  function enhance(root) {
    for (const figure of root.querySelectorAll("[data-panel]")) {
      const panel = panels[figure.dataset.panel];
      const data = figure.querySelector('script[type="application/json"]');
      if (panel && data) panel(figure, JSON.parse(data.textContent));
    }
  }

  /* Dollars as the page writes them: three significant digits, a sign, $bn or $mm. */
  function dollars(value) {
    const [scale, unit] = Math.abs(value) >= 0.9995e9 ? [1e9, "$bn"] : [1e6, "$mm"];
    const size = Math.abs(value) / scale;
    const digits = size === 0 ? 0 : Math.max(0, Math.min(2, 2 - Math.floor(Math.log10(size) + 1e-3)));
    const text = size.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    const sign = /[1-9]/.test(text) ? (value > 0 ? "+" : "−") : "";
    return `${sign}${text} ${unit}`;
  }

  function ground() {
    const button = document.querySelector("[data-ground]");
    if (!button) return;
    const root = document.documentElement;
    const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    const tell = () => button.setAttribute("aria-pressed", String(dark()));
    button.parentElement.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      try { localStorage.setItem("gex-ground", root.dataset.theme); } catch { /* a file may keep nothing */ }
      tell();
    });
    try {
      const kept = localStorage.getItem("gex-ground");
      if (kept === "light" || kept === "dark") root.dataset.theme = kept;
    } catch { /* a file may keep nothing */ }
    tell();
  }

  document.addEventListener("DOMContentLoaded", () => {
    ground();
    enhance(document);
  });

  return { panels, enhance, floats, state, tip, element, svg, dollars };
})();
