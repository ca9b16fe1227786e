/* A page that follows the store: when a snapshot arrives the page is fetched again and put in the place of what is shown.
   It says what changed, how old what is shown is, and whether more will come. */
(function () {
  "use strict";

  const SLOW = 2.5; // times the usual pace: later than that is old
  const LEAST_S = 300;
  const UNKNOWN_PACE_S = 1800;
  const GRACE_MS = 15000; // a reader who selects text or drags is not disturbed for so long
  const AGAIN_MS = 2000;
  const bar = document.getElementById("live");
  if (!bar) return;
  const line = { connection: bar.querySelector(".connection"), age: bar.querySelector(".age") };
  const said = document.getElementById("said");
  const main = document.getElementById("main");
  const skew = Date.parse(bar.dataset.now) - Date.now(); // of this machine's clock
  let down = null; // since when there is no connection
  let connected = false;
  let busy = false;
  let again = false;
  let pointing = false;

  let timer = 0; // of the next look, if one is due

  /* What is shown of each symbol, as the server wrote it: one on a snapshot's page, all on the first. */
  const shown = () => new Map([...main.querySelectorAll("[data-symbol]")].map((each) => [each.dataset.symbol, { ...each.dataset }]));
  const only = () => document.getElementById("now")?.dataset || {};
  const clock = (time) => new Date(time).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "America/New_York" });

  /* ---- The next snapshot in the place of this one. */

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.pathname, { cache: "no-store", headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      const page = gex.parse(await answer.text());
      await idle();
      swap(page);
    } catch (error) {
      tell(`The new snapshot could not be shown (${error.message}); trying again`);
      later(5 * AGAIN_MS);
    }
    busy = false;
    if (again) { again = false; refresh(); }
  }

  /* Wait until nothing is selected and no pointer is down, but not for ever. */
  async function idle() {
    const end = Date.now() + GRACE_MS;
    const selecting = () => { const now = getSelection(); return !now.isCollapsed && main.contains(now.anchorNode); };
    while ((pointing || selecting()) && Date.now() < end) await new Promise((done) => setTimeout(done, 250));
  }

  function swap(page) {
    const before = shown();
    gex.swap(main, page.getElementById("main").childNodes);
    const [old, places] = [document, page].map((each) => each.querySelector(".places"));
    if (!old.querySelector("details[open]") && !old.contains(document.activeElement)) old.replaceWith(places);
    const fresh = page.getElementById("live");
    if (fresh) bar.dataset.every = fresh.dataset.every;
    announce(before, shown());
    age();
    follow();
  }

  function announce(before, after) {
    const changed = [...after.values()].filter((each) => each.clock && before.has(each.symbol) && another(before.get(each.symbol), each));
    if (!changed.length) return;
    tell(changed.map((each) => (after.size > 1 ? `${each.symbol} ` : "") + difference(before.get(each.symbol), each)).join(". "));
    if (after.size === 1) moved(Number(before.get(changed[0].symbol).price), Number(changed[0].price));
  }

  const another = (before, after) => before.moment !== after.moment || Number(before.revision) !== Number(after.revision);

  function difference(before, after) {
    const parts = [["net gamma", "net"], ["flip", "flip"], ["call wall", "callWall"], ["put wall", "putWall"]]
      .filter(([, name], place) => place < 2 || before[name] !== after[name])
      .map(([label, name]) => `${label} ${after[name]}${!before[name] || before[name] === after[name] ? "" : `, was ${before[name]}`}`);
    return `${after.clock} snapshot${before.moment === after.moment ? ", reissued" : ""}; ${parts.join("; ")}`;
  }

  function tell(text) { said.textContent = text; }

  /* The spot marker is all that moves: from where it stood, once. */
  function moved(before, after) {
    const spot = document.getElementById("spot");
    if (!spot || !(before > 0) || before === after) return;
    const up = after > before;
    const change = Math.abs(after - before).toFixed(2);
    spot.after(" ", gex.element("span", { class: `moved ${up ? "up" : "down"}` }, `${up ? "▲ +" : "▼ −"}${change}`));
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const from = { transform: `translateY(${up ? 6 : -6}px)` };
    spot.animate([from, { transform: "none" }], { duration: 400, easing: "ease-out" });
  }

  /* ---- How old what is shown is, and whether more will come. */

  function words(seconds) {
    if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s old`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} min old`;
    if (seconds < 129600) return `${Math.round(seconds / 3600)} h old`;
    return `${Math.round(seconds / 86400).toLocaleString("en-US")} days old`;
  }

  function age() {
    const { time, title } = only();
    const every = Number(bar.dataset.every);
    const seconds = time ? (Date.now() + skew - Date.parse(time)) / 1000 : 0;
    const old = seconds > (every ? Math.max(LEAST_S, SLOW * every) : UNKNOWN_PACE_S);
    line.connection.textContent = down ? `Not connected since ${clock(down)} ET` : connected ? "Live" : "Connecting";
    line.age.textContent = time ? `${old ? "OLD: " : ""}${clock(time)} ET, ${words(seconds)}` : "";
    bar.dataset.state = down ? "down" : old ? "old" : connected ? "live" : "waiting";
    if (title) document.title = down || old ? `(old) ${title}` : title;
  }

  function heard(message) {
    if (message.kind === "down") {
      if (!down) tell("The connection to the server is lost; trying again");
      down = down || Date.now() + skew;
    } else {
      if (down) tell("Connected again");
      down = null;
      connected = true;
      if (message.kind === "open") check();
      else if (message.latest) news([message]);
    }
    age();
  }

  /* A moment may be told again: its snapshot was reissued. */
  function news(told) {
    const there = shown();
    if (told.some((each) => ours(each.symbol) && another(there.get(each.symbol) || {}, each))) refresh();
  }

  const ours = (symbol) => !bar.dataset.symbol || symbol === bar.dataset.symbol;

  /* What arrived between this page and the stream, or while there was none, nobody tells. */
  async function check() {
    try {
      const { symbols } = await (await fetch("/api/v1/symbols", { cache: "no-store" })).json();
      news(symbols.map(({ symbol, latest, revision }) => ({ symbol, moment: latest, revision })));
    } catch { /* the next time the stream opens */ }
  }

  /* Figures that are being computed are asked for again. */
  function follow() {
    if (main.querySelector("[data-waiting]")) later(AGAIN_MS);
  }

  function later(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(refresh, milliseconds);
  }

  addEventListener("pointerdown", () => { pointing = true; });
  for (const name of ["pointerup", "pointercancel", "blur"]) addEventListener(name, () => { pointing = false; });
  document.addEventListener("visibilitychange", age);
  setInterval(age, 5000);
  gex.listen(heard);
  age();
  follow();
})();
