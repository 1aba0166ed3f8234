/** The page's words in Japanese that tell of sweeps, links and what an address says; `ja` has them all. */

export const views: Record<string, string> = {
  "No sweep has a trial yet.": "試行のあるスイープはまだありません。",
  "; {count} still run": "、実行中 {count}",
  "There is no view at {path}.": "{path} にはビューがありません。",
  "Move to section": "セクションへ移動",
  "Move": "移動",
  "Back to {section}": "{section} に戻す",
  "This is more than the server may read for one question, in time or memory. Ask for less: fewer runs, or a shorter stretch.":
    "一度の問い合わせで読める時間またはメモリの上限を超えました。ランを減らすか、範囲を短くしてください。",
  "Whoever has the link sees this report and those runs of its project that its panels show or its text leads to, whole, without signing on, and changes nothing.":
    "リンクを持つ人は、サインオンせずにこのレポートと、そのパネルが示すか本文がリンクする同じプロジェクトのランの全体を見られます。変更はできません。",
  "the newest value": "最新の値",
  "{name}, still running": "{name}、実行中",
  "{value}, the newest": "{value}（最新）",
  "It counts trials that are over and did not fail, each by the best value that it logged. Rings are trials that still run, by their newest value.":
    "終了し失敗しなかった試行を、記録した最良の値で数えます。輪は実行中の試行で、最新の値です。",
};
