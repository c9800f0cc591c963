/** Keep what the app needs to open without a network. */
export function keepOffline(): void {
  // Over plain http:// from another computer there are no service workers.
  const workers = (navigator as Partial<Navigator>).serviceWorker;
  workers?.register("/sw.js").catch((error: unknown) => {
    console.warn("The app cannot be opened without a network.", error);
  });
}
