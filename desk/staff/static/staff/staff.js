// What the console does in the browser besides htmx. Pages work without it.

// Pages ask for news only while somebody can see them.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.hasAttribute("data-poll")) {
    event.preventDefault();
  }
});

// Counts that are not up to date must not look as if they were.
const offline = document.getElementById("offline");
if (offline !== null) {
  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failure, () => {
      offline.hidden = false;
    });
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) {
      offline.hidden = true;
    }
  });
}
