import { useEffect } from "react";
import { initials } from "../header/initials";
import type { BotCard } from "../responder/responder";

const SIZE_PX = 180;

/**
 * Gives an iPhone's home screen the bot's name and its initials. Its icons must be bitmaps, so this
 * one is drawn here, where there are fonts for every script.
 */
export function useHomeScreen(bot: BotCard): void {
  useEffect(() => {
    const added = [
      element("meta", { name: "apple-mobile-web-app-title", content: bot.name }),
      element("link", { rel: "apple-touch-icon", href: icon(initials(bot)) }),
    ];
    document.head.append(...added);
    return () => {
      for (const each of added) each.remove();
    };
  }, [bot]);
}

function icon(letters: string): string {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE_PX;
  const paint = canvas.getContext("2d");
  if (paint === null) return "/icon.svg";
  const sky = paint.createLinearGradient(0, 0, 0, SIZE_PX);
  sky.addColorStop(0, "#a5abb9");
  sky.addColorStop(1, "#858994");
  paint.fillStyle = sky;
  paint.fillRect(0, 0, SIZE_PX, SIZE_PX);
  paint.fillStyle = "#fff";
  paint.font = `${SIZE_PX * 0.42}px ${getComputedStyle(document.body).fontFamily}`;
  paint.textAlign = "center";
  paint.textBaseline = "middle";
  paint.fillText(letters, SIZE_PX / 2, SIZE_PX * 0.52);
  return canvas.toDataURL("image/png");
}

function element(tag: "link" | "meta", attributes: Readonly<Record<string, string>>): Element {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
