// Small comforts; every page works without them.
(() => {
  "use strict";

  const offerCopies = () => {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("button[data-copy]")) {
      button.hidden = false;
      const label = button.textContent;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = label; }, 1500);
      });
    }
  };

  // While a capture runs: takes over what changed, and leaves alone a page that is not looked at or is being used.
  const keepFresh = (seconds) => {
    let shown = document.querySelector("main").innerHTML;
    const timer = setInterval(async () => {
      const busy = document.hidden || document.activeElement.closest("main") || String(getSelection());
      if (busy) return;
      try {
        const answer = await fetch(location.href, { headers: { accept: "text/html" } });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("main");
        if (fresh && fresh.innerHTML !== shown) {
          const main = document.querySelector("main");
          main.replaceChildren(...fresh.childNodes);
          shown = main.innerHTML;
        }
        if (!page.body.dataset.refresh) clearInterval(timer);
      } catch {
        // the server is gone for now; the next round asks again
      }
    }, seconds * 1000);
  };

  // a narrow screen would show a picture from its beginning, and not the moment that the page is about
  const showFocus = () => {
    const focus = document.querySelector(".tl-focus");
    const scroll = focus && focus.closest(".cw-scroll");
    if (!scroll || scroll.scrollWidth <= scroll.clientWidth) return;
    const shown = scroll.getBoundingClientRect();
    const moment = focus.getBoundingClientRect();
    scroll.scrollLeft += moment.left + moment.width / 2 - shown.left - shown.width / 2;
  };

  // a list that follows what is typed into its search; without this, Enter does the same
  const searchAsTyped = () => {
    for (const field of document.querySelectorAll("input[data-search]")) {
      let waiting, latest = 0;
      const search = async () => {
        const address = new URL(field.form.action);
        address.search = new URLSearchParams(new FormData(field.form));
        const own = ++latest;
        try {
          const answer = await fetch(address, { headers: { accept: "text/html" } });
          if (!answer.ok || own !== latest) return;
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const fresh = page.getElementById(field.dataset.search);
          if (!fresh) return;
          document.getElementById(field.dataset.search).replaceWith(fresh);
          history.replaceState(null, "", address);
        } catch {
          // the server is gone for now; Enter says so
        }
      };
      field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 250); });
    }
  };

  offerCopies();
  searchAsTyped();
  showFocus();
  const seconds = Number(document.body.dataset.refresh);
  if (seconds) keepFresh(seconds);
})();
