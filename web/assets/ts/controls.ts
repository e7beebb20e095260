// The form of the price page.

/** Who types a window of their own wants it used. */
export function ownWindows(): void {
  const choice = document.querySelector<HTMLSelectElement>("[data-ema]");
  for (const field of document.querySelectorAll("[data-own]")) {
    field.addEventListener("input", () => {
      if (choice) choice.value = "own";
    });
  }
}
