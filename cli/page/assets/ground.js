/* The ground that was chosen, before the first paint: a dark room is not lit up between two pages. */
(function () {
  "use strict";
  try {
    const kept = localStorage.getItem("gex-ground");
    if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
  } catch { /* a browser may keep nothing */ }
})();
