// What waits for the browser to have painted.

/** How long a browser is waited for that does not say when it painted. */
const SILENT_MS = 2000;

/** Waits until the page was painted for the first time: what comes before would be in its way. */
export function painted(): Promise<void> {
  return new Promise((done) => {
    if (!PerformanceObserver.supportedEntryTypes.includes("paint")) return done();
    const observer = new PerformanceObserver(() => {
      observer.disconnect();
      done();
    });
    observer.observe({ type: "paint", buffered: true });
    setTimeout(done, SILENT_MS);
  });
}
