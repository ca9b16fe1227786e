/* The controls of the strike chart: which expirations, which bars, open interest or volume, which prices. */
(function () {
  "use strict";

  const { element } = gex;
  const LAYERS = { calls: "Calls", puts: "Puts", net: "Net" };
  const BASES = { "open interest": "Open interest", volume: "Volume" };

  function button(words, label, act, more = {}) {
    const made = element("button", { type: "button", ...(label ? { "aria-label": label, title: label } : {}), ...more }, words);
    made.addEventListener("click", act);
    return made;
  }

  const group = (label, ...parts) => element("div", { role: "group", "aria-label": label, class: "group" }, ...parts);
  const option = (value, words) => element("option", { value }, words);
  const weekday = (date) => new Date(`${date}T12:00:00Z`).toLocaleDateString("en-US", { weekday: "short", timeZone: "UTC" });
  const dated = (model, date) => `${date} ${weekday(date)}${model.zero.has(date) ? " (0DTE)" : ""}`;

  /* Named sets, each date, or several of them. */
  function expirations(model, state, changed, id) {
    const { NAMES, SEVERAL } = gex.strikes.view;
    const words = (name) => NAMES[name][0].toUpperCase() + NAMES[name].slice(1);
    const dates = model.expirations.map((date) => option(date, dated(model, date)));
    const select = element("select", { id: `${id}-set` }, ...Object.keys(model.choices).map((name) => option(name, words(name))),
      option(SEVERAL, "Several dates…"), element("optgroup", { label: "One date" }, ...dates));
    const many = element("select", { id: `${id}-dates`, multiple: "", size: "6" },
      ...model.expirations.map((date) => option(date, dated(model, date))));
    const list = element("div", { class: "several" }, element("label", { for: many.id }, "Dates, several with Ctrl or Shift"), many);
    const tell = () => {
      select.value = state.scope;
      list.hidden = state.scope !== SEVERAL;
      for (const each of many.options) each.selected = state.dates.includes(each.value);
    };
    select.addEventListener("change", () => {
      if (select.value === SEVERAL && !state.dates.length) state.dates = model.expirations.slice(0, 2);
      state.scope = select.value;
      tell();
      changed();
    });
    many.addEventListener("change", () => {
      state.dates = [...many.selectedOptions].map((each) => each.value);
      changed();
    });
    tell();
    return [element("div", {}, element("label", { for: select.id }, "Expirations "), select), list];
  }

  /* Buttons that are pressed or not. */
  function toggles(names, pressed, press, refused = {}) {
    const buttons = Object.entries(names).map(([name, words]) => [name, button(words, null, () => { press(name); tell(); },
      refused[name] ? { disabled: "", title: refused[name] } : {})]);
    const tell = () => buttons.forEach(([name, each]) => each.setAttribute("aria-pressed", String(pressed(name))));
    tell();
    return buttons.map(([, each]) => each);
  }

  function controls(model, state, changed, zoom, id) {
    const layers = toggles(LAYERS, (name) => state.layers[name], (name) => { state.layers[name] = !state.layers[name]; changed(); });
    const bases = toggles(BASES, (name) => state.basis === name, (name) => { state.basis = name; changed(); },
      model.no_volume ? { volume: model.no_volume } : {});
    return element("div", { class: "controls" }, ...expirations(model, state, changed, id),
      group("Bars shown", ...layers), group("Gamma by", ...bases),
      group("Prices shown", button("+", "Zoom in", () => zoom.by(0.5)), button("−", "Zoom out", () => zoom.by(2)),
        button("▲", "Higher prices", () => zoom.shift(0.25)), button("▼", "Lower prices", () => zoom.shift(-0.25)),
        button("Reset", "Reset zoom", () => zoom.reset())));
  }

  gex.strikes.controls = controls;
})();
