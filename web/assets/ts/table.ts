// The same figures as a table, for those who do not read charts.

/** Fills `box` with a table and lets the switch show and hide it. */
export function tableSwitch(figure: HTMLElement, rows: () => string[][]): void {
  const button = figure.querySelector<HTMLButtonElement>("[data-table-switch]");
  const box = figure.querySelector<HTMLElement>("[data-table]");
  if (!button || !box) return;
  button.addEventListener("click", () => {
    if (box.childElementCount === 0) box.append(table((figure.dataset.headers ?? "").split("|"), rows()));
    box.hidden = !box.hidden;
    button.setAttribute("aria-expanded", String(!box.hidden));
  });
}

function table(headers: string[], rows: string[][]): HTMLTableElement {
  const element = document.createElement("table");
  const head = element.createTHead().insertRow();
  headers.forEach((text, index) => head.append(cell("th", text, index > 0, "col")));
  const body = element.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((text, index) => line.append(cell(index === 0 ? "th" : "td", text, index > 0, "row")));
  }
  return element;
}

function cell(kind: "th" | "td", text: string, numeric: boolean, scope: string): HTMLElement {
  const element = document.createElement(kind);
  element.textContent = text;
  if (kind === "th") element.setAttribute("scope", scope);
  if (numeric) element.className = "n";
  return element;
}
