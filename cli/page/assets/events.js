/* The stream of new snapshots, one for all tabs: a browser opens six connections to a server and no more, and a trader
   has more tabs than that. The tab that holds the lock listens and tells the others. */
(function () {
  "use strict";

  const RETRY_MS = 5000;
  const NAME = "gex-events";

  /* Open the stream, and again where the server refused it; `tell` hears {kind: "open" | "down" | "snapshot"}. */
  function stream(tell) {
    const source = new EventSource("/events");
    source.addEventListener("open", () => tell({ kind: "open" }));
    source.addEventListener("error", () => {
      tell({ kind: "down" });
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again
      setTimeout(() => stream(tell), RETRY_MS);
    });
    source.addEventListener("snapshot", (event) => tell({ kind: "snapshot", ...JSON.parse(event.data) }));
    addEventListener("pagehide", () => source.close(), { once: true });
  }

  /* Hear what arrives in any tab's stream. */
  gex.listen = function (heard) {
    if (!navigator.locks || !window.BroadcastChannel) {
      stream(heard);
      return;
    }
    const channel = new BroadcastChannel(NAME);
    let last = null; // of the connection, in the tab that listens
    channel.addEventListener("message", ({ data }) => {
      if (data.kind !== "who") heard(data);
      else if (last) channel.postMessage(last);
    });
    channel.postMessage({ kind: "who" });
    navigator.locks.request(NAME, () => new Promise(() => {
      stream((message) => {
        if (message.kind !== "snapshot") last = message;
        heard(message);
        channel.postMessage(message);
      });
    }));
  };
})();
