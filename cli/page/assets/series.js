/* A series in panels on one axis of sessions: one cursor and one zoom for all, colours from the page's own variables. */
(function () {
  "use strict";

  const MINUS = "−";
  const TALL = 300, LOW = 150, LANE = 34, AXIS = 26;
  const RIGHT = 148;
  const NARROW = 700;
  const SIGN = 4.5;
  const STATES = { o: "ok", p: "pending", b: "breached", c: "cleared", u: "unknown" };

  /* The variables of the style sheet, read again whenever the ground changes. */
  const colors = {};
  function readColors() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["paper", "ink", "muted", "grid", "positive", "negative", "alert"]) {
      colors[name] = style.getPropertyValue(`--${name}`).trim();
    }
    colors.font = getComputedStyle(document.body).fontFamily;
  }

  function numbers(text) {
    return Array.from(gex.floats(text), (value) => (Number.isNaN(value) ? null : value));
  }

  function written(panel, value) {
    if (value === null || value === undefined) return "–";
    const digits = panel.digits;
    const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    const sign = /[1-9]/.test(text) ? (value < 0 ? MINUS : panel.signed ? "+" : "") : "";
    return sign + text + (panel.kind === "percent" ? "%" : "");
  }

  /* Slanted lines in a box: what is not known. */
  function hatch(context, left, top, width, height, color, ratio) {
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.strokeStyle = color;
    context.lineWidth = ratio;
    context.beginPath();
    for (let x = left - height; x < left + width; x += 5 * ratio) {
      context.moveTo(x, top + height);
      context.lineTo(x + height, top);
    }
    context.stroke();
    context.restore();
  }

  /* A label on the chart's own ground, so that no line runs through it. */
  function label(u, text, x, y, color, bold) {
    const context = u.ctx, ratio = devicePixelRatio;
    context.font = `${bold ? "600 " : ""}${12 * ratio}px ${colors.font}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillStyle = colors.paper;
    context.globalAlpha = 0.82;
    context.fillRect(x - 2 * ratio, y - 8 * ratio, context.measureText(text).width + 4 * ratio, 16 * ratio);
    context.globalAlpha = 1;
    context.fillStyle = color;
    context.fillText(text, x, y);
  }

  function gaps(u, chart) {
    const step = u.valToPos(1, "x", true) - u.valToPos(0, "x", true);
    chart.missing.forEach((count, place) => {
      if (!count) return;
      const left = Math.max(u.valToPos(place - 0.5, "x", true), u.bbox.left);
      const right = Math.min(u.valToPos(place - 0.5, "x", true) + step, u.bbox.left + u.bbox.width);
      if (right > left) hatch(u.ctx, left, u.bbox.top, right - left, u.bbox.height, colors.grid, devicePixelRatio);
    });
  }

  const LOOKS = {
    spot: { stroke: "ink", width: 2 },
    flip: { stroke: "ink", width: 1.4, dash: [6, 4] },
    call_wall: { stroke: "positive", width: 1.3, step: true },
    put_wall: { stroke: "negative", width: 1.3, step: true },
    line: { stroke: "ink", width: 1.5 },
  };

  /* Walls: one strike for the whole of a place. */
  function steps(u, index, first, last) {
    const path = new Path2D();
    const values = u.data[index];
    const x = (value) => u.valToPos(value, "x", true), y = (value) => u.valToPos(value, "y", true);
    let open = false;
    for (let place = first; place <= last; place++) {
      if (values[place] === null) { open = false; continue; }
      path[open ? "lineTo" : "moveTo"](x(place - 0.5), y(values[place]));
      path.lineTo(x(place + 0.5), y(values[place]));
      open = true;
    }
    return { stroke: path, fill: null, clip: null, band: null, gaps: null, flags: 0 };
  }

  function lines(curve) {
    const look = LOOKS[curve.look];
    const made = { label: curve.label, stroke: () => colors[look.stroke], width: look.width, dash: look.dash, spanGaps: false };
    if (look.step) return { ...made, paths: steps, points: { show: false } };
    /* A session between two gaps has no neighbour to be joined to. */
    const alone = (u, index, show, found) => u.data[index]
      .map((value, place, all) => (value !== null && (all[place - 1] ?? null) === null && (all[place + 1] ?? null) === null ? place : -1))
      .filter((place) => place >= 0);
    return { ...made, points: { show: true, filter: alone, size: 5, fill: () => colors.ink, stroke: () => colors.ink } };
  }

  function bars(label, color) {
    return { label, stroke: () => colors[color], fill: () => colors[color], width: 0, points: { show: false },
             paths: uPlot.paths.bars({ size: [0.72, 52] }) };
  }

  /* Net gamma is three sets of bars: of either sign, and of none, which is hatched by hand. */
  function columns(panel, chart) {
    const data = [], series = [];
    if (panel.low) {
      data.push(panel.high, panel.low);
      series.push(...["high", "low"].map((name) => ({ label: `flip, ${name} end`, stroke: () => "transparent", points: { show: false } })));
    }
    for (const curve of panel.curves) {
      if (curve.look !== "net") { data.push(curve.values); series.push(lines(curve)); continue; }
      const unsure = new Set(curve.unsure);
      const those = (test) => curve.values.map((value, place) => (value !== null && !unsure.has(place) && test(value) ? value : null));
      data.push(those((value) => value >= 0), those((value) => value < 0), curve.values.map((value, place) => (unsure.has(place) ? value : null)));
      series.push(bars("positive", "positive"), bars("negative", "negative"), { label: "sign unknown", stroke: () => "transparent", points: { show: false } });
    }
    return { data: [chart.x, ...data], series: [{ label: "place" }, ...series] };
  }

  function unsureBars(u, panel) {
    const curve = panel.curves[0];
    if (curve.look !== "net") return;
    const half = Math.max(0.5, 0.36 * (u.valToPos(1, "x", true) - u.valToPos(0, "x", true)));
    const zero = u.valToPos(0, "y", true);
    for (const place of curve.unsure) {
      if (curve.values[place] === null || place < u.scales.x.min || place > u.scales.x.max) continue;
      const x = u.valToPos(place, "x", true), y = u.valToPos(curve.values[place], "y", true);
      hatch(u.ctx, x - half, Math.min(y, zero), 2 * half, Math.abs(y - zero), colors.muted, devicePixelRatio);
    }
  }

  /* Limits as dashed lines, and a triangle where a breach begins. */
  function limits(u, panel) {
    const context = u.ctx, ratio = devicePixelRatio, { left, top, width, height } = u.bbox;
    for (const bound of panel.bounds) {
      const at = u.valToPos(bound.value, "y", true);
      const off = at < top ? " ▲ off the scale" : at > top + height ? " ▼ off the scale" : "";
      const y = Math.min(Math.max(at, top), top + height);
      if (!off) {
        context.save();
        context.strokeStyle = colors.alert;
        context.lineWidth = 1.2 * ratio;
        context.setLineDash([3 * ratio, 3 * ratio]);
        context.beginPath();
        context.moveTo(left, y);
        context.lineTo(left + width, y);
        context.stroke();
        context.restore();
      }
      label(u, `${bound.rule}: ${bound.words}${off}`, left + 6 * ratio, y - top > 18 * ratio ? y - 9 * ratio : y + 9 * ratio, colors.alert);
    }
    const size = SIGN * ratio;
    for (const curve of panel.curves) {
      for (const place of curve.breaches) {
        if (curve.values[place] === null || place < u.scales.x.min || place > u.scales.x.max) continue;
        const x = u.valToPos(place, "x", true), y = u.valToPos(curve.values[place], "y", true);
        context.beginPath();
        context.moveTo(x - size, y + size);
        context.lineTo(x + size, y + size);
        context.lineTo(x, y - size);
        context.closePath();
        context.fillStyle = colors.paper;
        context.fill();
        context.strokeStyle = colors.alert;
        context.lineWidth = 1.6 * ratio;
        context.stroke();
      }
    }
  }

  /* Each line named at its right end, none over another. */
  function names(u, panel) {
    if (u.width < NARROW) return;
    const ratio = devicePixelRatio, last = Math.min(u.data[0].length - 1, Math.floor(u.scales.x.max));
    const found = panel.curves
      .map((curve) => {
        let place = last;
        while (place >= 0 && curve.values[place] === null) place--;
        return place < 0 ? null : { curve, value: curve.values[place], y: u.valToPos(curve.values[place], "y", true), rank: panel.ranks ? panel.ranks[place] : null };
      })
      .filter(Boolean)
      .sort((one, other) => one.y - other.y);
    for (let n = 1; n < found.length; n++) found[n].y = Math.max(found[n].y, found[n - 1].y + 15 * ratio);
    const over = found.length ? found[found.length - 1].y - (u.bbox.top + u.bbox.height) : 0;
    for (const each of found) {
      const x = u.bbox.left + u.bbox.width + 8 * ratio, y = each.y - Math.max(0, over);
      const color = colors[(LOOKS[each.curve.look] || { stroke: "ink" }).stroke];
      const what = panel.curves.length > 1 ? `${each.curve.label} ` : "";
      label(u, what + written(panel, each.value), x, y, color, each.curve.look === "spot" || !what);
      if (typeof each.rank === "number") label(u, `percentile ${Math.round(each.rank)}`, x, y + 15 * ratio, colors.muted);
    }
  }

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
      padding: [8, narrow ? 12 : RIGHT, 0, 0],
      cursor: { sync: { key: figure.id, scales: ["x", null] }, y: false, points: { show: false }, drag: { x: true, y: false } },
      scales: { x: { time: false, range: (u, low, high) => [Math.max(-0.5, low), Math.min(chart.x.length - 0.5, high)] }, ...more.scales },
      axes: [dates(chart), more.axis], series: more.series, bands: more.bands || [], hooks,
    };
  }

  function drawn(figure, chart, panel, box, hooks) {
    const { data, series } = columns(panel, chart);
    const sign = panel.signed ? (value) => (value > 0 ? "+" : "") : () => "";
    const axis = {
      stroke: () => colors.muted, grid: { stroke: () => colors.grid, width: 1 }, ticks: { show: false }, size: 64, font: `12px system-ui, sans-serif`, space: 34,
      values: (u, splits) => splits.map((value) => sign(value) + value.toLocaleString("en-US", { maximumFractionDigits: 6 }).replace("-", MINUS) + (panel.kind === "percent" ? "%" : "")),
    };
    const bands = panel.low ? [{ series: [1, 2], fill: () => `color-mix(in srgb, ${colors.muted} 22%, transparent)` }] : [];
    const zero = (u) => {
      if (u.scales.y.min >= 0 || u.scales.y.max <= 0) return;
      const y = u.valToPos(0, "y", true);
      u.ctx.strokeStyle = colors.muted;
      u.ctx.lineWidth = 1.2 * devicePixelRatio;
      u.ctx.beginPath();
      u.ctx.moveTo(u.bbox.left, y);
      u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
      u.ctx.stroke();
    };
    const all = { ...hooks, drawAxes: [(u) => gaps(u, chart), zero], draw: [(u) => { unsureBars(u, panel); limits(u, panel); names(u, panel); }] };
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
    const all = { ...hooks, drawAxes: [(u) => gaps(u, chart)], draw: [draw] };
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
    const parts = panel.curves.map((curve) => `${panel.curves.length > 1 ? `${curve.label} ` : ""}${written(panel, curve.values[place])}`);
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
