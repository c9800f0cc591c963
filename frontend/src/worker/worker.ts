/**
 * The service worker: what the app needs to open without a network, and nothing that was said.
 *
 * The page is fetched anew each time that the server can be reached; its assets carry a hash of
 * their contents in their names, so a copy of one is as good as new. Everything else, the API and
 * the invites, is none of its business.
 */

/// <reference lib="webworker" />

declare const self: ServiceWorkerGlobalScope;

const CACHE = "shell";
const PAGE = "/";
const ASSETS = "/assets/";

self.addEventListener("install", (event) => {
  event.waitUntil(fetchPage().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || request.method !== "GET") return;
  if (request.mode === "navigate" && url.pathname === PAGE) event.respondWith(page());
  else if (url.pathname.startsWith(ASSETS) || SHELL.includes(url.pathname)) {
    event.respondWith(asset(request));
  }
});

/** Opens the app, or brings it to the front. */
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(
    self.clients
      .matchAll({ type: "window" })
      .then(([open]) => (open === undefined ? self.clients.openWindow(PAGE) : open.focus())),
  );
});

const SHELL: readonly string[] = ["/icon.svg", "/manifest.webmanifest"];

/** The page as the server has it; the copy, where there is no server. */
async function page(): Promise<Response> {
  try {
    return await fetchPage();
  } catch {
    return (await caches.match(PAGE)) ?? Response.error();
  }
}

/** Fetch the page, and keep it and what it needs in place of what was kept before. */
async function fetchPage(): Promise<Response> {
  const response = await fetch(PAGE, { cache: "no-cache" });
  // Without an invite there is another page; the app that was kept stays.
  if (!response.ok) return response;
  const wanted = new Set([PAGE, ...SHELL, ...assets(await response.clone().text())]);
  const cache = await caches.open(CACHE);
  await cache.put(PAGE, response.clone());
  await Promise.all(
    [...wanted].map(async (path) => {
      const known = path.startsWith(ASSETS) && (await cache.match(path)) !== undefined;
      if (path !== PAGE && !known) await cache.add(path);
    }),
  );
  return response;
}

/** The scripts and styles that a page names. */
function assets(html: string): string[] {
  return Array.from(html.matchAll(/"(\/assets\/[^"]+)"/gu), ([, path]) => path ?? "");
}

async function asset(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreVary: true });
  if (kept !== undefined && pathname.startsWith(ASSETS)) return kept;
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    if (kept !== undefined) return kept;
    throw error;
  }
}
