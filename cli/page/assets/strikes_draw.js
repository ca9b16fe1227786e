/* Draws the strike chart: calls and puts, net, and the re-priced curve beside them on one axis of prices. */
(function () {
  "use strict";

  const { svg } = gex;
  const { scale } = gex.strikes;
  const { line, box, text } = scale;
  const NARROW = 660, TAGS = 158, SHORT = 36, GAP = 34, TOP = 44, BELOW = 44, LABEL = 16, THINNEST = 5, THICKEST = 15;
  const SPARE = 0.8; // Of a step's height that a bar takes.
  const INNER = 0.55; // Of a bar's height that 0DTE takes.
  const BOLD = { "font-weight": 600 };
  const MUTED = { "font-size": 11.5 };
  const HALO = { stroke: "var(--paper)", "stroke-width": 4, "paint-order": "stroke", "stroke-linejoin": "round" };
  const BRIEF = { "call wall": "CW", "put wall": "PW" };

  /* Where panels stand: side by side on a desk, the curve below the bars on a phone. */
  function layout(width, layers) {
    const bars = [...(layers.calls || layers.puts ? ["sides"] : []), ...(layers.net ? ["net"] : [])];
    if (width >= NARROW) return row([...bars, "curve"], 58, width - TAGS, 0, 600, false);
    const above = bars.length ? row(bars, 46, width - SHORT, 0, 420, true) : { panels: [], height: 0 };
    const below = row(["curve"], 46, width - SHORT, above.height, 380, true);
    return { panels: [...above.panels, ...below.panels], height: below.height };
  }

  function row(kinds, left, right, start, height, narrow) {
    const gap = narrow ? 14 : GAP, each = (right - left - gap * (kinds.length - 1)) / kinds.length;
    const panels = kinds.map((kind, at) => ({
      kind, narrow, first: at === 0, last: at === kinds.length - 1,
      left: left + at * (each + gap), right: left + at * (each + gap) + each,
      top: start + TOP, bottom: start + TOP + height,
    }));
    return { panels, height: start + TOP + height + BELOW + (narrow && kinds.includes("net") ? LABEL : 0) };
  }

  /* The step in which strikes are summed so that bars can be told apart; 0 where each has its own. */
  function stepOf(model, low, high, width) {
    const least = THINNEST * (high - low) / (width >= NARROW ? 600 : 420), gap = scale.gap(model.strikes, low, high);
    return !gap || gap >= least ? 0 : scale.round(least);
  }

  class Chart {
    constructor(width, view, id) {
      Object.assign(this, { view, id, width, ...layout(width, view.layers) });
      this.svg = svg("svg", { viewBox: `0 0 ${width} ${this.height}`, width, height: this.height, role: "img",
        "aria-label": view.words }, this.patterns());
      for (const panel of this.panels) this.svg.append(...this.panel(panel));
      this.pointer = svg("g", { "pointer-events": "none" });
      this.svg.append(this.pointer);
    }

    y(panel, price) {
      const { low, high } = this.view;
      return panel.bottom - (price - low) / (high - low) * (panel.bottom - panel.top);
    }

    price(panel, y) {
      const { low, high } = this.view;
      return low + (panel.bottom - y) / (panel.bottom - panel.top) * (high - low);
    }

    /* The panel at a place, or the nearest one of its row. */
    at(x, y) {
      const here = this.panels.filter((panel) => y >= panel.top - TOP && y <= panel.bottom + BELOW);
      const away = (panel) => Math.max(panel.left - x, x - panel.right, 0);
      return here.sort((one, other) => away(one) - away(other))[0] || this.panels[0];
    }

    /* A line at a price through all panels, or a range of prices; null for neither. */
    point(low, high = null) {
      this.pointer.replaceChildren(...(low === null ? [] : this.panels.map((panel) => {
        if (high === null) return line(panel.left, this.y(panel, low), panel.right, this.y(panel, low), "var(--muted)", 1, "2 2");
        return box(panel.left, this.y(panel, high), panel.right, this.y(panel, low), "var(--ink)", { "fill-opacity": 0.14 });
      })));
    }

    patterns() {
      const hatch = svg("pattern", { id: `${this.id}-hatch`, width: 5, height: 5, patternUnits: "userSpaceOnUse",
        patternTransform: "rotate(45)" }, box(0, 0, 5, 5, "var(--paper)"), line(0, 0, 0, 5, "var(--unknown)", 4));
      const clips = this.panels.map((panel, at) => svg("clipPath", { id: `${this.id}-clip-${at}` },
        box(panel.left, panel.top, panel.right, panel.bottom, "none")));
      return svg("defs", {}, hatch, ...clips);
    }

    tone(value, soft, unsure) {
      return unsure ? `url(#${this.id}-hatch)` : `var(--${value < 0 ? "negative" : "positive"}${soft ? "-soft" : ""})`;
    }

    panel(panel) {
      const inside = svg("g", { "clip-path": `url(#${this.id}-clip-${this.panels.indexOf(panel)})` });
      const paint = { sides: this.sides, net: this.net, curve: this.curve }[panel.kind];
      const [around, marks, over] = paint.call(this, panel);
      inside.append(...this.ribbon(panel), ...marks);
      return [...this.prices(panel), ...around, inside, ...this.rules(panel), ...over,
        ...(panel.last ? this.tags(panel) : [])];
    }

    prices(panel) {
      const { low, high, spot } = this.view;
      return scale.ticks(low, high, (panel.bottom - panel.top) / 46).flatMap((price) => {
        const y = this.y(panel, price), rule = line(panel.left, y, panel.right, y, "var(--grid)");
        return panel.first
          ? [rule, text(panel.left - 8, y + 4, scale.price(price, spot), "var(--muted)", { ...MUTED, "text-anchor": "end" })]
          : [rule];
      });
    }

    /* Amounts below, what they are above, zero stronger than the grid. */
    amounts(panel, ends, money, title, unit) {
      const x = scale.across(panel, ends), { top, bottom } = panel;
      const marks = money.ticks(ends, Math.max(4, (panel.right - panel.left) / 70)).flatMap((value) => [
        line(x(value), top, x(value), bottom, value ? "var(--grid)" : "var(--muted)", value ? 1 : 1.2),
        text(x(value), bottom + 17, money.tick(value), "var(--muted)", { ...MUTED, "text-anchor": "middle" }),
      ]);
      return [...marks, text(panel.left, top - 25, title, "var(--ink)", BOLD), text(panel.left, top - 9, unit, "var(--muted)", MUTED)];
    }

    bar(panel, x, ends, row, value, [from, to], fill, over, money) {
      const y = this.y(panel, row.at), [left, right] = [x(0), x(value)].sort((one, other) => one - other);
      if (value < ends[0] || value > ends[1]) over.push(...this.cut(x(value), y, value, money));
      return right > left ? [box(left, y + from, Math.max(right, left + 0.5), y + to, fill, { "data-strike": row.at })] : [];
    }

    /* Marks a bar as cut, and writes how long it would be. */
    cut(end, y, value, money) {
      const inwards = value < 0 ? 1 : -1;
      const breaks = [10, 15].map((off) => line(end + inwards * off - 3, y + 7, end + inwards * off + 3, y - 7, "var(--paper)", 2));
      return [...breaks, text(end, y - 9, money.alone(value), this.tone(value), { ...MUTED, ...BOLD, ...HALO,
        "text-anchor": value < 0 ? "start" : "end" })];
    }

    /* Half the height of a bar. */
    half(panel) {
      const { step, gap, low, high } = this.view, pixels = (step || gap) / (high - low) * (panel.bottom - panel.top);
      return Math.min(THICKEST, pixels ? SPARE * pixels : THICKEST) / 2;
    }

    sides(panel) {
      const { rows, layers, unit } = this.view, shown = ["calls", "puts"].filter((name) => layers[name]);
      const values = rows.flatMap((row) => shown.map((name) => row[name])), money = scale.money(values);
      const ends = scale.span(values), x = scale.across(panel, ends), half = this.half(panel), over = [];
      const apart = shown.length < 2 || rows.every((row) => row.calls >= 0 && row.puts <= 0);
      const places = apart ? { calls: [-half, half], puts: [-half, half] } : { calls: [-half, 0], puts: [0, half] };
      const marks = rows.flatMap((row) => shown.flatMap((name) =>
        this.bar(panel, x, ends, row, row[name], places[name], this.tone(row[name]), over, money)));
      const title = shown.length < 2 ? shown[0] === "calls" ? "Calls" : "Puts" : "Calls and puts";
      return [this.amounts(panel, ends, money, title, `${money.unit} ${unit}`), marks, [...over, ...this.names(panel, x(0), shown, apart)]];
    }

    /* Names the sides of zero. */
    names(panel, zero, shown, apart) {
      const y = panel.bottom + 36, tones = { calls: "var(--positive)", puts: "var(--negative)" };
      if (!apart) return [text(panel.left, y, "calls above, puts below", "var(--muted)", MUTED)];
      const sides = { calls: ["start", zero + 6], puts: ["end", zero - 6] };
      return shown.map((name) => text(sides[name][1], y, name, tones[name], { ...BOLD, "text-anchor": sides[name][0] }));
    }

    net(panel) {
      const { rows, unsure, todayUnsure, parted, unit } = this.view, half = this.half(panel), over = [];
      const values = rows.flatMap((row) => parted ? [row.net, row.today] : [row.net]), money = scale.money(values);
      const ends = scale.span(values), x = scale.across(panel, ends);
      const inner = (value) => todayUnsure && unsure ? "var(--muted)" : this.tone(value, false, todayUnsure);
      const marks = rows.flatMap((row) => [
        ...this.bar(panel, x, ends, row, row.net, [-half, half], this.tone(row.net, parted, unsure), over, money),
        ...(parted && row.today
          ? this.bar(panel, x, ends, row, row.today, [-INNER * half, INNER * half], inner(row.today), over, money) : []),
      ]);
      const note = [...(parted ? ["inside: 0DTE"] : []), ...(unsure || parted && todayUnsure ? ["hatched: sign unknown"] : [])].join(", ");
      // On a phone it needs the width of the calls and puts beside it, under their names.
      const [x0, y0, anchor] = panel.narrow ? [panel.right, 52, "end"] : [panel.left, 36, "start"];
      over.push(text(x0, panel.bottom + y0, note, "var(--muted)", { ...MUTED, "text-anchor": anchor }));
      return [this.amounts(panel, ends, money, "Net", `${money.unit} ${unit}`), marks, over];
    }

    curve(panel) {
      const { curve, low, high, why, spot, unsure } = this.view;
      if (!curve) return [[text(panel.left, panel.top - 25, "Were spot there", "var(--ink)", BOLD)], [], this.absent(panel, why)];
      const points = this.within(curve.spots, curve.net), values = points.map(([, value]) => value);
      const today = curve.today ? this.within(curve.spots, curve.today) : [];
      const every = [...values, ...today.map(([, value]) => value)], money = scale.money(every);
      const [least, most] = [Math.min(0, ...every), Math.max(0, ...every)], room = 0.05 * (most - least) || 1;
      const ends = [least - room, most + room], x = scale.across(panel, ends);
      const path = (of) => of.map(([price, value]) => `${x(value).toFixed(1)},${this.y(panel, price).toFixed(1)}`).join(" ");
      const marks = [1, -1].map((sign) => svg("polygon", {
        points: path([[low, 0], ...signed(points, sign), [high, 0]]), fill: this.tone(sign, true, unsure), "fill-opacity": 0.6 }));
      const stroke = { fill: "none", "stroke-linejoin": "round" };
      if (today.length) marks.push(svg("polyline", { points: path(today), stroke: "var(--muted)", "stroke-width": 1.6, "stroke-dasharray": "5 3", ...stroke }));
      marks.push(svg("polyline", { points: path(points), stroke: "var(--ink)", "stroke-width": 2.2, class: "profile", ...stroke }));
      const note = `net, ${money.unit} per +1%${today.length ? "; dashed: 0DTE alone" : ""}`;
      const here = gex.strikes.along(curve.spots, curve.net, spot);
      const over = [...this.crossings(panel, x(0)), ...(spot >= low && spot <= high && here !== null ? this.here(panel, x(here), here, money) : [])];
      return [this.amounts(panel, ends, money, `Were spot there: ${curve.name}`, note), marks, over];
    }

    /* A curve within the window, up to its ends. */
    within(spots, values) {
      const { low, high } = this.view, found = [];
      const add = (price, value) => value !== null && found.push([price, value]);
      add(low, gex.strikes.along(spots, values, low));
      spots.forEach((price, at) => price > low && price < high && add(price, values[at]));
      add(high, gex.strikes.along(spots, values, high));
      return found;
    }

    here(panel, x, value, money) {
      const y = this.y(panel, this.view.spot), left = x > (panel.left + panel.right) / 2;
      return [svg("circle", { cx: x, cy: y, r: 4.5, fill: "var(--ink)" }),
        text(x + (left ? -9 : 9), y - 7, money.alone(value), "var(--ink)", { ...BOLD, ...HALO, "text-anchor": left ? "end" : "start" })];
    }

    crossings(panel, x) {
      const { levels, low, high, spot } = this.view;
      return levels.crossings.filter(([price]) => price >= low && price <= high).flatMap(([price, slope]) => {
        const y = this.y(panel, price), dot = svg("circle", { cx: x, cy: y, r: 4, fill: "var(--ink)", class: "crossing" });
        return price === levels.flip ? [dot] : [dot, text(x + 8, y + 4, `${scale.level(price, spot)} ${slope > 0 ? "up" : "down"}`,
          "var(--ink)", { ...MUTED, ...HALO })];
      });
    }

    /* A sentence in a panel's own place. */
    absent(panel, why) {
      const most = Math.floor((panel.right - panel.left) / 6.6), lines = [""];
      for (const word of why.split(" ")) {
        const last = lines[lines.length - 1];
        if ((last + word).length < most || !last) lines[lines.length - 1] = `${last} ${word}`.trim(); else lines.push(word);
      }
            return lines.map((words, at) => text((panel.left + panel.right) / 2, panel.top + 28 + 17 * at, words, "var(--muted)",
        { "text-anchor": "middle", ...HALO }));
    }

    ribbon(panel) {
      const { band } = this.view;
      if (!band) return [];
      const [top, bottom] = [this.y(panel, band[1]), this.y(panel, band[0])], middle = (top + bottom) / 2;
      const half = Math.max(1.5, (bottom - top) / 2);
      return [box(panel.left, middle - half, panel.right, middle + half, "var(--muted)", { "fill-opacity": 0.28, class: "ribbon" })];
    }

    named() {
      const { levels, spot } = this.view;
      return [
        ["call wall", levels.call_wall, "var(--positive)", 1, null], ["put wall", levels.put_wall, "var(--negative)", 1, null],
        ["flip", levels.flip, "var(--ink)", 1.4, "6 4"], ["spot", spot, "var(--ink)", 2, null],
      ].filter(([, price]) => price !== null);
    }

    rules(panel) {
      const { low, high } = this.view;
      return this.named().filter(([, price]) => price >= low && price <= high).map(([name, price, stroke, width, dash]) => {
        const y = this.y(panel, price), rule = line(panel.left, y, panel.right, y, stroke, width, dash);
        rule.setAttribute("data-level", name);
        return rule;
      });
    }

    tags(panel) {
      const { low, high } = this.view;
      const labels = this.named().map(([name, price, fill]) => ({
        y: this.y(panel, Math.min(Math.max(price, low), high)) + 4, fill, name, words: this.tag(name, price, panel.narrow),
      }));
      return scale.apart(labels, LABEL).map((each) => text(panel.right + (panel.narrow ? 4 : 8), each.y, each.words, each.fill,
        { ...(each.name === "spot" ? BOLD : {}), "data-tag": each.name }));
    }

    /* Names a level, how far it is from spot, and where it is if it is out of sight. */
    tag(name, price, short) {
      const { spot, low, high } = this.view, arrow = price > high ? " ▲" : price < low ? " ▼" : "";
      if (short) return `${BRIEF[name] || name}${arrow.trim()}`;
      if (name === "spot") return `spot ${price.toFixed(2)}${arrow}`;
      const shown = name === "flip" ? scale.level(price, spot) : scale.strike(price);
      return `${name} ${shown} ${scale.signed(100 * (price / spot - 1), 1, 1)}%${arrow}`;
    }
  }

  /* The part of a curve on one side of zero, with its zeros. */
  function signed(points, sign) {
    return points.flatMap(([price, value], at) => {
      const kept = [price, sign * value > 0 ? value : 0], before = points[at - 1];
      if (!before || before[1] * value >= 0) return [kept];
      return [[before[0] - before[1] * (price - before[0]) / (value - before[1]), 0], kept];
    });
  }

  Object.assign(gex.strikes, { Chart, stepOf });
})();
