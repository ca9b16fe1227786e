/* The replay of a day: a slider chooses a snapshot, its sections are fetched, those beside it fetched ahead. */
(function () {
  "use strict";

  const KEPT = 10; // Fetched sections that are kept.
  const SETTLED_MS = 120; // A slider that moves on is not followed at every step.
  const AGAIN_MS = 300;
  const FAILED_MS = 5000; // A server that is down is not asked three times a second.

  class Replay {
    constructor(figure, data) {
      Object.assign(this, { figure, model: { rows: data.rows, chosen: 0 }, data, pages: new Map(), playing: false });
      this.player = document.getElementById("player");
      this.sections = document.getElementById("sections");
      this.slider = this.player.querySelector("#time");
      this.play = this.player.querySelector("[data-play]");
      this.model.chosen = Number(this.slider.value);
      this.chart = gex.dayChart(figure, this.model, (place) => { this.pause(); this.choose(place); });
      this.player.hidden = false;
      this.listen();
      this.tell();
      if (!data.complete) this.ask();
    }

    listen() {
      this.slider.addEventListener("input", () => { this.pause(); this.choose(Number(this.slider.value)); });
      for (const button of this.player.querySelectorAll("[data-step]")) {
        button.addEventListener("click", () => { this.pause(); this.choose(this.model.chosen + Number(button.dataset.step)); });
      }
      this.play.addEventListener("click", () => (this.playing ? this.pause() : this.run()));
      for (const link of this.figure.querySelectorAll("tbody th a")) {
        link.addEventListener("click", (event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          this.choose(link.closest("tr").rowIndex - 1);
        });
      }
    }

    get last() { return this.model.rows.length - 1; }
    get row() { return this.model.rows[this.model.chosen]; }

    choose(place) {
      const next = Math.min(Math.max(place, 0), this.last);
      if (next === this.model.chosen) return;
      this.model.chosen = next;
      this.slider.value = next;
      this.tell();
      this.chart.mark();
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.show(), this.playing ? 0 : SETTLED_MS);
    }

    /* The figures of the chosen time at once; its sections follow. */
    tell() {
      const { row } = this, words = row.written;
      const text = words ? `spot ${words.spot} · net ${words.net} per +1%, ${row.dealers} · flip ${words.flip} · walls ${words.put_wall} and ${words.call_wall}`
        : row.failed || "being computed";
      this.player.querySelector("output").textContent = `${row.clock} ET`;
      this.player.querySelector("#chosen").textContent = text;
      this.slider.setAttribute("aria-valuetext", `${row.clock} New York, ${text}`);
      for (const [place, line] of [...this.figure.querySelectorAll("tbody tr")].entries()) {
        if (place === this.model.chosen) line.setAttribute("aria-current", "true"); else line.removeAttribute("aria-current");
      }
    }

    address(place) { return `/s/${this.data.symbol}/${this.model.rows[place].moment}`; }

    /* Sections are fetched once while they are kept; who asks again waits for the same answer. */
    page(place) {
      const address = this.address(place), there = this.pages.get(address);
      const page = there || fetch(`${address}?fragment=1`).then(async (answer) => {
        if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
        return answer.text();
      });
      this.pages.delete(address);
      this.pages.set(address, page);
      if (!there) page.catch(() => this.pages.delete(address));
      if (this.pages.size > KEPT) this.pages.delete(this.pages.keys().next().value);
      return page;
    }

    async show() {
      const place = this.model.chosen;
      this.sections.setAttribute("aria-busy", "true");
      try {
        const page = gex.parse(await this.page(place));
        if (place !== this.model.chosen) return;
        gex.swap(this.sections, page.body.childNodes);
        this.name();
        this.ahead(place);
      } catch (error) {
        if (place !== this.model.chosen) return;
        this.sections.replaceChildren(gex.element("p", { class: "warning" }, `${this.row.clock} could not be shown: ${error.message}. Choose it again.`));
      }
      this.sections.removeAttribute("aria-busy");
    }

    /* The tab, and an address that leads back here. */
    name() {
      const now = this.sections.querySelector("#now");
      if (now) document.title = `${now.dataset.title} · replay ${this.row.clock}`;
      const address = new URL(location.href);
      address.searchParams.set("at", this.row.moment);
      history.replaceState(null, "", address);
    }

    /* What is likely to be asked for next, one after the other. */
    async ahead(place) {
      const step = place >= (this.before ?? -1) ? 1 : -1;
      this.before = place;
      for (const next of [place + step, place + 2 * step]) {
        if (next < 0 || next > this.last || this.model.chosen !== place) return;
        await this.page(next).catch(() => null);
      }
    }

    run() {
      if (this.model.chosen === this.last) this.choose(0);
      this.playing = true;
      this.press();
      this.next();
    }

    /* One step a beat, or when its sections are there: whichever is later. */
    async next() {
      const pause = Number(this.player.querySelector("[data-speed]").value);
      const beat = new Promise((done) => { this.timer = setTimeout(done, pause); });
      const place = this.model.chosen + 1;
      if (place > this.last) { this.pause(); return; }
      await Promise.all([beat, this.page(place).catch(() => null)]);
      if (!this.playing) return;
      this.choose(place);
      this.next();
    }

    pause() {
      this.playing = false;
      clearTimeout(this.timer);
      this.press();
    }

    press() {
      this.play.textContent = this.playing ? "Pause" : "Play";
      this.play.setAttribute("aria-pressed", String(this.playing));
    }

    /* Figures that are still being computed are asked for until all are there. */
    async ask() {
      let pause = AGAIN_MS;
      try {
        const answer = await fetch(`/replay/${this.data.symbol}/${this.data.date}/figures`, { cache: "no-store" });
        const data = await answer.json();
        data.rows.slice(0, this.model.rows.length).forEach((row, place) => { this.model.rows[place] = row; this.fill(place); });
        this.figure.querySelector("figcaption strong").textContent = data.title;
        this.chart.fill();
        this.tell();
        if (data.complete) {
          this.figure.querySelector(".pending").remove();
          return;
        }
      } catch { pause = FAILED_MS; }
      setTimeout(() => this.ask(), pause);
    }

    fill(place) {
      const row = this.model.rows[place], line = this.figure.querySelectorAll("tbody tr")[place];
      const words = row.written ? [row.written.spot, row.written.net, row.written.flip, row.written.call_wall, row.written.put_wall, row.dealers]
        : ["", "", "", "", "", row.failed || ""];
      words.forEach((text, cell) => { line.cells[cell + 1].textContent = text; });
    }
  }

  gex.panels.replay = (figure, data) => new Replay(figure, data);
})();
