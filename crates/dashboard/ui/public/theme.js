// Sets the theme before anything is drawn: the reader's choice, else the system's. Beside the modules, which run later.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const choose = () => {
    let chosen = null;
    try {
      chosen = localStorage.getItem("anyhook.theme");
    } catch {
      // Without storage there is no choice.
    }
    const isChosen = chosen === "light" || chosen === "dark";
    document.documentElement.dataset.theme = isChosen ? chosen : dark.matches ? "dark" : "light";
  };
  choose();
  dark.addEventListener("change", choose);
  // The same page in another tab chose otherwise, or this one did.
  addEventListener("storage", choose);
  addEventListener("anyhook:theme", choose);
})();
