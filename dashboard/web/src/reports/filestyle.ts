/** The style of a report's file; its policy names this style by its digest, so that no other one is taken. */

import { DARK, LIGHT } from "../colours";

const coloured = (palette: string[]) => palette.map((colour, place) => `path.c${place}{stroke:${colour}}circle.c${place},rect.c${place},path.band.c${place}{fill:${colour}}`).join("");

export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--back:#f6f7f8;--ink:#16202a;--soft:#5b6773;--rule:#e3e7ea;--accent:#0f766e}
body{margin:0 auto;max-width:880px;padding:24px 20px 60px;background:var(--paper);color:var(--ink);font:15px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Hiragino Sans","Noto Sans CJK JP",sans-serif}
h1{font-size:26px;line-height:1.3;margin:0 0 4px}h2{font-size:20px;margin:32px 0 8px}h3{font-size:16px;margin:24px 0 6px}a{color:var(--accent)}
.hint{color:var(--soft);font-size:12.5px}img{max-width:100%}
pre{background:var(--back);border:1px solid var(--rule);border-radius:8px;padding:10px 12px;overflow-x:auto;font-size:13px;line-height:1.5}code{font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:.92em}
blockquote{margin:12px 0;padding:2px 14px;border-left:3px solid var(--rule);color:var(--soft)}
table{border-collapse:collapse;font-size:13px}th,td{text-align:left;padding:5px 14px 5px 0;border-bottom:1px solid var(--rule)}th{color:var(--soft)}.right{text-align:right;font-variant-numeric:tabular-nums}.center{text-align:center}.scroll{overflow-x:auto}
figure{margin:16px 0}figcaption{font-weight:600;font-size:13px}.drawn{border:1px solid var(--rule);border-radius:10px;padding:10px 12px}
.card{border:1px solid var(--rule);border-radius:10px;padding:10px 12px;margin:12px 0;overflow-x:auto}
svg{display:block;max-width:100%;height:auto;font-size:11px}svg text{fill:var(--soft)}path{fill:none}path.grid{stroke:var(--rule)}.line{stroke-width:1.6;stroke-linejoin:round}.line.old{opacity:.4}
.axis line{stroke:var(--soft)}.axis .name{fill:var(--ink);font-weight:600}.trial{opacity:.6;stroke-width:1.4}
.keys{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:6px 0 0;padding:0;font-size:12.5px;color:var(--soft)}.keys li{display:inline-flex;align-items:center;gap:6px}.key{width:9px;height:9px}
.bars{list-style:none;padding:0;margin:0}.bars li{display:grid;grid-template-columns:minmax(90px,1fr) 2fr 72px 60px;gap:10px;align-items:center;padding:2px 0;font-size:13px}.bars svg{width:100%;height:10px}meter{width:100%}
.pill{font-size:11.5px;border:1px solid var(--rule);border-radius:99px;padding:1px 8px;color:var(--soft)}
.maths.display{display:block;overflow-x:auto;padding:6px 0}math{font-size:1.08em}li.task{list-style:none}
${coloured(LIGHT)}
@media(prefers-color-scheme:dark){:root{--paper:#141a20;--back:#0c1115;--ink:#e4eaef;--soft:#93a1ad;--rule:#28323b;--accent:#5eead4}${coloured(DARK)}}
path.band{stroke:none!important;fill-opacity:.14}
@media print{figure,.card{break-inside:avoid}}
`;

/** SHA-256 of STYLE in base64; a test holds it to it. */
export const STYLE_HASH = "sha256-p6/Wm7qbSRH2Jdwywdot1sapPNDRTmZb9zPAkFjn4MY=";
