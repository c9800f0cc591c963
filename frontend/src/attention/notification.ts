/** One after the other takes the place of the last. */
const TAG = "elvisbot";

/** Whether this browser can show notifications at all. */
export function canNotify(): boolean {
  return "Notification" in globalThis;
}

/** Ask the visitor for permission. Resolves to whether it is there. */
export async function allowNotifications(): Promise<boolean> {
  return canNotify() && (await Notification.requestPermission()) === "granted";
}

/** Show a message outside the app, where that is allowed. */
export async function notify(title: string, text: string): Promise<void> {
  if (!canNotify() || Notification.permission !== "granted") return;
  const options = { body: text, tag: TAG, icon: "/icon.svg" };
  // Android shows none but those of a service worker.
  const worker = await (navigator as Partial<Navigator>).serviceWorker?.getRegistration();
  if (worker === undefined) new Notification(title, options);
  else await worker.showNotification(title, options);
}
