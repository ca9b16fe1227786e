/* The marks of a chart under a pointer or the arrow keys: columns of a bar chart, cells of the heat map. */
(function () {
  "use strict";

  const HINT = "Arrow keys read the chart mark by mark, Escape ends.";

  /* What is pointed at: an outline on it, its figures in a tooltip and, from the keyboard, aloud.
     marks: count, at([x, y]) -> place or -1, box(place) -> [x, y, width, height] in the drawing's units, lines(place),
     step(place, key) -> the place that an arrow leads to. */
  function cursor(figure, svg, marks) {
    const canvas = svg.closest(".canvas");
    const tip = figure.tip || (figure.tip = gex.tip(figure));
    const told = gex.element("p", { class: "visually-hidden", "aria-live": "polite" });
    const outline = gex.svg("rect", { class: "cursor", fill: "none", visibility: "hidden" });
    let place = -1;
    let following = false;
    svg.append(outline);
    canvas.after(told);

    function show(next, x, y) {
      place = next;
      outline.setAttribute("visibility", place < 0 ? "hidden" : "visible");
      if (place < 0) return tip.hide();
      const [left, top, width, height] = marks.box(place);
      for (const [name, value] of Object.entries({ x: left, y: top, width, height })) outline.setAttribute(name, value);
      const around = figure.getBoundingClientRect();
      const mark = outline.getBoundingClientRect();
      tip.show((x ?? mark.right) - around.left, (y ?? mark.top + mark.height / 2) - around.top, marks.lines(place));
    }

    function point(event) {
      const matrix = svg.getScreenCTM();
      if (!matrix) return;
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
      show(marks.at(at.x, at.y), event.clientX, event.clientY);
    }

    svg.addEventListener("pointermove", point);
    svg.addEventListener("pointerdown", point);
    svg.addEventListener("pointerleave", () => show(-1));
    canvas.addEventListener("scroll", () => {
      if (!following) show(-1);
      following = false;
    });
    canvas.addEventListener("blur", () => { show(-1); told.textContent = ""; });
    canvas.addEventListener("focus", () => { if (canvas.matches(":focus-visible")) told.textContent = HINT; });
    canvas.addEventListener("keydown", (event) => {
      if (event.key === "Escape") return show(-1);
      const next = place < 0 && /^Arrow/.test(event.key) ? marks.first : marks.step(place, event.key);
      if (next === undefined || next < 0 || next >= marks.count) return;
      event.preventDefault();
      following = follow(canvas, svg, marks.box(next));
      show(next);
      told.textContent = marks.lines(next).join(", ");
    });
  }

  /* Scroll a chart that is wider than its box to a mark, past an axis that stays; whether it had to. */
  function follow(canvas, svg, [left, , width]) {
    const { x, width: units } = svg.viewBox.baseVal;
    const across = svg.getBoundingClientRect().width;
    const [start, end] = [(left - x) * across / units, (left + width - x) * across / units];
    const room = canvas.clientWidth - (canvas.scrollWidth - across);
    const before = canvas.scrollLeft;
    if (start < before) canvas.scrollLeft = start;
    else if (end > before + room) canvas.scrollLeft = end - room;
    return canvas.scrollLeft !== before;
  }

  /* Columns of equal width between two ends; one chart for a desk, perhaps one for a phone. */
  gex.panels.columns = function (figure, data) {
    figure.querySelectorAll(".canvas svg").forEach((svg, chart) => {
      const { left, right, lines } = data.charts[chart] || {};
      if (!lines || !lines.length) return;
      const step = (right - left) / lines.length;
      const { y, height } = svg.viewBox.baseVal;
      cursor(figure, svg, {
        count: lines.length,
        first: 0,
        at: (x) => (x < left || x > right ? -1 : Math.min(lines.length - 1, Math.floor((x - left) / step))),
        box: (place) => [left + place * step + 1, y + 1, step - 2, height - 2],
        lines: (place) => lines[place],
        step: (place, key) => ({ ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: lines.length - 1 })[key],
      });
    });
  };

  /* Strikes against dates: place = row * dates + column, rows from the top down. */
  gex.panels.heat = function (figure, data) {
    const { left, step, top, half, strikes, middles, dates, gross } = data;
    const svg = figure.querySelector(".canvas svg:last-of-type");
    const [net, calls, puts] = [data.net, data.calls, data.puts].map(gex.floats);
    const columns = dates.length;
    const share = (place) => {
      const part = Math.abs(calls[place]) + Math.abs(puts[place]);
      const text = part / gross >= 0.0005 ? (100 * part / gross).toFixed(1) : "<0.1";
      return `${text}% of the gamma in sight`;
    };
    const row = (y) => middles.findIndex((middle) => Math.abs(y - middle) <= half);
    cursor(figure, svg, {
      count: strikes.length * columns,
      first: data.first,
      at(x, y) {
        const column = Math.floor((x - left) / step);
        const at = row(y);
        return column < 0 || column >= columns || at < 0 ? -1 : at * columns + column;
      },
      box(place) {
        const middle = middles[Math.floor(place / columns)];
        const [low, high] = [Math.max(top[0], middle - half), Math.min(top[1], middle + half)];
        return [left + (place % columns) * step, low, step, high - low];
      },
      lines(place) {
        const head = `${strikes[Math.floor(place / columns)]}, ${dates[place % columns]}`;
        if (!calls[place] && !puts[place]) return [head, "no gamma"];
        const sides = `calls ${gex.dollars(calls[place])}, puts ${gex.dollars(puts[place])}`;
        return [head, `net ${gex.dollars(net[place])} per +1%`, sides, share(place)];
      },
      step(place, key) {
        const column = place % columns;
        return {
          ArrowLeft: column > 0 ? place - 1 : place,
          ArrowRight: column < columns - 1 ? place + 1 : place,
          ArrowUp: place - columns,
          ArrowDown: place + columns,
          Home: place - column,
          End: place - column + columns - 1,
        }[key];
      },
    });
  };
})();
