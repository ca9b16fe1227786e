/* The levels of a day through time and net gamma below, on one axis; the chosen time is a line through both. */
(function () {
  "use strict";

  const TALL = 250, LOW = 110, ROOM = 132, NARROW = 600, FAR = 0.025, LABEL = 15;
  const LEVELS = [
    { name: "spot", label: "spot", color: "ink", width: 2.2 },
    { name: "flip", label: "flip", color: "ink", width: 1.4, dash: [6, 4] },
    { name: "call_wall", label: "call wall", color: "positive", width: 1.3, step: true },
    { name: "put_wall", label: "put wall", color: "negative", width: 1.3, step: true },
  ];
  const colors = {};

  function readColors() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["paper", "ink", "muted", "grid", "positive", "negative"]) colors[name] = style.getPropertyValue(`--${name}`).trim();
    colors.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  }

  const value = (row, name) => (row[name] === undefined ? null : row[name]);
  const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "America/New_York" });

  /* Slanted lines: a sign that is not known. */
  function hatched(context) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const drawn = tile.getContext("2d");
    drawn.strokeStyle = colors.muted;
    drawn.beginPath();
    drawn.moveTo(0, 6);
    drawn.lineTo(6, 0);
    drawn.stroke();
    return context.createPattern(tile, "repeat");
  }

  /* The window holds spot all day, and of the levels those within reach: a far wall must not flatten the rest. */
  function reach(rows) {
    const spots = rows.map((row) => value(row, "spot")).filter((spot) => spot !== null);
    if (!spots.length) return [0, 1];
    const near = rows.flatMap((row) => LEVELS.map(({ name }) => value(row, name)).filter((level) => level !== null && row.spot && Math.abs(level / row.spot - 1) <= FAR));
    const [low, high] = [Math.min(...spots, ...near), Math.max(...spots, ...near)];
    const room = 0.06 * (high - low) || 0.002 * high;
    return [low - room, high + room];
  }

  /* Half a step of time at either end, so that the first and the last bar are whole. */
  function span(rows) {
    const [first, last] = [rows[0].time, rows.at(-1).time];
    const half = rows.length > 1 ? 0.5 * (last - first) / (rows.length - 1) : 900;
    return [first - half, last + half];
  }

  function axis(format, size = 72) {
    return { stroke: () => colors.muted, grid: { stroke: () => colors.grid, width: 1 }, ticks: { show: false }, font: colors.font, size, values: format };
  }

  const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 240].map((minutes) => 60 * minutes); // no time is written twice
  const times = () => ({ ...axis((_, splits) => splits.map(clock), 26), space: 70, incrs: MINUTES });

  /* Names at the right end, pushed apart so that none hides another. */
  function labels(u, rows) {
    const last = rows.findLastIndex((row) => row.spot !== undefined);
    if (last < 0) return;
    const ratio = devicePixelRatio, { left, top, width, height } = u.bbox, context = u.ctx;
    const found = LEVELS.filter(({ name }) => value(rows[last], name) !== null).map((level) => {
      const price = rows[last][level.name], [low, high] = [u.scales.y.min, u.scales.y.max];
      const arrow = price > high ? " ▲" : price < low ? " ▼" : "";
      return { ...level, text: `${level.label} ${rows[last].written[level.name]}${arrow}`, y: u.valToPos(Math.min(Math.max(price, low), high), "y", true) };
    }).sort((one, other) => one.y - other.y);
    found.forEach((each, place) => { if (place) each.y = Math.max(each.y, found[place - 1].y + LABEL * ratio); });
    const over = found.length ? found.at(-1).y - (top + height) : 0;
    context.save();
    context.textBaseline = "middle";
    context.textAlign = "left";
    for (const each of found) {
      context.font = `${each.name === "spot" ? "600 " : ""}${12 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
      context.fillStyle = colors[each.color];
      context.fillText(each.text, left + width + 8 * ratio, each.y - Math.max(0, over));
    }
    context.restore();
  }

  /* The chosen time, and zero stronger than the grid. */
  function marks(u, model, zero) {
    const context = u.ctx, { left, top, width, height } = u.bbox, ratio = devicePixelRatio;
    context.save();
    context.strokeStyle = colors.muted;
    context.lineWidth = 1.2 * ratio;
    context.beginPath();
    if (zero) {
      const y = u.valToPos(0, "y", true);
      context.moveTo(left, y);
      context.lineTo(left + width, y);
    }
    const x = u.valToPos(model.rows[model.chosen].time, "x", true);
    context.moveTo(x, top);
    context.lineTo(x, top + height);
    context.stroke();
    context.restore();
  }

  function options(model, height, extra) {
    const sync = { key: "replay", setSeries: false };
    return {
      width: 600, height, legend: { show: false }, padding: [8, model.narrow ? 8 : ROOM, 0, 0], pxAlign: 0,
      cursor: { sync, drag: { x: false, y: false }, points: { show: false } },
      ...extra, scales: { ...extra.scales, x: { time: true, range: () => span(model.rows) } },
    };
  }

  function above(model) {
    const lines = LEVELS.map(({ label, color, width, dash, step }) => ({
      label, width, dash, stroke: () => colors[color], points: { show: model.rows.length < 3, size: 5 },
      ...(step ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
    }));
    return options(model, TALL, {
      series: [{}, ...lines],
      scales: { y: { range: () => reach(model.rows) } },
      axes: [times(), axis((_, splits) => splits.map((each) => each.toLocaleString("en-US")))],
      hooks: { draw: [(u) => { marks(u, model, false); if (!model.narrow) labels(u, model.rows); }], setCursor: [(u) => model.point(u)] },
    });
  }

  function below(model) {
    const bars = (fill, stroke) => ({ width: 1, fill, stroke, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 40] }) });
    return options(model, LOW, {
      series: [{}, bars(() => colors.positive, () => colors.positive), bars(() => colors.negative, () => colors.negative),
        bars((u) => hatched(u.ctx), () => colors.muted)],
      scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0) * 1.08, Math.max(0, high ?? 0) * 1.08 || 1] } },
      axes: [times(), axis((_, splits) => splits.map((each) => (each ? gex.dollars(each) : "0")))],
      hooks: { draw: [(u) => marks(u, model, true)], setCursor: [(u) => model.point(u)] },
    });
  }

  function levelData(rows) { return [rows.map((row) => row.time), ...LEVELS.map(({ name }) => rows.map((row) => value(row, name)))]; }

  function netData(rows) {
    const those = (test) => rows.map((row) => (row.net !== undefined && test(row) ? row.net : null));
    const sure = (row) => row.regime !== "near_zero";
    return [rows.map((row) => row.time), those((row) => sure(row) && row.net >= 0), those((row) => sure(row) && row.net < 0), those((row) => !sure(row))];
  }

  /* Draw into a figure. `model` has rows and chosen; `choose(place)` hears a click. Returns what redraws. */
  gex.dayChart = function (figure, model, choose) {
    const box = figure.querySelector(".plots"), tip = gex.tip(figure);
    let plots = [];
    model.point = (u) => {
      const place = u.cursor.idx;
      const row = place === null || place === undefined || u.cursor.left < 0 ? null : model.rows[place];
      if (!row || !row.written) { tip.hide(); return; }
      const own = u.root.getBoundingClientRect(), around = figure.getBoundingClientRect(), words = row.written;
      if (!u.over.matches(":hover")) return; // the other one, which only follows
      const x = own.left - around.left + u.bbox.left / devicePixelRatio + u.cursor.left;
      tip.show(x, own.top - around.top + 60, [`${row.clock} ET`, `spot ${words.spot}`, `flip ${words.flip}`, `call wall ${words.call_wall}`,
        `put wall ${words.put_wall}`, `net ${words.net} per +1%, ${row.dealers}`]);
    };
    const width = () => box.clientWidth || 600;

    function build() {
      readColors();
      for (const plot of plots) plot.destroy();
      model.narrow = width() < NARROW;
      plots = [new uPlot(above(model), levelData(model.rows), box), new uPlot(below(model), netData(model.rows), box)];
      for (const plot of plots) {
        plot.setSize({ width: width(), height: plot === plots[0] ? TALL : LOW });
        plot.over.addEventListener("click", () => { if (plot.cursor.idx !== null) choose(plot.cursor.idx); });
        plot.over.addEventListener("mouseleave", () => tip.hide());
      }
    }

    build();
    new ResizeObserver(() => { if (plots[0].width !== width()) build(); }).observe(box);
    new MutationObserver(build).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
    return {
      fill() { plots[0].setData(levelData(model.rows)); plots[1].setData(netData(model.rows)); },
      mark() { for (const plot of plots) plot.redraw(false); },
    };
  };
})();
