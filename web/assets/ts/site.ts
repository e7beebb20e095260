// What every page does in the browser: times in the reader's zone, looks that change without a reload, figures that are drawn.

import { ownWindows } from "./controls";
import { figures } from "./figures";
import { newer } from "./newer";
import { painted } from "./painted";
import { localTimes } from "./times";

/** The footer's form: a change of theme or colours shows at once and is kept in the cookie that the form would set. */
function looks(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-looks]");
  form?.addEventListener("change", (event) => {
    const select = event.target as HTMLSelectElement;
    if (select.name === "lang") {
      form.submit();
      return;
    }
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${select.name}=${select.value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    const root = document.documentElement;
    if (select.name === "theme") root.dataset.theme = select.value === "system" ? "" : select.value;
    if (select.name === "colours") root.dataset.colours = select.value === "classic" ? "classic" : "";
    document.dispatchEvent(new Event("looks"));
  });
}

/** Keys that readers of papers know: "/" goes to the search. */
function keys(): void {
  document.addEventListener("keydown", (event) => {
    const typing = (event.target as HTMLElement).closest("input, select, textarea");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      document.querySelector<HTMLInputElement>("#q")?.focus();
    }
  });
}

localTimes();
// What a page brings later is written in UTC, too.
document.addEventListener("fresh", localTimes);
looks();
keys();
ownWindows();
figures();
newer();
if (document.querySelector(".live-figure[data-live]")) void painted().then(() => import("./live"));
