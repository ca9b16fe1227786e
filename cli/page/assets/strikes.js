/* Gamma by strike beside the re-priced curve: one window of prices for both, by wheel, pinch, drag, buttons and keys. */
(function () {
  "use strict";

  const { element } = gex;
  const DRAGGED = 6, REACHED = 12; // Pixels: from where on a press is a drag; how near a bar has to be.
  const FINEST = 0.002; // Of spot, the narrowest window.

  /* The window of prices: within what the page has, never narrower than a few strikes. */
  class Zoom {
    constructor(model, state, changed) {
      Object.assign(this, { model, state, changed });
      this.least = Math.max(FINEST * model.spot, 4 * gex.strikes.scale.gap(model.strikes, ...model.ends));
    }

    get window() { return this.state.window || this.model.window; }

    to(low, high) {
      const [first, last] = this.model.ends, middle = (low + high) / 2;
      const size = Math.min(Math.max(high - low, this.least), last - first);
      const start = Math.min(Math.max(middle - size / 2, first), last - size);
      this.state.window = [start, start + size];
      this.changed();
    }

    by(factor, about = (this.window[0] + this.window[1]) / 2) {
      const [low, high] = this.window;
      this.to(about - factor * (about - low), about + factor * (high - about));
    }

    shift(share) {
      const [low, high] = this.window, step = share * (high - low);
      this.to(low + step, high + step);
    }

    reset() { this.state.window = null; this.changed(); }
  }

  class Panel {
    constructor(figure, data) {
      this.figure = figure;
      this.model = gex.strikes.read(data);
      this.state = this.kept();
      this.zoom = new Zoom(this.model, this.state, () => this.draw());
      this.tip = gex.tip(figure);
      this.pointers = new Map();
      this.dress();
      this.draw();
      this.listen();
    }

    /* Toggles and zoom as they were before a live update, as far as the new data has them. */
    kept() {
      const state = gex.state(`strikes-${this.figure.id}`);
      if (!state.layers) Object.assign(state, { scope: "all", dates: [], basis: "open interest", layers: { calls: true, puts: true, net: true }, window: null });
      state.dates = state.dates.filter((date) => this.model.expirations.includes(date));
      const there = this.model.choices[state.scope] || this.model.expirations.includes(state.scope) || state.dates.length;
      if (!there) state.scope = "all";
      if (this.model.no_volume) state.basis = "open interest";
      return state;
    }

    /* Puts controls and a place to draw on around the picture that is there, which print keeps. */
    dress() {
      const { figure } = this;
      this.canvas = figure.querySelector(".canvas");
      this.still = element("div", { class: "still" }, ...this.canvas.childNodes);
      this.live = element("div", { class: "live" });
      this.spoken = element("p", { class: "visually-hidden", role: "status" });
      this.canvas.replaceChildren(this.still, this.live);
      this.canvas.classList.add("drawn");
      this.canvas.before(gex.strikes.controls(this.model, this.state, () => this.draw(), this.zoom, figure.id));
      this.title = figure.querySelector("figcaption strong");
      this.note = figure.querySelector(".note");
      this.said = [this.title.textContent, this.note.textContent.replace(/ (Ribbon|Strikes in steps).*/s, "")];
      this.note.after(element("p", { class: "note keys" }, gex.strikes.view.KEYS), this.spoken);
      this.table = figure.querySelector("details table");
      const curve = figure.parentElement.querySelector("#profile");
      if (curve) this.join(curve);
    }

    /* The curve is drawn beside the bars: its own picture stays for print. */
    join(curve) {
      curve.classList.add("joined");
      this.aside = curve.querySelector(".note");
      curve.querySelector("summary").textContent = "The curve of all expirations as a table";
      this.said[0] += `. ${curve.querySelector("figcaption strong").textContent}`;
    }

    draw() {
      const { model, state, live, figure } = this, words = gex.strikes.view, width = Math.max(280, live.clientWidth || 1000);
      this.width = width;
      this.view = words.viewOf(model, state, width);
      this.chart = new gex.strikes.Chart(width, this.view, figure.id);
      live.replaceChildren(this.chart.svg);
      const asWritten = state.scope === "all" && state.basis === "open interest";
      this.title.textContent = asWritten ? this.said[0] : words.finding(model, state, this.view);
      if (this.aside) this.aside.hidden = !asWritten;
      this.note.textContent = `${this.said[1]} ${words.note(model, state, this.view)}`;
      if (this.table && this.table.closest("details").open) words.tell(this.table, this.view, state);
      this.hide();
    }

    hide() {
      this.row = null;
      this.tip.hide();
      this.chart.point(null);
    }

    /* Where an event is, in pixels of the chart. */
    where(event) {
      const at = this.chart.svg.getBoundingClientRect();
      return [event.clientX - at.left, event.clientY - at.top];
    }

    priceAt([x, y]) { return this.chart.price(this.chart.at(x, y), y); }

    /* Tells of a bar or of the curve, at a place of the chart. */
    show([x, y]) {
      const { chart, view } = this, panel = chart.at(x, y);
      if (y < panel.top || y > panel.bottom || x < panel.left - 60) return this.hide();
      if (panel.kind === "curve" && x >= panel.left) {
        const price = chart.price(panel, y);
        if (!view.curve) return this.hide();
        return this.tell(price, gex.strikes.view.ofPrice(view, price), x, y);
      }
      const away = (row) => Math.abs(chart.y(panel, row.at) - y);
      const row = view.rows.reduce((best, each) => !best || away(each) < away(best) ? each : best, null);
      return row && away(row) <= REACHED ? this.mark(row, panel, x) : this.hide();
    }

    mark(row, panel, x) {
      this.row = row;
      const lines = gex.strikes.view.ofRow(this.view, row, this.state.basis);
      this.tell(row.at, lines, x, this.chart.y(panel, row.at));
      return lines;
    }

    tell(price, lines, x, y) {
      const here = this.chart.svg.getBoundingClientRect(), all = this.figure.getBoundingClientRect();
      this.chart.point(price);
      this.tip.show(x + here.left - all.left, y + here.top - all.top, lines);
    }

    /* Goes to the next strike up or down; at the end of the window, the window goes along. */
    step(direction) {
      const at = (rows) => this.row ? rows.findIndex((row) => row.at === this.row.at) : -1;
      const { rows, spot } = this.view;
      if (!rows.length) return;
      const nearest = rows.reduce((best, row) => Math.abs(row.at - spot) < Math.abs(best.at - spot) ? row : best);
      let next = this.row ? rows[at(rows) + direction] : nearest;
      if (!next) {
        const from = this.row.at;
        this.zoom.shift(0.5 * direction);
        const beyond = this.view.rows.filter((row) => direction * (row.at - from) > 0);
        next = direction > 0 ? beyond[0] : beyond[beyond.length - 1];
        if (!next) return;
      }
      const panel = this.chart.panels[0];
      this.spoken.textContent = this.mark(next, panel, (panel.left + panel.right) / 2).join(", ");
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const acts = {
        "+": () => this.zoom.by(0.5), "=": () => this.zoom.by(0.5), "-": () => this.zoom.by(2), 0: () => this.zoom.reset(),
        ArrowUp: () => this.step(1), ArrowDown: () => this.step(-1), PageUp: () => this.zoom.shift(0.5),
        PageDown: () => this.zoom.shift(-0.5), Escape: () => this.hide(),
      };
      if (!acts[event.key]) return;
      event.preventDefault();
      acts[event.key]();
    }

    listen() {
      const { live, canvas } = this;
      canvas.addEventListener("keydown", (event) => this.key(event));
      canvas.addEventListener("blur", () => this.hide());
      live.addEventListener("wheel", (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.zoom.by(Math.exp(Math.max(-50, Math.min(50, event.deltaY)) / 100), this.priceAt(this.where(event)));
      }, { passive: false });
      live.addEventListener("pointerdown", (event) => this.press(event));
      live.addEventListener("pointermove", (event) => this.move(event));
      for (const name of ["pointerup", "pointercancel"]) live.addEventListener(name, (event) => this.release(event));
      live.addEventListener("pointerleave", () => this.pointers.size || this.hide());
      if (this.table) this.table.closest("details").addEventListener("toggle", () => gex.strikes.view.tell(this.table, this.view, this.state));
      new ResizeObserver(() => live.clientWidth && live.clientWidth !== this.width && this.draw()).observe(live);
    }

    press(event) {
      if (event.pointerType === "mouse" && event.button !== 0) return;
      this.pointers.set(event.pointerId, { from: this.where(event), to: this.where(event) });
      if (event.pointerType === "mouse") this.live.setPointerCapture(event.pointerId);
      else this.show(this.where(event));
    }

    move(event) {
      const held = this.pointers.get(event.pointerId), at = this.where(event);
      if (!held) return event.pointerType === "mouse" ? this.show(at) : undefined;
      if (this.pointers.size === 2) return this.pinch(held, at);
      held.to = at;
      if (event.pointerType === "mouse" && Math.abs(at[1] - held.from[1]) > DRAGGED) {
        this.tip.hide();
        this.chart.point(...this.range(held));
      }
    }

    /* The prices that a drag went over, in the panel that it began in. */
    range({ from, to }) {
      const panel = this.chart.at(...from), inside = (y) => Math.min(Math.max(y, panel.top), panel.bottom);
      return [from[1], to[1]].map((y) => this.chart.price(panel, inside(y))).sort((one, other) => one - other);
    }

    pinch(held, at) {
      const [other] = [...this.pointers.values()].filter((each) => each !== held);
      const apart = (place) => Math.max(20, Math.hypot(place[0] - other.to[0], place[1] - other.to[1]));
      const factor = apart(held.to) / apart(at), middle = [(at[0] + other.to[0]) / 2, (at[1] + other.to[1]) / 2];
      held.to = at;
      this.zoom.by(factor, this.priceAt(middle));
    }

    release(event) {
      const held = this.pointers.get(event.pointerId);
      this.pointers.delete(event.pointerId);
      if (!held || event.pointerType !== "mouse" || event.type === "pointercancel") return;
      if (Math.abs(held.to[1] - held.from[1]) > DRAGGED) this.zoom.to(...this.range(held));
    }
  }

  gex.panels.strikes = (figure, data) => new Panel(figure, data);
})();
