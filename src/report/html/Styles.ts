/**
 * The look of every page, in light and dark, on paper, and from 320 pixels up. Colours of series are told apart by most
 * people with a weak sense of colour (after Okabe and Ito 2008, https://jfly.uni-koeln.de/color/), and changed until
 * texts in them have a contrast of 4.5 to 1 on the page (WCAG 2.2 AA).
 */

const light =
  "--paper:#fff;--raised:#f5f7f9;--ink:#18202a;--muted:#56616d;--line:#d6dce2;--accent:#0a5c9e;--good:#0b6e4f;--bad:#b3261e;--warn:#8a5300;--warn-paper:#fff4de;--bad-paper:#fdeceb;--s1:#0a5c9e;--s2:#b34a00;--s3:#0b6e4f;--s4:#8a3a8f;--s5:#7a5b00;--s6:#a3163f;--s7:#45617a;--s8:#566a00"

const dark =
  "--paper:#12171d;--raised:#1b222a;--ink:#e6ebf0;--muted:#a3aebb;--line:#323c47;--accent:#7db9f0;--good:#5fcaa4;--bad:#ff9a90;--warn:#f0bd62;--warn-paper:#2f2511;--bad-paper:#341b1a;--s1:#7db9f0;--s2:#f3a06a;--s3:#5fcaa4;--s4:#d9a3e0;--s5:#dcbf58;--s6:#f48ca5;--s7:#a9bfd2;--s8:#bdcc62"

const frame = `
:root{color-scheme:light dark;${light}}
@media screen and (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",Arial,sans-serif;overflow-wrap:break-word}
header,main,footer,nav{max-width:62rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem}
.kind{margin:0;color:var(--muted);font-size:.8125rem;letter-spacing:.06em;text-transform:uppercase}
h1{margin:.15rem 0 .35rem;font-size:clamp(1.6rem,1.2rem + 2vw,2.25rem);line-height:1.2;font-weight:650;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{margin:0 0 .75rem;font-size:1.3rem;line-height:1.3;font-weight:650;letter-spacing:-.01em}
h3{margin:1.75rem 0 .5rem;font-size:1rem;line-height:1.4;font-weight:650}
h4{margin:0;font-size:.9375rem;font-weight:650}
p{margin:.5rem 0;max-width:46rem}
a{color:var(--accent);text-underline-offset:.15em}
code{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;background:var(--raised);padding:.1em .3em;border-radius:.25rem;overflow-wrap:anywhere}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem .75rem;z-index:1}
.facts{display:flex;flex-wrap:wrap;gap:.15rem 1.25rem;margin:0;padding:0;list-style:none;color:var(--muted);font-size:.9375rem}
.facts li{overflow-wrap:anywhere}
.banner{max-width:none;margin:1rem 0 0;padding:.65rem .9rem;border-left:4px solid var(--warn);background:var(--warn-paper);font-size:.9375rem}
.banner.unfinished{border-color:var(--bad);background:var(--bad-paper)}
.banner.note{border-color:var(--accent);background:var(--raised)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:1.25rem 0 0;padding:.6rem 0;list-style:none;border-top:1px solid var(--line);border-bottom:1px solid var(--line);font-size:.9375rem}
nav a{display:inline-block;padding:.15rem 0;text-decoration:none}
nav a:hover{text-decoration:underline}
section{padding:2rem 0 1.5rem;border-bottom:1px solid var(--line)}
main>section:last-child{border-bottom:0}
footer{padding-top:1rem;padding-bottom:3rem;color:var(--muted);font-size:.875rem}
.note{color:var(--muted);font-size:.9375rem}
.hidden-words{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:1px;margin:1.5rem 0 0;border:1px solid var(--line);border-radius:.5rem;background:var(--line);overflow:hidden}
.tiles div{background:var(--paper);padding:.7rem .9rem}
.tiles dt{color:var(--muted);font-size:.8125rem}
.tiles dd{margin:0;font-size:1.3rem;line-height:1.3;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tiles dd small{display:block;color:var(--muted);font-size:.8125rem;font-weight:400}
`

const tables = `
.scroll{overflow-x:auto;margin:.75rem 0;border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
table{border-collapse:separate;border-spacing:0;width:100%;font-size:.9rem;line-height:1.4}
caption{padding:.5rem 0;text-align:left;color:var(--muted);font-size:.875rem}
caption span{display:inline-block;position:sticky;left:0;max-width:min(46rem,calc(100vw - 2.5rem))}
th,td{padding:.45rem .7rem;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--muted);font-size:.8125rem;font-weight:500;vertical-align:bottom}
tbody th{font-weight:500;min-width:8rem;overflow-wrap:anywhere}
.scroll tbody th{position:sticky;left:0;background:var(--paper)}
td{min-width:5rem}
td.number{min-width:0}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:0}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.words{min-width:14rem;overflow-wrap:anywhere}
td small,th small{display:block;min-width:8rem;color:var(--muted);font-size:.8125rem;font-weight:400;white-space:normal}
.brief{white-space:nowrap}
.key{display:inline-block;min-width:1.35em;margin-right:.4em;padding:0 .3em;border:1.5px solid currentColor;border-radius:.3em;font-size:.8125em;line-height:1.45;font-weight:650;text-align:center}
.s1{color:var(--s1)}.s2{color:var(--s2)}.s3{color:var(--s3)}.s4{color:var(--s4)}.s5{color:var(--s5)}.s6{color:var(--s6)}.s7{color:var(--s7)}.s8{color:var(--s8)}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
`

