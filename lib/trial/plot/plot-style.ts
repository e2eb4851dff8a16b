/** Follows the reader's light or dark scheme; every colour stands out from its ground by 4.5 to 1 at least. */
export const plotStyle = `
svg { color-scheme: light dark; font: 13px system-ui, sans-serif;
  --ground: #ffffff; --ink: #1f2328; --faint: #d8dee4; --soft: #57606a;
  --point: #0550ae; --front: #bc4c00; --champion: #116329; }
@media (prefers-color-scheme: dark) { svg {
  --ground: #0d1117; --ink: #e6edf3; --faint: #30363d; --soft: #9198a1;
  --point: #79c0ff; --front: #ffa657; --champion: #56d364; } }
.ground { fill: var(--ground); }
text { fill: var(--ink); }
.soft { fill: var(--soft); }
.heading { font-size: 16px; font-weight: 600; }
.grid { stroke: var(--faint); }
.point { fill: var(--point); fill-opacity: 0.35; stroke: var(--point); }
.best { fill: var(--front); fill-opacity: 0.45; stroke: var(--front); }
.front { fill: none; stroke: var(--front); stroke-width: 2; }
.champion { fill: none; stroke: var(--champion); stroke-width: 3; }
.champion-name { fill: var(--champion); font-weight: 600; }
`.trim();
