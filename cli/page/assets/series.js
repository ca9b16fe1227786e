/* A series in panels on one axis of sessions: one cursor and one zoom for all, colours from the page's own variables. */
(function () {
  "use strict";

  const { MINUS, NARROW, colors, readColors, numbers, written, hatch, label, gaps, columns, unsureBars, limits, names, zero, apart } = gex.marks;
  const TALL = 300, LOW = 150, LANE = 34, AXIS = 26;
  const RIGHT = 148;

  function range(panel) {
    return (u, low, high) => {
      if (low === null || low === undefined) return [0, 1];
      if (panel.curves[0].look === "net") { low = Math.min(low, 0); high = Math.max(high, 0); }
      const reach = 1.5 * (high - low), near = panel.bounds.map((bound) => bound.value).filter((value) => value >= low - reach && value <= high + reach);
      low = Math.min(low, ...near);
      high = Math.max(high, ...near);
      const room = 0.06 * (high - low) || 0.01 * Math.abs(high) || 1;
      return [low - room, high + room];
    };
  }

  /* Dates below, as many as there is room for. */
  function dates(chart) {
    return {
      stroke: () => colors.muted, grid: { show: false }, ticks: { show: false }, size: AXIS, font: `12px system-ui, sans-serif`,
      splits: (u) => {
        const first = Math.ceil(u.scales.x.min), last = Math.floor(u.scales.x.max);
        const every = Math.max(1, Math.ceil((last - first + 1) / Math.max(1, Math.floor(u.bbox.width / devicePixelRatio / 104))));
        const found = [];
        for (let place = last; place >= first; place -= every) found.unshift(place);
        return found;
      },
      values: (u, places) => places.map((place) => chart.labels[place] || ""),
    };
  }

  function options(figure, chart, height, hooks, more) {
    const narrow = figure.clientWidth < NARROW;
    return {
      width: Math.max(280, figure.clientWidth), height, legend: { show: false },
      padding: [8, narrow ? 40 : RIGHT, 0, 0],
      cursor: { sync: { key: figure.id, scales: ["x", null] }, y: false, points: { show: false }, drag: { x: true, y: false } },
      scales: { x: { time: false, range: (u, low, high) => [Math.max(-0.5, low), Math.min(chart.x.length - 0.5, high)] }, ...more.scales },
      axes: [dates(chart), more.axis], series: more.series, bands: more.bands || [], hooks,
    };
  }

  function drawn(figure, chart, panel, box, hooks) {
    const { data, series } = columns(panel, chart);
    const sign = panel.signed ? (value) => (value > 0 ? "+" : "") : () => "";
    const axis = {
      stroke: () => colors.muted, grid: { stroke: () => colors.grid, width: 1 }, ticks: { show: false }, size: 64, font: `12px system-ui, sans-serif`, space: 24,
      values: (u, splits) => splits.map((value) => sign(value) + value.toLocaleString("en-US", { maximumFractionDigits: 6 }).replace("-", MINUS) + (panel.kind === "percent" ? "%" : "")),
    };
    const bands = panel.low ? [{ series: [1, 2], fill: () => `color-mix(in srgb, ${colors.muted} 22%, transparent)` }] : [];
    const all = { ...hooks, drawAxes: [apart((u) => gaps(u, chart), zero)],
      draw: [apart((u) => unsureBars(u, panel), (u) => limits(u, panel), (u) => names(u, panel))] };
    const height = panel.name === "levels" ? TALL : LOW;
    return new uPlot(options(figure, chart, height, all, { series, axis, bands, scales: { y: { range: range(panel) } } }), data, box);
  }

  function lanes(figure, chart, box, hooks) {
    const draw = (u) => {
      const ratio = devicePixelRatio, context = u.ctx, step = u.valToPos(1, "x", true) - u.valToPos(0, "x", true);
      chart.lanes.forEach((lane, number) => {
        const y = u.bbox.top + (number * LANE + 24) * ratio;
        label(u, `${lane.rule}: ${lane.now}`, u.bbox.left, y - 14 * ratio, colors.ink);
        [...lane.states].forEach((letter, place) => {
          if (letter === " " || place < u.scales.x.min - 0.5 || place > u.scales.x.max + 0.5) return;
          const left = Math.max(u.valToPos(place - 0.5, "x", true), u.bbox.left), width = Math.min(step + 0.5, u.bbox.left + u.bbox.width - left);
          const half = { b: { breach: 6, warn: 4.5, info: 3 }[lane.severity], u: 5, p: 1.5 }[letter] || 0.6;
          if (letter === "u") { hatch(context, left, y - half * ratio, width, 2 * half * ratio, colors.muted, ratio); return; }
          context.fillStyle = letter === "b" ? { breach: colors.alert, warn: colors.negative, info: colors.ink }[lane.severity] : colors.muted;
          context.fillRect(left, y - half * ratio, width, 2 * half * ratio);
        });
      });
    };
    const axis = { stroke: () => colors.muted, grid: { show: false }, ticks: { show: false }, size: 64, values: () => [] };
    const series = [{ label: "place" }, { label: "limits", stroke: () => "transparent", points: { show: false } }];
    const height = chart.lanes.length * LANE + AXIS + 12;
    const all = { ...hooks, drawAxes: [apart((u) => gaps(u, chart))], draw: [apart(draw)] };
    return new uPlot(options(figure, chart, height, all, { series, axis, scales: { y: { range: [0, 1] } } }), [chart.x, chart.x.map(() => null)], box);
  }

  function unpacked(data) {
    const chart = { ...data, x: data.labels.map((_, place) => place) };
    chart.panels = data.panels.map((panel) => ({
      ...panel,
      curves: panel.curves.map((curve) => ({ ...curve, values: numbers(curve.values) })),
      ranks: panel.ranks && numbers(panel.ranks), low: panel.low && numbers(panel.low), high: panel.high && numbers(panel.high),
    }));
    return chart;
  }

  /* What stands above a panel: its name, and its figures under the cursor. */
  function told(chart, panel, place) {
    const parts = panel.curves.map((curve) => `${panel.curves.length > 1 ? `${curve.label} ` : ""}${written(panel, curve, curve.values[place])}`);
    if (panel.ranks && panel.ranks[place] !== null) parts.push(`percentile ${Math.round(panel.ranks[place])}`);
    return parts.join(" · ");
  }

  gex.panels.series = function (figure, data) {
    readColors();
    const chart = unpacked(data), kept = gex.state(figure.id), last = chart.x.length - 1;
    const canvas = figure.querySelector(".canvas");
    const date = gex.element("output", { class: "at" });
    const controls = gex.element("div", { class: "controls", role: "group", "aria-label": "Sessions shown" });
    const plots = gex.element("div", { class: "plots", tabindex: "0", role: "application",
      "aria-label": "Charts of the series. Left and right move the cursor by a session; the table below has all figures." });
    const values = [], made = [];
    let zooming = false;

    function tell(place) {
      const shown = place === null || place === undefined ? last : place;
      const missing = chart.missing[shown];
      date.textContent = `${chart.labels[shown]} ${missing ? `no result${missing > 1 ? ` for ${missing} sessions` : ""}` : chart.times[shown]}`;
      chart.panels.forEach((panel, number) => { values[number].textContent = told(chart, panel, shown); });
      figure.dataset.place = String(shown);
    }
    function zoom(min, max, from) {
      if (zooming) return;
      zooming = true;
      kept.zoom = [min, max];
      for (const u of made) if (u !== from) u.setScale("x", { min, max });
      zooming = false;
      for (const button of controls.querySelectorAll("button")) {
        const count = Number(button.dataset.count) || last + 1;
        button.setAttribute("aria-pressed", String(max >= last && Math.abs(max - min - Math.min(count, last + 1)) < 0.01));
      }
    }
    const hooks = {
      setCursor: [(u) => { if (u === made[0] || u.cursor.event) tell(u.cursor.idx); }],
      setScale: [(u, key) => { if (key === "x" && made.length) zoom(u.scales.x.min, u.scales.x.max, u); }],
    };

    for (const [count, text] of [[21, "1 month"], [63, "3 months"], [252, "1 year"], [0, "All"]]) {
      if (count && count > last) continue;
      const button = gex.element("button", { type: "button", "data-count": String(count), "aria-pressed": String(!count) }, text);
      button.addEventListener("click", () => zoom(count ? last + 0.5 - count : -0.5, last + 0.5, null));
      controls.append(button);
    }
    controls.append(date);
    chart.panels.forEach((panel) => {
      const value = gex.element("span", { class: "values" });
      const box = gex.element("div", { class: "plot" });
      values.push(value);
      plots.append(gex.element("p", { class: "plot-title" }, gex.element("strong", {}, panel.title), " ", value), box);
    });
    canvas.before(controls, plots);
    canvas.classList.add("replaced");
    const boxes = plots.querySelectorAll(".plot");
    chart.panels.forEach((panel, number) => made.push(drawn(figure, chart, panel, boxes[number], hooks)));
    if (chart.lanes.length) {
      const box = gex.element("div", { class: "plot" });
      plots.append(gex.element("p", { class: "plot-title" }, gex.element("strong", {}, "Limits")), box);
      made.push(lanes(figure, chart, box, hooks));
    }
    tell(null);
    zoom(...(kept.zoom || [-0.5, last + 0.5]), null);

    plots.addEventListener("keydown", (event) => {
      const now = Number(figure.dataset.place), { min, max } = made[0].scales.x;
      const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: Math.ceil(min), End: Math.floor(max) }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const place = Math.min(Math.max(to, Math.ceil(min)), Math.floor(max));
      for (const u of made) u.setCursor({ left: u.valToPos(place, "x"), top: 10 });
      tell(place);
    });

    let width = figure.clientWidth;
    new ResizeObserver(() => {
      if (figure.clientWidth === width || !figure.clientWidth) return;
      width = figure.clientWidth;
      for (const u of made) u.setSize({ width: Math.max(280, width), height: u.height });
    }).observe(figure);
    const repaint = () => { readColors(); for (const u of made) u.redraw(false, true); };
    new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  };
})();
