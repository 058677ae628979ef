// Runs before anything is painted, so that a chosen theme never flashes up as the other one.
document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";

// A browser drops what it loads when its network changes, and a page without a module is empty.
globalThis.loadAgain = () => {
  const tries = Number(sessionStorage.getItem("tries"));
  sessionStorage.setItem("tries", tries + 1);
  if (tries < 3) setTimeout(() => location.reload(), 400);
};
addEventListener("error", ({ target }) => target.tagName === "SCRIPT" && loadAgain(), true);
