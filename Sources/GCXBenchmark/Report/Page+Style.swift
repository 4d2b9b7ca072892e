extension Page {
    /// One palette by day, one by night, and paper.
    static let style = """
        :root{color-scheme:light dark;--bg:#fbfbf9;--card:#fff;--ink:#1b1f24;--sub:#5c6670;--line:#dfe3e6;--a:#0b7a75;--w:#a85400}
        @media(prefers-color-scheme:dark){:root{--bg:#14171a;--card:#1c2024;--ink:#e8eaed;--sub:#9aa4ae;--line:#343a40;\
        --a:#4cc9c0;--w:#f0a350}}
        *{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
        main{max-width:1080px;margin:0 auto;padding:24px 16px}h1{margin:0;font-size:24px}h2{margin:0 0 8px;font-size:17px}
        section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px;margin:16px 0;overflow-x:auto}
        .sub{color:var(--sub);margin:0 0 8px}dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:8px 0}
        dt{color:var(--sub)}dd{margin:0}table{width:100%;border-collapse:collapse}th{text-align:left;font-weight:600}
        td,th{padding:4px 8px;border-top:1px solid var(--line)}thead th{border:0;color:var(--sub);font-size:13px}
        .n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.group th{color:var(--a);text-transform:capitalize}
        code{color:var(--sub);font-size:12px}.bar{width:140px;height:10px;border-radius:5px;background:var(--line);overflow:hidden}
        .bar i{display:block;height:100%;background:var(--a)}.unsteady .bar i{background:var(--w)}
        .mark{color:var(--w);border:1px solid;border-radius:4px;padding:0 4px;font-size:12px}
        .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:12px}figure{margin:0}
        figcaption{font-size:13px;color:var(--sub)}svg{display:block;width:100%;height:auto}
        svg text{fill:var(--sub);font:12px system-ui,sans-serif}.axis{stroke:var(--line);fill:none}.roof{stroke:var(--a);stroke-width:2.5;fill:none}
        .limit{stroke:var(--sub);stroke-dasharray:5 4;fill:none}.dot{fill:var(--a)}.lost{fill:none;stroke:var(--w)}
        pre{margin:0;font:12px/1.35 ui-monospace,monospace;overflow-x:auto}li{margin:4px 0}
        .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:16px}.pair section{margin:16px 0 0}.pair svg text{font-size:16px}
        .boxes,.cores{display:flex;flex-wrap:wrap;gap:8px}.box{border:1px solid var(--line);border-radius:6px;padding:8px;flex:1}
        .box p{margin:0 0 6px;font-size:13px;color:var(--sub)}.box .box{margin-top:6px}
        .core{border:1px solid var(--line);border-radius:6px;padding:6px 10px;font-size:12px;min-width:92px;flex:0 1 auto}
        .core span{display:block;color:var(--sub)}.core.used{border-color:var(--a)}.core.used b{color:var(--a)}.core.off{border-style:dashed}
        @media print{:root{--bg:#fff;--card:#fff;--ink:#000;--sub:#444;--line:#bbb;--a:#064;--w:#740}\
        section{break-inside:avoid;border:0;padding:0}pre{white-space:pre-wrap}*{print-color-adjust:exact}}
        """
}
