/* Axes of the strike chart, as gex/plot has them: round ticks, dollars on one scale, bars cut that would flatten the rest. */
(function () {
  "use strict";

  const { svg } = gex;
  const [MANY, RANK, OUTLYING, ROOM] = [20, 4, 25, 1.06];

  /* Round numbers between two, about `most` at the most. */
  function ticks(low, high, most) {
    const rough = (high - low) / most || 1, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10, 20].map((factor) => factor * power).find((each) => each >= rough);
    const found = [];
    for (let count = Math.ceil(low / step); count <= Math.floor(high / step); count++) found.push(count * step);
    return found;
  }

  /* The smallest round step of at least so much. */
  function round(least) {
    const power = 10 ** Math.floor(Math.log10(least));
    return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((each) => each >= least * (1 - 1e-9));
  }

  /* How far apart the nearest two strikes of a window stand; 0 of one alone. */
  function gap(strikes, low, high) {
    const seen = strikes.filter((strike) => strike >= low && strike <= high);
    return seen.reduce((least, strike, at) => at && (!least || strike - seen[at - 1] < least) ? strike - seen[at - 1] : least, 0);
  }

  const decimals = (size, most = 2) => size ? Math.max(0, Math.min(most, 2 - Math.floor(Math.log10(size) + 1e-3))) : 0;

  function signed(value, digits, least = digits) {
    const text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: least, maximumFractionDigits: digits });
    return (/[1-9]/.test(text) ? (value > 0 ? "+" : "−") : "") + text;
  }

  /* One scale of dollars for figures that are read side by side. */
  function money(values) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const [scale, unit] = largest >= 0.9995e9 ? [1e9, "$bn"] : [1e6, "$mm"];
    const digits = decimals(largest / scale);
    return {
      unit,
      tick: (value) => value ? signed(value / scale, 6, 0) : "0",
      column: (value) => signed(value / scale, digits),
      alone: (value) => signed(value / scale, decimals(Math.abs(value) / scale, 3)),
      ticks: (ends, most) => ticks(ends[0] / scale, ends[1] / scale, most).map((value) => value * scale),
    };
  }

  /* An axis for bars: zero and all values, but for one far beyond the others. */
  function span(values) {
    const sizes = values.map(Math.abs).sort((one, other) => other - one);
    const most = sizes.length < MANY || !sizes[RANK] ? sizes[0] || 0 : Math.min(sizes[0], OUTLYING * sizes[RANK]);
    const low = Math.max(Math.min(0, ...values), -most), high = Math.min(Math.max(0, ...values), most);
    return low || high ? [ROOM * low, ROOM * high] : [-1, 1];
  }

  /* Where an amount stands in a panel; those beyond its ends stand at them. */
  function across(panel, ends) {
    const [low, high] = ends, width = panel.right - panel.left;
    return (value) => panel.left + (Math.min(Math.max(value, low), high) - low) / (high - low) * width;
  }

  /* Moves labels that stand above each other until they are a gap apart, in the order of where they belong. */
  function apart(labels, gap) {
    labels.sort((one, other) => one.y - other.y);
    for (let pass = 0; pass < labels.length; pass++) {
      for (let at = 1; at < labels.length; at++) {
        const overlap = gap - (labels[at].y - labels[at - 1].y);
        if (overlap > 0) { labels[at - 1].y -= overlap / 2; labels[at].y += overlap / 2; }
      }
    }
    return labels;
  }

  const price = (value, spot) => value.toLocaleString("en-US", { maximumFractionDigits: spot >= 1000 ? 0 : 2 });
  const level = (value, spot) => value.toFixed(spot >= 1000 ? 1 : 2);
  const strike = (value) => String(Math.round(value * 1000) / 1000);

  /* Marks. */
  const line = (x1, y1, x2, y2, stroke, width = 1, dash = null) =>
    svg("line", { x1, y1, x2, y2, stroke, "stroke-width": width, ...(dash ? { "stroke-dasharray": dash } : {}) });
  const box = (left, top, right, bottom, fill, more = {}) =>
    svg("rect", { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top), fill, ...more });
  const text = (x, y, words, fill, more = {}) => svg("text", { x, y, fill, "font-size": 12, ...more }, words);

  gex.strikes.scale = {
    ticks, round, gap, signed, money, span, across, apart, price, level, strike, line, box, text,
  };
})();
