// Keeps the page of forms that were taken along where there is no network. It keeps nothing about anybody: the forms are in the
// store of that page, encrypted.
"use strict";
const KEPT = "healthbrain-offline";
const kept = (address) => caches.open(KEPT).then((cache) => cache.match(address, { ignoreSearch: true, ignoreVary: true }));

// What has not answered after this is no network [ours].
const MILLISECONDS = 5000;
const soon = (request) => Promise.race([
  fetch(request), new Promise((_, failed) => setTimeout(() => failed(new Error("slow")), MILLISECONDS)),
]);

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const { pathname, origin } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (pathname.startsWith("/assets/")) {
    event.respondWith(kept(request.url).then((found) => found ?? fetch(request)));
  } else if (request.mode === "navigate" && pathname === "/offline") {
    event.respondWith(soon(request).catch(async () => (await kept("/offline")) ?? Response.error()));
  } else if (request.mode === "navigate") {
    // Any other page needs the network: without it, what was taken along is what there is.
    event.respondWith(fetch(request).catch(() => Response.redirect("/offline")));
  }
});
