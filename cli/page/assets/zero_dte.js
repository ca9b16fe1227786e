/* What expires: the figure under a pointer or under two sliders, one map at a time, the row behind a mark. */
(function () {
  "use strict";
  const { element, svg, floats, state, dollars, tip } = window.gex;

  /* Where a pointer is in the picture's own pixels. */
  function place(picture, event) {
    const matrix = picture.getScreenCTM();
    return matrix ? new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse()) : null;
  }

  /* Where a point of the picture is in the figure, for the tooltip. */
  function within(figure, picture, x, y) {
    const at = new DOMPoint(x, y).matrixTransform(picture.getScreenCTM());
    const box = figure.getBoundingClientRect();
    return [at.x - box.left, at.y - box.top];
  }

  /* The last place whose start is not beyond a value. */
  function last(starts, value) {
    let found = 0;
    for (let n = 0; n < starts.length; n += 1) if (starts[n] <= value) found = n;
    return found;
  }

  const NARROW = 600, SIZE = 11, TALL = 340;
  /* The panel of a picture made by gex.plot.page, in its own pixels. */
  const PANEL = { left: 76, right: 900, top: 118, bottom: 610 };

  /* A picture for a phone: its panel as wide as its box, its words in their full size, the scale in a row above. */
  function narrowed(figure, picture) {
    const canvas = figure.querySelector(".canvas"), width = canvas.clientWidth;
    if (!width || width >= NARROW) return null;
    canvas.classList.add("drawn");
    for (const signs of picture.querySelectorAll('text[x*=" "]')) apart(signs);
    const texts = [...picture.querySelectorAll("text")];
    const at = (mark) => [+mark.getAttribute("x"), +mark.getAttribute("y")];
    for (const text of texts) {
      text.setAttribute("font-size", SIZE);
      const [x, y] = at(text);
      if (x > PANEL.right && y > PANEL.top) text.textContent = text.textContent.replace(/ [+−]?[\d.]+%/, "");
      else text.textContent = text.textContent.split("; ")[0];
    }
    const top = scale(picture, width) ? 52 : 20;
    picture.setAttribute("viewBox", `0 0 ${width} ${top + TALL + 40}`);
    const beside = texts.filter((text) => at(text)[0] > PANEL.right && at(text)[1] > PANEL.top);
    const left = 42, right = width - 10 - Math.max(20, ...beside.map((text) => text.getComputedTextLength()));
    const across = (x) => {
      if (x <= PANEL.left) return x * left / PANEL.left;
      if (x > PANEL.right) return right + x - PANEL.right;
      return left + (x - PANEL.left) / (PANEL.right - PANEL.left) * (right - left);
    };
    const down = (y) => {
      if (y > PANEL.bottom) return top + TALL + y - PANEL.bottom;
      return top + (y - PANEL.top) / (PANEL.bottom - PANEL.top) * TALL;
    };
    for (const mark of picture.querySelectorAll("polyline, polygon")) {
      if ("placed" in mark.dataset) continue;
      const points = mark.getAttribute("points").split(" ").map((point) => point.split(",").map(Number));
      mark.setAttribute("points", points.map(([x, y]) => `${across(x)},${down(y)}`).join(" "));
    }
    for (const mark of picture.querySelectorAll("path")) {
      const moved = (_, kind, x, y) => (kind === "H" ? `H${across(+x)}` : kind === "V" ? `V${down(+x)}` : `${kind}${across(+x)},${down(+y)}`);
      mark.setAttribute("d", mark.getAttribute("d").replace(/([MLHV])([\d.]+)(?:,([\d.]+))?/g, moved));
    }
    for (const mark of picture.querySelectorAll("circle")) {
      mark.setAttribute("cx", across(+mark.getAttribute("cx")));
      mark.setAttribute("cy", down(+mark.getAttribute("cy")));
    }
    const rest = texts.filter((each) => !("placed" in each.dataset));
    for (const text of rest) {
      const [x, y] = at(text);
      text.setAttribute("x", !text.hasAttribute("text-anchor") && x < PANEL.left ? 0 : across(x));
      text.setAttribute("y", y < PANEL.top ? top - 6 : down(y));
    }
    thinned(rest);
    return { across, down };
  }

  /* Characters that share an element, each at its place, as elements of their own. */
  function apart(signs) {
    const [across, down] = ["x", "y"].map((name) => signs.getAttribute(name).split(" "));
    signs.replaceWith(...[...signs.textContent].map((letter, place) => {
      const alone = signs.cloneNode();
      alone.setAttribute("x", across[place]);
      alone.setAttribute("y", down[place]);
      alone.textContent = letter;
      return alone;
    }));
  }

  /* The scale of colours: its name, and below it boxes side by side; false where there is none. */
  function scale(picture, width) {
    const above = (y) => y < 100;
    const boxes = [...picture.querySelectorAll("polygon")].filter((each) => above(+each.getAttribute("points").split(/[ ,]/)[1]));
    if (!boxes.length) return false;
    const step = width / boxes.length;
    boxes.forEach((box, place) => {
      const [x, end] = [place * step, (place + 1) * step - 2];
      box.setAttribute("points", `${x},16 ${end},16 ${end},31 ${x},31`);
      box.dataset.placed = "";
    });
    const words = [...picture.querySelectorAll("text")].filter((each) => above(+each.getAttribute("y")));
    words.forEach((text, place) => {
      const name = !text.hasAttribute("text-anchor");
      text.setAttribute("x", name ? 0 : (place + 0.5) * step - 1);
      text.setAttribute("y", name ? 11 : 27);
      text.setAttribute("font-size", name ? SIZE : 9.5);
      text.dataset.placed = "";
    });
    return true;
  }

  /* Words that would stand on others go, those in ink stay. */
  function thinned(texts) {
    const order = [...texts].sort((one, other) => (other.getAttribute("font-weight") ? 1 : 0) - (one.getAttribute("font-weight") ? 1 : 0));
    const kept = [];
    for (const text of order) {
      const box = text.getBBox();
      const hit = kept.some((other) => box.x < other.x + other.width + 6 && other.x < box.x + box.width + 6
        && box.y < other.y + other.height - 3 && other.y < box.y + box.height - 3);
      if (hit) text.remove(); else kept.push(box);
    }
  }

  function map(figure, data) {
    const picture = figure.querySelector("svg");
    const spots = floats(data.spots), values = floats(data.values);
    const moved = narrowed(figure, picture);
    if (moved) Object.assign(data, { x: data.x.map(moved.across), top: moved.down(data.top), bottom: moved.down(data.bottom) });
    const columns = values.length / spots.length, rows = spots.length;
    const low = spots[0], high = spots[rows - 1];
    const height = (price) => data.bottom - (price - low) / (high - low) * (data.bottom - data.top);
    const even = columns < data.x.length;
    const left = data.x[0], right = data.x[data.x.length - 1];
    const kept = state(figure.id);
    const hint = tip(figure);
    const cross = svg("g", { stroke: "var(--ink)", "stroke-width": "1", "pointer-events": "none", visibility: "hidden" });
    const upright = cross.appendChild(svg("line", { y1: data.top, y2: data.bottom }));
    const level = cross.appendChild(svg("line", { x1: left, x2: right }));
    picture.append(cross);

    /* Straight lines between prices; between times too, unless a column holds throughout its interval. */
    function value(x, price) {
      const row = Math.min(last(spots, price), rows - 2), part = (price - spots[row]) / (spots[row + 1] - spots[row]);
      const at = (column) => (1 - part) * values[row * columns + column] + part * values[(row + 1) * columns + column];
      const column = Math.min(last(data.x, x), data.x.length - 2);
      if (even) return at(column);
      const along = (x - data.x[column]) / (data.x[column + 1] - data.x[column]);
      return (1 - along) * at(column) + along * at(column + 1);
    }

    function words(x, price) {
      const column = Math.min(last(data.x, x), data.x.length - 2);
      const nearest = x - data.x[column] < data.x[column + 1] - x ? column : column + 1;
      const when = even ? `${data.times[column]}–${data.times[column + 1]}` : data.times[nearest];
      const away = price - data.spot, far = Math.abs(away).toFixed(data.digits);
      const sigmas = data.sigma ? `, ${Math.abs(away / data.sigma).toFixed(1)} sigma` : "";
      const where = +far ? `${away < 0 ? "−" : "+"}${far} points${sigmas} from spot` : "spot stays";
      return [
        `${when} at ${price.toFixed(data.digits)}`,
        `${dollars(value(even ? x : data.x[nearest], price))} ${data.unit}`,
        where,
      ];
    }

    function show(x, price) {
      const y = height(price);
      upright.setAttribute("x1", x);
      upright.setAttribute("x2", x);
      level.setAttribute("y1", y);
      level.setAttribute("y2", y);
      cross.setAttribute("visibility", "visible");
      return words(x, price);
    }

    function hide() {
      cross.setAttribute("visibility", "hidden");
      hint.hide();
    }

    picture.addEventListener("pointermove", (event) => {
      const at = place(picture, event);
      if (!at || at.x < left || at.x > right || at.y < data.top || at.y > data.bottom) return hide();
      const price = high - (at.y - data.top) / (data.bottom - data.top) * (high - low);
      hint.show(...within(figure, picture, at.x, at.y), show(at.x, price));
    });
    picture.addEventListener("pointerleave", hide);

    /* The same by keyboard and by touch: two sliders, and the figure in words. */
    const said = element("output", {});
    const slider = (name, most, start) => {
      const input = element("input", { type: "range", min: 0, max: most, step: 1 });
      input.value = kept[name] ?? start;
      return input;
    };
    const time = slider("time", columns - 1, 0), price = slider("price", rows - 1, (rows - 1) / 2);
    const middle = (column) => (even ? (data.x[column] + data.x[column + 1]) / 2 : data.x[column]);
    function tell() {
      const lines = show(middle(+time.value), spots[+price.value]);
      Object.assign(kept, { time: time.value, price: price.value });
      time.setAttribute("aria-valuetext", data.times[+time.value]);
      price.setAttribute("aria-valuetext", spots[+price.value].toFixed(data.digits));
      said.textContent = lines.join(" · ");
    }
    for (const input of [time, price]) {
      input.addEventListener("input", tell);
      input.addEventListener("blur", hide);
    }
    figure.querySelector(".canvas").after(element(
      "div", { class: "controls" }, element("label", {}, "Time ", time), element("label", {}, "Price ", price), said,
    ));
    tell();
    hide();
  }

  /* One map at a time, chosen by buttons above the first. */
  function choice(figure) {
    const maps = [...figure.parentElement.querySelectorAll('[data-panel="zero_dte"]')];
    if (maps[maps.length - 1] !== figure || maps.length < 2) return;  // Each has been laid out while it could be seen.
    const kept = state("zero-dte-maps");
    const buttons = maps.map((each) => element("button", { type: "button" }, label(each)));
    function show(chosen) {
      kept.chosen = chosen;
      maps.forEach((each, place) => { each.hidden = place !== chosen; });
      buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(place === chosen)));
    }
    buttons.forEach((button, place) => button.addEventListener("click", () => show(place)));
    maps[0].before(element("div", { class: "controls", role: "group", "aria-label": "Map of price and time" }, ...buttons));
    show(kept.chosen || 0);
  }

  function label(figure) {
    return JSON.parse(figure.querySelector('script[type="application/json"]').textContent).label;
  }

  window.gex.panels.zero_dte = function (figure, data) {
    map(figure, data);
    choice(figure);
  };

  /* Bars in rows or columns: what stands behind the one under the pointer. */
  window.gex.panels.zero_dte_rows = function (figure, data) {
    const picture = figure.querySelector("svg");
    const hint = tip(figure);
    const moved = data.across && narrowed(figure, picture);
    if (moved) data.edges = data.edges.map(moved.across);
    picture.addEventListener("pointermove", (event) => {
      const at = place(picture, event);
      const along = at && (data.across ? at.x : at.y);
      if (!at || along < data.edges[0] || along > data.edges[data.edges.length - 1]) return hint.hide();
      const row = Math.min(last(data.edges, along), data.lines.length - 1);
      hint.show(...within(figure, picture, at.x, at.y), data.lines[row]);
    });
    picture.addEventListener("pointerleave", () => hint.hide());
  };
})();
