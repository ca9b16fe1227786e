/* The strike chart's figures: unpacked (gex/cli/page/packed.py), summed over a choice of expirations, in steps of strikes. */
gex.strikes = (function () {
  "use strict";

  const SIDES = ["calls", "puts", "volume_calls", "volume_puts"];
  const COUNTS = ["call_open_interest", "put_open_interest", "volume"];
  const NAMES = ["calls", "puts", "today", "gross", ...COUNTS];
  const DECISIVE = 0.05; // Of gross, as gex.summary has it: net below it has no sign to rely on.

  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  /* LEB128: seven bits a byte, the lowest first. */
  function counts(text) {
    const found = [];
    let value = 0, scale = 1;
    for (const byte of bytes(text)) {
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) { found.push(value); value = 0; scale = 1; }
    }
    return found;
  }

  /* Floats without their last eight bits, and a bit each that says which of them are not zero. */
  function sparse(packed, size) {
    const bits = bytes(packed.bits), values = bytes(packed.values), found = new Float64Array(size), whole = new DataView(new ArrayBuffer(4));
    for (let place = 0, next = 0; place < size; place++) {
      if (!(bits[place >> 3] >> (place & 7) & 1)) continue;
      for (let byte = 1; byte < 4; byte++) whole.setUint8(byte, values[next++]);
      found[place] = whole.getFloat32(0, true);
    }
    return found;
  }

  function read(data) {
    const starts = [0], place = counts(data.steps), cells = { place };
    for (const size of data.sizes) starts.push(starts[starts.length - 1] + size);
    const begins = new Set(starts);
    place.forEach((step, at) => { if (!begins.has(at)) place[at] += place[at - 1]; });
    for (const name of SIDES) cells[name] = sparse(data[name], place.length);
    for (const name of COUNTS) cells[name] = counts(data[name]);
    const profile = Object.fromEntries(Object.entries(data.profile).map(([name, text]) => [name, gex.floats(text)]));
    const dates = new Set(data.choices["0dte"] ? data.choices["0dte"].dates : []);
    return { ...data, strikes: gex.floats(data.strikes), cells, starts, profile, zero: dates };
  }

  /* Sums of some expirations by place: 0 is all strikes below those listed, the last all above. */
  function summed(model, dates, basis) {
    const sums = Object.fromEntries(NAMES.map((name) => [name, new Float64Array(model.strikes.length + 2)]));
    const [calls, puts] = basis === "volume" ? SIDES.slice(2) : SIDES;
    const { cells, starts } = model;
    model.expirations.forEach((date, number) => {
      if (dates && !dates.has(date)) return;
      const today = model.zero.has(date);
      for (let cell = starts[number]; cell < starts[number + 1]; cell++) {
        const at = cells.place[cell], call = cells[calls][cell], put = cells[puts][cell];
        sums.calls[at] += call;
        sums.puts[at] += put;
        if (today) sums.today[at] += call + put;
        sums.gross[at] += Math.abs(call) + Math.abs(put);
        for (const name of COUNTS) sums[name][at] += cells[name][cell];
      }
    });
    return sums;
  }

  const total = (values) => values.reduce((sum, value) => sum + value, 0);

  /* Net and gross of sums by strike. */
  function whole(sums) {
    return { net: total(sums.calls) + total(sums.puts), gross: total(sums.gross) };
  }

  /* Whether the sign of a choice of dates is not to be relied on, as gex.slices.sign_of. */
  function unsure(model, dates) {
    const { net, gross } = whole(summed(model, dates, "open interest"));
    const traded = model.no_volume ? 0 : whole(summed(model, dates, "volume")).net;
    return Math.abs(net) < DECISIVE * gross || !gross || traded * net < 0;
  }

  /* Rows of a window, lowest first; a step of 0 keeps each strike, others sum those around a multiple of it. */
  function rows(model, sums, low, high, step) {
    const found = new Map();
    model.strikes.forEach((strike, number) => {
      const at = step ? Math.round(strike / step) * step : strike;
      if (at < low || at > high) return;
      let row = found.get(at);
      if (!row) {
        row = { at, strikes: [] };
        for (const name of NAMES) row[name] = 0;
        found.set(at, row);
      }
      row.strikes.push(strike);
      for (const name of NAMES) row[name] += sums[name][number + 1];
    });
    for (const row of found.values()) row.net = row.calls + row.puts;
    return [...found.values()].sort((one, other) => one.at - other.at);
  }

  /* What is beyond the strikes listed, which are all near spot. */
  function tails(sums) {
    const last = sums.calls.length - 1;
    return {
      net: sums.calls[0] + sums.puts[0] + sums.calls[last] + sums.puts[last],
      gross: sums.gross[0] + sums.gross[last],
    };
  }

  /* The strikes of most positive and most negative net gamma. */
  function walls(model, sums) {
    let [call, put, most, least] = [null, null, 0, 0];
    model.strikes.forEach((strike, number) => {
      const net = sums.calls[number + 1] + sums.puts[number + 1];
      if (net > most) [call, most] = [strike, net];
      if (net < least) [put, least] = [strike, net];
    });
    return { call_wall: call, put_wall: put };
  }

  /* The re-priced curve of a named choice; null where the page has none. */
  function curve(model, choice) {
    const { spots, all, today } = model.profile;
    if (choice === "all") return { spots, net: all, today: model.zero.size ? today : null };
    if (choice === "0dte") return { spots, net: today, today: null };
    if (choice === "ex-0dte") return { spots, net: all.map((value, at) => value - today[at]), today: null };
    return null;
  }

  /* A curve's value at a price; null beyond its ends. */
  function along(spots, values, price) {
    let low = 0, high = spots.length - 1;
    if (price < spots[0] || price > spots[high]) return null;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (spots[middle] <= price) low = middle; else high = middle;
    }
    const share = (price - spots[low]) / (spots[high] - spots[low] || 1);
    return values[low] + share * (values[high] - values[low]);
  }

  return { read, summed, whole, unsure, rows, tails, walls, curve, along };
})();
