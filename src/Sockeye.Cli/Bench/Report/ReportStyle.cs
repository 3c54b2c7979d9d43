namespace Sockeye.Cli;

/// <summary>The start of the page, with its style sheet for light and dark screens.</summary>
internal static class ReportStyle
{
    public const string Head = """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <style>
        :root { --text: #1b1f24; --soft: #59636e; --back: #ffffff; --card: #f4f6f8; --line: #d5dae0;
          --l1: #0a66c2; --l2: #b45309; --l3: #b91c3c; }
        @media (prefers-color-scheme: dark) { :root { --text: #e6e9ed; --soft: #9aa4af; --back: #14171b; --card: #1e2329;
          --line: #363d46; --l1: #6cb6ff; --l2: #f0a44b; --l3: #ff7b90; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1080px; padding: 16px; background: var(--back); color: var(--text);
          font: 15px/1.5 system-ui, sans-serif; }
        h1 { font-size: 22px; overflow-wrap: anywhere; margin: 8px 0; }
        h2 { font-size: 17px; margin: 28px 0 8px; }
        p { margin: 8px 0; color: var(--soft); }
        p.note { color: var(--text); border-left: 4px solid var(--l2); padding: 6px 12px; background: var(--card); }
        dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 8px; margin: 16px 0; }
        dl div { background: var(--card); border-radius: 6px; padding: 8px 12px; }
        dt { color: var(--soft); font-size: 13px; }
        dd { margin: 0; font-size: 22px; font-variant-numeric: tabular-nums; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
        th, td { padding: 4px 10px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
        th { color: var(--soft); font-weight: 500; }
        .numbers th:first-child, .texts td:last-child, .texts th:last-child { text-align: left; }
        figure { margin: 0; background: var(--card); border-radius: 6px; padding: 8px; }
        figcaption { padding: 4px 10px; font-size: 13px; }
        figcaption span { color: var(--text); margin-right: 16px; }
        figcaption span::before { content: ""; display: inline-block; width: 18px; border-top: 3px solid; margin-right: 6px;
          vertical-align: middle; }
        figcaption .l1::before { border-color: var(--l1); }
        figcaption .l2::before { border-color: var(--l2); }
        figcaption .l3::before { border-color: var(--l3); }
        svg { width: 100%; height: auto; display: block; }
        svg text { fill: var(--soft); font-size: 12px; }
        svg .grid { stroke: var(--line); stroke-width: 1; }
        @media (max-width: 600px) { svg text { font-size: 20px; } }
        polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
        polyline.l1 { stroke: var(--l1); }
        polyline.l2 { stroke: var(--l2); }
        polyline.l3 { stroke: var(--l3); }
        circle.l1 { fill: var(--l1); }
        circle.l2 { fill: var(--l2); }
        circle.l3 { fill: var(--l3); }
        </style>

        """;
}
