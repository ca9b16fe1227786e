/* What the strike chart shows for a choice of expirations, of open interest or volume, and of a window; and its words. */
(function () {
  "use strict";

  const { element } = gex;
  const { scale } = gex.strikes;
  const NAMES = { all: "all expirations", "0dte": "0DTE", next: "the next expiration", "ex-0dte": "all but 0DTE" };
  const SEVERAL = "several";
  const UNIT = { "open interest": "per +1%", volume: "per +1%, by volume" };
  const SCENARIO = "By volume: gamma had dealers taken on today's volume in place of open interest, a scenario, not an estimate; lines are levels by open interest.";
  const RIBBON = "Ribbon: the flip under other methods.";
  const NOTHING = 5e-4; // Of gross.
  const KEYS = "Zoom by dragging over prices, two fingers, Ctrl and wheel, or + − 0; arrows go from strike to strike.";

  /* The dates chosen, and under which name the analysis knows them, if it does. */
  function chosen(model, state) {
    const named = model.choices[state.scope];
    if (named) return { name: state.scope, dates: named.dates && new Set(named.dates), words: NAMES[state.scope] };
    const listed = state.scope === SEVERAL ? state.dates.filter((date) => model.expirations.includes(date)) : [state.scope];
    const same = (dates) => dates.length === listed.length && dates.every((date) => listed.includes(date));
    const name = Object.keys(model.choices).find((each) => same(model.choices[each].dates || model.expirations)) || null;
    const words = name ? NAMES[name] : listed.length === 1 ? listed[0] : `${listed.length} expirations`;
    return { name, dates: new Set(listed), words };
  }

  function viewOf(model, state, width) {
    const choice = chosen(model, state), [low, high] = state.window || model.window;
    const sums = gex.strikes.summed(model, choice.dates, state.basis), step = gex.strikes.stepOf(model, low, high, width);
    const known = model.choices[choice.name];
    const levels = known || { flip: null, crossings: [], ...gex.strikes.walls(model, gex.strikes.summed(model, choice.dates, "open interest")) };
    const curve = state.basis !== "volume" && known && known.curve ? gex.strikes.curve(model, choice.name) : null;
    const rest = [...(choice.dates || model.expirations)].some((date) => !model.zero.has(date));
    const view = {
      low, high, sums, step, levels, choice, spot: model.spot, layers: state.layers, unit: UNIT[state.basis],
      rows: gex.strikes.rows(model, sums, low, high, step), gap: scale.gap(model.strikes, low, high),
      band: choice.name === "all" ? model.band : null, curve: curve && { ...curve, today: rest ? curve.today : null, name: choice.words },
      unsure: known ? known.sign === "unknown" : gex.strikes.unsure(model, choice.dates),
      todayUnsure: Boolean(model.choices["0dte"]) && model.choices["0dte"].sign === "unknown",
      parted: rest && sums.today.some((value) => value !== 0),
      why: state.basis === "volume"
        ? "Re-priced from open interest alone: there is no curve by volume."
        : "Re-priced for all expirations, 0DTE, and all but 0DTE alone: there is no curve of this choice.",
    };
    return { ...view, words: `Gamma by strike and the re-priced curve: ${note(model, state, view)}` };
  }

  const dollars = (value) => gex.dollars(value);
  const percent = (share) => share > 0 && share < 0.005 ? "<1%" : `${(100 * share).toFixed(0)}%`;
  const capital = (words) => words[0].toUpperCase() + words.slice(1);

  /* What is chosen, what it adds up to, and how much of it is not in sight. */
  function note(model, state, view) {
    const { net, gross } = gex.strikes.whole(view.sums), beyond = gex.strikes.tails(view.sums);
    const seen = view.rows.reduce((sum, row) => sum + row.gross, 0), count = model.tails.below + model.tails.above;
    const left = beyond.gross < NOTHING * gross ? "next to nothing" : `net ${dollars(beyond.net)}`;
    const prices = [view.low, view.high].map((price) => scale.price(price, model.spot)).join(" to ");
    const words = [
      `${capital(view.choice.words)} by ${state.basis}: net ${dollars(net)} of ${dollars(gross).replace("+", "")} gross${view.unsure ? ", sign unknown" : ""}.`,
      ...(view.band ? [RIBBON] : []),
      `${prices}${view.step ? `, strikes in steps of ${view.step}` : ""}: ${gross ? percent(seen / gross) : "none"} of gross is in sight`
        + (count ? `; ${count} strikes over 15% from spot, ${left}, are never drawn.` : "."),
    ];
    return [...words, ...(state.basis === "volume" ? [SCENARIO] : [])].join(" ");
  }

  /* A sentence with the finding, of what is chosen. */
  function finding(model, state, view) {
    const walls = gex.strikes.walls(model, view.sums);
    const found = [["positive", walls.call_wall], ["negative", walls.put_wall]].filter(([, strike]) => strike !== null);
    const most = found.map(([sign, strike]) => `most ${sign} at ${scale.strike(strike)}`).join(", ");
    const main = `${capital(view.choice.words)}${state.basis === "volume" ? " by volume" : ""}: net gamma is ${most || "zero at every strike"}.`;
    if (!view.curve) return main;
    const flip = view.levels.crossings.find(([price]) => price === view.levels.flip);
    return flip
      ? `${main} Its curve is positive ${flip[1] > 0 ? "above" : "below"} ${scale.level(flip[0], model.spot)}.`
      : `${main} Its curve does not change sign nearby.`;
  }

  const whole = (value) => Math.round(value).toLocaleString("en-US");

  /* What made a bar. */
  function ofRow(view, row, basis) {
    const strikes = row.strikes.map(scale.strike), away = scale.signed(100 * (row.at / view.spot - 1), 2, 2);
    const name = strikes.length > 1 ? `${strikes[0]} to ${strikes[strikes.length - 1]} (${strikes.length} strikes)` : strikes[0];
    return [
      `${name} · ${away}% from spot`,
      `net ${dollars(row.net)} per +1%${basis === "volume" ? " by volume" : ""}`,
      `calls ${dollars(row.calls)}, puts ${dollars(row.puts)}`,
      ...(view.parted ? [`0DTE ${dollars(row.today)}`] : []),
      `open interest ${whole(row.call_open_interest)} calls, ${whole(row.put_open_interest)} puts`,
      `volume ${whole(row.volume)}`,
    ];
  }

  /* What the curve says at a price. */
  function ofPrice(view, price) {
    const { curve, spot } = view, at = (values) => gex.strikes.along(curve.spots, values, price);
    const head = `were spot at ${scale.level(price, spot)} (${scale.signed(100 * (price / spot - 1), 2, 2)}%)`;
    const net = at(curve.net);
    if (net === null) return [head, "beyond the curve"];
    const today = curve.today ? [`0DTE alone ${dollars(at(curve.today))}`] : [];
    return [head, `net ${dollars(net)} per +1%, ${curve.name}`, ...today];
  }

  /* Fills the table behind the chart with what is drawn. */
  function tell(table, view, state) {
    const columns = ["net", "calls", "puts", "today"], counts = ["call_open_interest", "put_open_interest", "volume"];
    const money = scale.money(view.rows.flatMap((row) => columns.map((name) => row[name])));
    table.caption.textContent = `${capital(view.choice.words)} by ${state.basis}: gamma in ${money.unit} per +1%, counts in contracts`
      + (view.step ? `; strikes in steps of ${view.step}` : "");
    table.parentElement.setAttribute("aria-label", table.caption.textContent);
    const cell = (words) => element("td", { class: "figure" }, words);
    table.tBodies[0].replaceChildren(...[...view.rows].reverse().map((row) => element("tr", {},
      element("th", { scope: "row", class: "word" }, scale.strike(row.at)),
      ...columns.map((name) => cell(money.column(row[name]))), ...counts.map((name) => cell(whole(row[name]))))));
  }

  gex.strikes.view = { viewOf, note, finding, ofRow, ofPrice, tell, NAMES, SEVERAL, KEYS };
})();
