/* New content in the place of old under the reader's hands: place, focus, what is open and scrolled stay. What a panel
   keeps (zoom, toggles) is in gex.state. Nothing is painted in between, so nothing flashes. */
(function () {
  "use strict";

  /* Where an element stands, as it can be found again: the nearest id, the tag, and which of them. */
  function placeOf(node, root) {
    const home = node.closest("[id]") || root;
    if (home === node) return { id: node.id };
    return { id: home.id, tag: node.tagName, place: [...home.getElementsByTagName(node.tagName)].indexOf(node) };
  }

  function at({ id, tag, place }) {
    const home = document.getElementById(id);
    return home && (tag ? home.getElementsByTagName(tag)[place] : home);
  }

  /* The section at the top of what is seen; whoever reads at the very top stays there. */
  function anchor(root) {
    if (scrollY === 0) return null;
    const seen = [...root.querySelectorAll("section[id]")].find((each) => each.getBoundingClientRect().bottom > 120);
    return seen && { id: seen.id, top: seen.getBoundingClientRect().top };
  }

  function kept(root) {
    const focus = document.activeElement;
    const all = (selector) => [...root.querySelectorAll(selector)];
    return {
      anchor: anchor(root),
      focus: root !== focus && root.contains(focus) ? placeOf(focus, root) : null,
      open: all("details").map((each) => [placeOf(each, root), each.open]),
      scrolled: all(".scroll").filter((each) => each.scrollLeft).map((each) => [placeOf(each, root), each.scrollLeft]),
    };
  }

  function restore({ anchor, focus, open, scrolled }) {
    for (const [place, value] of open) { const found = at(place); if (found) found.open = value; }
    for (const [place, value] of scrolled) { const found = at(place); if (found) found.scrollLeft = value; }
    const found = focus && at(focus);
    if (found) found.focus({ preventScroll: true });
    const first = anchor && document.getElementById(anchor.id);
    if (first) scrollBy({ top: first.getBoundingClientRect().top - anchor.top, behavior: "instant" });
  }

  gex.parse = (text) => new DOMParser().parseFromString(text, "text/html");

  gex.swap = function (root, nodes) {
    const state = kept(root);
    root.replaceChildren(...nodes);
    gex.enhance(root);
    restore(state);
  };
})();
