// What every page does in the browser: times in the reader's zone, and looks that change without a reload.

import { newer } from "./newer";

/** Shows instants in the reader's zone; UTC stays in the title. */
function localTimes(): void {
  // The page's language, in the reader's own variety of it.
  const page = document.documentElement.lang;
  const lang = navigator.language.startsWith(page) ? navigator.language : page;
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-local]")) {
    const at = new Date(element.dateTime);
    // In UTC it stands there already: a text that only changes its form would move the page.
    if (Number.isNaN(at.getTime()) || at.getTimezoneOffset() === 0) continue;
    element.title = element.textContent ?? "";
    const short = element.dataset.local === "short";
    element.textContent = new Intl.DateTimeFormat(lang, {
      day: "numeric",
      month: short ? "short" : "long",
      year: short ? undefined : "numeric",
      hour: "2-digit",
      minute: "2-digit",
      timeZoneName: short ? undefined : "short",
    }).format(at);
  }
}

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
looks();
keys();
newer();
