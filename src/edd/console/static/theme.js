// Runs before anything is painted, so that a chosen theme never flashes up as the other one.
document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";
