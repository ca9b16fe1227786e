/* The bar of the site: one menu open at a time, closed by Escape or by a click elsewhere. */
(function () {
  "use strict";

  const open = () => [...document.querySelectorAll("details.menu[open]")];

  function show(menu) {
    const current = menu.querySelector("[aria-current]");
    if (current) current.parentElement.parentElement.scrollTop = current.offsetTop - 60;
  }

  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("DOMContentLoaded", () => {
    for (const menu of document.querySelectorAll("details.menu")) {
      menu.addEventListener("toggle", () => { if (menu.open) show(menu); });
    }
  });
})();
