/** Markdown as tokens, mathematics and panels among them; it makes no HTML, so that nothing of a report can become any. */

import { Marked, type Token, type Tokens, type TokenizerExtension } from "marked";
import { LANGUAGE } from "./panels";

export type { Token, Tokens };

const block: TokenizerExtension = {
  name: "maths", level: "block",
  start: (source) => source.match(/^\$\$/m)?.index,
  tokenizer(source) {
    const found = /^\$\$([\s\S]+?)\$\$[ \t]*(?:\n|$)/.exec(source);
    return found ? { type: "maths", raw: found[0], text: (found[1] ?? "").trim(), display: true } : undefined;
  },
};

/** As pandoc has it: no blank behind the first dollar nor before the last, and no digit behind it, so that $5 and $6 are money. */
const inline: TokenizerExtension = {
  name: "maths", level: "inline",
  start: (source) => { const at = source.indexOf("$"); return at < 0 ? undefined : at; },
  tokenizer(source) {
    const found = /^\$(?![\s$])((?:\\.|[^\\$\n])+?)(?<!\s)\$(?!\d)/.exec(source);
    return found ? { type: "maths", raw: found[0], text: found[1] ?? "", display: false } : undefined;
  },
};

// Two of one name: marked keeps a list for each level.
const marked = new Marked({ gfm: true, extensions: [] }, { extensions: [block] }, { extensions: [inline] });

export function tokens(text: string): Token[] {
  return marked.lexer(text);
}

/** The texts of all panels in their order, those in quotes and lists among them. */
export function panelsOf(found: Token[]): string[] {
  const texts: string[] = [];
  marked.walkTokens(found, (token) => {
    if (token.type === "code" && (token as Tokens.Code).lang === LANGUAGE) texts.push((token as Tokens.Code).text);
  });
  return texts;
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** What a text says where Markdown lets an entity stand for a character. */
export function plain(text: string): string {
  return text.replace(/&(?:#(\d{1,6})|#x([0-9a-f]{1,6})|(\w+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const point = decimal ? Number(decimal) : parseInt(hex ?? "", 16);
    return point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? String.fromCodePoint(point) : whole;
  });
}

/** Where a link may lead: to the web, to mail, or to a view of this page; null for anything else, such as a script. */
export function target(href: string): string | null {
  const text = plain(href).trim();
  return /^(https?:\/\/|mailto:|\/(?![/\\])|#)/i.test(text) ? text : null;
}

/** Pictures that runs have logged; nothing is fetched from elsewhere, which would tell somebody who reads. */
export function picture(href: string): string | null {
  return /^\/api\/v1\/runs\/[^?#\\]+\/files\/[^/?#\\]+\/[0-9a-f]{64}$/.test(href) && !href.includes("..") ? href : null;
}
