/* What is drawn in a panel of a series: lines, steps, bars, gaps, limits, names; in the colours of the page. */
(function () {
  "use strict";

  const MINUS = "−";
  const NARROW = 700;
  const SIGN = 4.5;

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

  /* A figure of a panel as text; strikes have the decimals they are listed with. */
  function written(panel, curve, value) {
    if (value === null || value === undefined) return "–";
    const most = panel.digits, least = curve.look.endsWith("_wall") ? 0 : most;
    const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: least, maximumFractionDigits: most });
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
      label(u, what + written(panel, each.curve, each.value), x, y, color, each.curve.look === "spot" || !what);
      if (typeof each.rank === "number") label(u, `percentile ${Math.round(each.rank)}`, x, y + 15 * ratio, colors.muted);
    }
  }

  /* Zero, stronger than the grid. */
  function zero(u) {
    if (u.scales.y.min >= 0 || u.scales.y.max <= 0) return;
    const y = u.valToPos(0, "y", true);
    u.ctx.strokeStyle = colors.muted;
    u.ctx.lineWidth = 1.2 * devicePixelRatio;
    u.ctx.beginPath();
    u.ctx.moveTo(u.bbox.left, y);
    u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
    u.ctx.stroke();
  }

  /* uPlot remembers what it last set on the canvas: what is drawn by hand leaves no trace. */
  function apart(...draws) {
    return (u) => {
      u.ctx.save();
      for (const draw of draws) draw(u);
      u.ctx.restore();
    };
  }

  gex.marks = { MINUS, NARROW, colors, readColors, numbers, written, hatch, label, gaps, columns, unsureBars, limits, names, zero, apart };
})();
