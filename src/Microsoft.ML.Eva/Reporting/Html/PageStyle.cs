namespace Microsoft.ML.Eva.Reporting.Html;

/// <summary>How the report's page looks: light or dark as the reader's system is, one column on a telephone.</summary>
internal static class PageStyle
{
    /// <summary>The style sheet.</summary>
    public const string Sheet = """
        :root{--paper:#fff;--card:#f6f7f9;--ink:#1b1f24;--soft:#59636e;--line:#d5dae0;--a:#1f6feb;--b:#c2570c;--c:#0b7a55;--right:31,111,235;--wrong:207,54,36}
        @media(prefers-color-scheme:dark){:root{--paper:#0e1116;--card:#171b22;--ink:#e8ecf1;--soft:#9aa5b1;--line:#303843;--a:#6ea8fe;--b:#f2995c;--c:#4fc78f;--right:56,122,230;--wrong:214,72,56}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        main{max-width:1080px;margin:0 auto;padding:20px 16px 48px}
        h1{font-size:1.5rem;margin:.2em 0 0;overflow-wrap:anywhere}
        h2{font-size:1.15rem;margin:2em 0 .6em;padding-bottom:.25em;border-bottom:1px solid var(--line)}
        .method,.note{color:var(--soft);margin:.2em 0 .6em}
        .note{font-size:.87rem}
        .warning{border-left:4px solid var(--b);background:var(--card);padding:.5em .8em;margin:.6em 0}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:10px;margin:16px 0}
        .figures div{background:var(--card);border-radius:8px;padding:10px 14px}
        .figures b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}
        .figures span{color:var(--soft);font-size:.85rem}
        .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:16px}
        figure{margin:0;background:var(--card);border-radius:8px;padding:10px 12px;min-width:0}
        figcaption{font-weight:600;font-size:.92rem;overflow-wrap:anywhere}
        figure .note{margin:.2em 0 0}
        svg{display:block;width:100%;height:auto;margin-top:6px}
        svg text{fill:var(--soft);font-size:12px}
        svg .end{text-anchor:end}
        svg .middle{text-anchor:middle}
        .grid{stroke:var(--line)}
        .mark{stroke:var(--soft);stroke-dasharray:5 4}
        .curve{fill:none;stroke:var(--a);stroke-width:2;stroke-linejoin:round}
        .curve.b{stroke:var(--b)}.curve.c{stroke:var(--c)}
        .curve.faint{stroke:var(--soft);stroke-width:1;opacity:.45}
        .curve.thin{stroke-width:1.4}
        .dot{fill:var(--a)}.dot.b{fill:var(--b)}.dot.c{fill:var(--c)}
        .legend{display:block;font-weight:400;font-size:.85rem}
        .key{margin-right:1em}
        .key::before{content:"";display:inline-block;width:.9em;height:.25em;margin-right:.4em;vertical-align:middle;background:var(--a)}
        .key.b::before{background:var(--b)}.key.c::before{background:var(--c)}.key.faint::before{background:var(--soft);opacity:.5}
        .wide{overflow-x:auto}
        table{border-collapse:collapse;font-size:.88rem}
        th,td{padding:4px 8px;text-align:left;vertical-align:top}
        th{font-weight:600}
        thead th{vertical-align:bottom;color:var(--soft)}
        tbody tr{border-top:1px solid var(--line)}
        .figure{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        .text{min-width:220px;max-width:480px;white-space:pre-wrap;overflow-wrap:anywhere}
        .cells th{white-space:nowrap}
        .cells tbody tr{border:0}
        .cells thead th{text-align:center}
        .cells tbody th{position:sticky;left:0;background:var(--paper);max-width:45vw;overflow:hidden;text-overflow:ellipsis}
        .shade{text-align:center;min-width:34px;border:1px solid var(--paper);font-variant-numeric:tabular-nums;background:rgba(var(--right),calc(var(--part)*.92 + .04))}
        .shade.wrong{background:rgba(var(--wrong),calc(var(--part)*.92 + .02))}
        .shade.strong{color:#fff}
        .turned span{display:inline-block;writing-mode:vertical-rl;transform:rotate(180deg);max-height:12em;overflow:hidden;text-overflow:ellipsis}
        .pairs th{color:var(--soft);font-weight:400}
        .pairs td{overflow-wrap:anywhere}
        .phases{width:100%;max-width:560px}
        .phases .bar{width:70%}
        .phases .bar span{display:block;height:1.1em;margin-top:.15em;min-width:2px;border-radius:3px;background:var(--a)}
        """;
}
