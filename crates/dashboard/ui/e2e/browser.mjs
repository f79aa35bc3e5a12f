// Debian's Chromium, without a window.
import { chromium } from "playwright-core";

/** CHROMIUM names the program, if it is not where Debian has it. */
export const startBrowser = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // The sandbox needs rights that containers do not give.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
