/**
 * The style, the script and the icon of the pages. Each has a digest of its content in its name, so
 * that browsers cache it forever.
 */
import { NamedFiles } from "../http/static_files.ts";
import icon from "./icon.svg" with { type: "text" };
import script from "./script.js" with { type: "text" };
import style from "./style.css" with { type: "text" };

export const assets = new NamedFiles();

export const assetNames = {
  style: assets.add("style", "css", "text/css", style),
  script: assets.add("script", "js", "text/javascript", script),
  icon: assets.add("icon", "svg", "image/svg+xml", icon),
} as const;
