/** The page's words in Japanese that tell of sweeps, links and what an address says; `ja` has them all. */

export const views: Record<string, string> = {
  "No sweep has a trial yet.": "試行のあるスイープはまだありません。",
  "; {count} still run": "、実行中 {count}",
  "the newest value": "最新の値",
  "{name}, still running": "{name}、実行中",
  "{value}, the newest": "{value}（最新）",
  "It counts trials that are over and did not fail, each by the best value that it logged. Rings are trials that still run, by their newest value.":
    "終了し失敗しなかった試行を、記録した最良の値で数えます。輪は実行中の試行で、最新の値です。",
};
