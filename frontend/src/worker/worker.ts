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
const SHELL: readonly string[] = ["/icon.svg", "/manifest.webmanifest"];
/** Whoever has the page already does not wait longer for a server that hangs. */
const PATIENCE_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    fetchPage()
      .then(keep)
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || request.method !== "GET") return;
  if (request.mode === "navigate" && url.pathname === PAGE) event.respondWith(page(event));
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

/** The page as the server has it; the copy, where there is no server. */
async function page(event: FetchEvent): Promise<Response> {
  const kept = await caches.match(PAGE);
  try {
    const response = await fetchPage(kept === undefined ? undefined : PATIENCE_MS);
    // A proxy without a server behind it.
    if (kept !== undefined && response.status >= 500) return kept;
    event.waitUntil(keep(response.clone()));
    return response;
  } catch {
    return kept ?? Response.error();
  }
}

function fetchPage(patienceMs?: number): Promise<Response> {
  return fetch(PAGE, {
    cache: "no-cache",
    // Whoever may not come in is told so in words.
    headers: { Accept: "text/html" },
    ...(patienceMs !== undefined && { signal: AbortSignal.timeout(patienceMs) }),
  });
}

/** Keep a page and what it needs, in place of what was kept before. */
async function keep(response: Response): Promise<void> {
  // Without an invite there is another page; the app that was kept stays.
  if (!response.ok) return;
  const needed = [...SHELL, ...assets(await response.clone().text())];
  const cache = await caches.open(CACHE);
  await Promise.all(
    needed.map(async (path) => {
      const known = path.startsWith(ASSETS) && (await cache.match(path)) !== undefined;
      if (!known) await cache.add(path);
    }),
  );
  // Last, so that there is never a page without what it needs.
  await cache.put(PAGE, response);
  const wanted = new Set([PAGE, ...needed]);
  for (const { url } of await cache.keys()) {
    const { pathname } = new URL(url);
    // Fonts are named by a style, not by the page, and are kept when they are drawn.
    if (!wanted.has(pathname) && !pathname.endsWith(".woff2")) await cache.delete(url);
  }
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