const plots = `
figure{margin:1rem 0}
figcaption{color:var(--muted);font-size:.875rem;max-width:46rem}
figure h3{margin:0 0 .25rem}
figure svg{display:block;width:100%;height:auto}
.narrow{display:none}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:.25rem 0 0;padding:0;list-style:none;font-size:.875rem}
.legend span{color:var(--ink)}
.swatch{display:inline-block;width:.8em;height:.8em;margin-right:.45em;border-radius:.2em;background:currentColor}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:.5rem 2rem}
.pair figure{margin:.75rem 0;min-width:0}
@media screen and (max-width:40rem){header,main,footer,nav{padding-left:1rem;padding-right:1rem}header{padding-top:1.5rem}.wide{display:none}.narrow{display:block}.tiles{grid-template-columns:repeat(2,1fr)}.tiles dd{font-size:1.15rem}}
`

const items = `
.filters{display:grid;grid-template-columns:2fr 1fr 1fr 1fr;gap:.75rem;margin:1rem 0 .5rem}
.filters[hidden]{display:none}
.filters label{display:block;color:var(--muted);font-size:.8125rem}
.filters input,.filters select{display:block;width:100%;margin-top:.15rem;height:2.5rem;padding:0 .55rem;border:1px solid var(--muted);border-radius:.375rem;background:var(--paper);color:var(--ink);font:inherit;font-size:1rem}
.count{margin:.5rem 0;color:var(--muted);font-size:.9375rem}
#items-table{table-layout:fixed}
#items-table .place{width:5rem;min-width:0}
#items-table .aim{width:15%}
#items-table .ends{width:31%}
#items-table td{overflow-wrap:anywhere}
.clip{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden;white-space:normal}
.open{display:block;width:100%;padding:0;border:0;background:none;color:inherit;font:inherit;text-align:left;cursor:pointer}
.open:hover .clip{text-decoration:underline;text-decoration-color:var(--muted);text-underline-offset:.2em}
.place button{font-variant-numeric:tabular-nums}
.turn{display:inline-block;width:1em;margin-right:.15em;text-align:center;color:var(--muted);transition:transform .12s}
[aria-expanded=true] .turn{transform:rotate(90deg)}
.marks{display:flex;flex-wrap:wrap;gap:.25rem .4rem;margin:0;padding:0;list-style:none}
.mark{padding:.05rem .45rem;border:1px solid currentColor;border-radius:1rem;font-size:.8125rem;line-height:1.45;white-space:nowrap}
.mark.more,.mark.missing{color:var(--muted)}
.detail>td{padding:0 0 1.25rem;border-top:0}
.detail>td>div{padding:.25rem 1rem 1rem;border-left:3px solid var(--line)}
.detail dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.5rem 0;font-size:.875rem}
.detail dt{color:var(--muted)}
.detail dd{margin:0;overflow-wrap:anywhere}
.trial{margin:.75rem 0 0;padding:.75rem 0 0;border-top:1px solid var(--line)}
.trial header,.detail header{max-width:none;margin:0;padding:0;display:flex;flex-wrap:wrap;align-items:baseline;gap:.25rem .75rem}
.trial header small{color:var(--muted);font-variant-numeric:tabular-nums}
.text{margin:.35rem 0;padding:.6rem .75rem;max-height:28rem;overflow:auto;border-radius:.375rem;background:var(--raised);font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:plaintext}
.role{margin:.6rem 0 0;color:var(--muted);font-size:.8125rem}
.more-items{margin:1rem 0;padding:.5rem 1rem;border:1px solid var(--accent);border-radius:.375rem;background:none;color:var(--accent);font:inherit;cursor:pointer}
@media screen and (max-width:40rem){
.filters{grid-template-columns:1fr 1fr}.filters label:first-child{grid-column:1/-1}
#items-table,#items-table tbody,#items-table td,#items-table th{display:block;width:auto!important}
#items-table thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
#items-table tr.item{display:block;padding:.65rem 0;border-top:1px solid var(--line)}
#items-table tr.detail{display:block}
#items-table tr[hidden]{display:none}
#items-table td,#items-table th{padding:.15rem 0;border:0}
#items-table .aim::before{content:"Target: ";color:var(--muted)}
#items-table .aim .clip{display:inline}
#items-table .place .open::before{content:"Line ";color:var(--muted)}
.detail>td>div{padding:0 0 .5rem .75rem}
}
`

const paper = `
@media print{
body{font-size:10pt}
nav,.filters,.more-items,.skip,.turn{display:none!important}
section{padding:1rem 0;border:0}
.scroll{overflow:visible}
.scroll table{font-size:8pt}
.scroll th,.scroll td{padding:.3rem .35rem;min-width:0;white-space:normal}
.scroll tbody th{position:static}
.text{max-height:none;overflow:visible;border:1px solid var(--line)}
.clip{-webkit-line-clamp:unset;display:block}
figure,.tiles,tr,.trial header{break-inside:avoid}
h2,h3,h4{break-after:avoid}
thead{display:table-header-group}
a{color:inherit;text-decoration:none}
}
@media (prefers-reduced-motion:reduce){.turn{transition:none}}
`

export const styles = `${frame}${tables}${plots}${items}${paper}`
