// Instants in the reader's zone, in the room that UTC left for them, so that nothing on the page moves.

/** The form that the server writes, for readers whose own takes more room than there is. */
const PLAIN: Record<string, string> = { en: "en-GB", es: "es-ES" };

type Writer = (at: Date) => string;

/** Writes a day and a time apart: together some languages put words between. */
function writer(lang: string, form: string, zone: boolean): Writer {
  const month = form === "" ? "long" : "short";
  const day = new Intl.DateTimeFormat(lang, { day: "numeric", month, year: form === "short" ? undefined : "numeric" });
  const time = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", timeZoneName: zone ? "short" : undefined });
  return (at) => `${day.format(at)}, ${time.format(at)}`;
}

/** The ways to write an instant, the best first: in the reader's own variety of the page's language, with the zone's name. */
function writers(form: string): Writer[] {
  const page = document.documentElement.lang;
  const plain = PLAIN[page] ?? page;
  const own = navigator.language.startsWith(page) ? navigator.language : plain;
  return [writer(own, form, true), writer(plain, form, true), writer(own, form, false), writer(plain, form, false)];
}

/** How wide texts are in the type of an element, without laying the page out. */
function ruler(): (element: HTMLElement, text: string) => number {
  const context = document.createElement("canvas").getContext("2d");
  return (element, text) => {
    if (!context) return Number.POSITIVE_INFINITY;
    context.font = getComputedStyle(element).font;
    return context.measureText(text).width;
  };
}

/** Shows instants in the reader's zone; UTC stays in the title. */
export function localTimes(): void {
  const marked = [...document.querySelectorAll<HTMLTimeElement>("time[data-local]:not([title])")].filter((element) => {
    const at = new Date(element.dateTime);
    // In UTC it stands there already.
    return !Number.isNaN(at.getTime()) && at.getTimezoneOffset() !== 0;
  });
  if (marked.length === 0) return;
  const known = new Map<string, Writer[]>();
  const width = ruler();
  // All are read before the first is written.
  const rooms = marked.map((element) => element.getBoundingClientRect().width);
  const texts = marked.map((element, index) => {
    const at = new Date(element.dateTime);
    const room = rooms[index] ?? 0;
    // What is hidden has no room; it is written once it is shown and fresh.
    if (room === 0) return undefined;
    const form = element.dataset.local ?? "";
    const forms = known.get(form) ?? writers(form);
    known.set(form, forms);
    return forms.map((write) => write(at)).find((text) => width(element, text) <= room);
  });
  marked.forEach((element, index) => {
    const text = texts[index];
    if (text === undefined) return;
    element.title = element.textContent ?? "";
    element.style.width = `${rooms[index]}px`;
    element.style.paddingInlineEnd = "0";
    element.textContent = text;
  });
}
