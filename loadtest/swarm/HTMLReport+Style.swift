// The look of the report: quiet, wide enough for two plots beside each other, light or dark as the
// reader's system is.

extension HTMLReport {
    static let style = """
        :root{color-scheme:light dark;--bg:#f7f6f3;--card:#fff;--ink:#22252a;--soft:#6b7078;--line:#e3e1dc;\
        --good:#2c7a4b;--bad:#b3362b;--c0:#2563a8;--c1:#c2571a;--c2:#2f8f6b}
        @media(prefers-color-scheme:dark){:root{--bg:#15171a;--card:#1d2024;--ink:#e8e6e1;--soft:#9aa0a8;\
        --line:#30343a;--good:#6cc48d;--bad:#ef8478;--c0:#6aa9ee;--c1:#f09a5e;--c2:#62cfa4}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{max-width:1120px;margin:0 auto;padding:48px 24px 64px}
        h1{font-size:40px;line-height:1.15;margin:4px 0 8px;letter-spacing:-.02em}
        h1::first-letter{text-transform:uppercase}
        h2{font-size:20px;margin:44px 0 14px}
        .kicker{margin:0;color:var(--soft);font-size:13px;letter-spacing:.08em;text-transform:uppercase}
        .about{font-size:19px;margin:0 0 6px;max-width:46em}
        .what,footer{color:var(--soft);font-size:14px;margin:0}
        .verdicts{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:6px 24px;\
        margin:28px 0}
        .verdicts p{margin:0;padding-left:1.5em;text-indent:-1.5em}\
        .verdicts b{display:inline-block;width:1.5em;text-indent:0}
        .good b{color:var(--good)}.bad{color:var(--bad);font-weight:600}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:12px}
        .tiles div,figure{background:var(--card);border:1px solid var(--line);border-radius:12px}
        .tiles div{padding:14px 16px}
        .tiles span{display:block;color:var(--soft);font-size:13px}
        .tiles strong{display:block;white-space:nowrap;font-size:22px;line-height:1.3;font-variant-numeric:tabular-nums}
        .tiles em{font-style:normal;font-size:12.5px;color:var(--soft)}
        .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:16px}
        figure{margin:0;padding:14px 16px 10px}
        figure header{display:flex;justify-content:space-between;align-items:baseline;gap:12px}
        h3{font-size:15px;margin:0 0 6px}h3 small{color:var(--soft);font-weight:400}
        .keys{display:flex;gap:12px;font-size:12.5px;color:var(--soft);white-space:nowrap}
        .key::before{content:"";display:inline-block;width:14px;height:3px;border-radius:2px;\
        margin-right:6px;vertical-align:middle;background:currentColor}
        .key.c0::before{background:var(--c0)}.key.c1::before{background:var(--c1)}\
        .key.c2::before{background:var(--c2)}
        svg{display:block;width:100%;height:auto}
        svg text{fill:var(--soft);font:11px system-ui,sans-serif;font-variant-numeric:tabular-nums}
        .end{text-anchor:end}.middle{text-anchor:middle}
        .grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1;opacity:.6}
        line.limit{stroke:var(--bad);stroke-dasharray:5 4;opacity:.7}text.limit{fill:var(--bad)}
        .curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
        .curve.c0{stroke:var(--c0)}.curve.c1{stroke:var(--c1)}.curve.c2{stroke:var(--c2)}
        figcaption,.empty{color:var(--soft);font-size:13px}
        table{width:100%;border-collapse:collapse;font-size:14px}
        th{text-align:left;font-weight:400;color:var(--soft);padding:4px 12px 4px 0}
        td{text-align:right;font-variant-numeric:tabular-nums;padding:4px 0}
        tr{border-bottom:1px solid var(--line)}
        footer{margin-top:44px}
        """
}
