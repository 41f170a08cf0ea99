"""Charts as SVG, drawn from a view of the record: standalone to embed, or inline in a page.

    lines        what of the record is drawn: runs of values, so that a gap stays a gap
    scales       days and rates as coordinates, and their round ticks
    paths        thousands of days as what pixels can show, extremes kept
    words        all texts, in Spanish and English
    scene        a chart on its scales, and the sizes of texts in wide and in narrow charts
    drawing      one drawing from these: its lines and axes; `labels` has its texts
    svg          elements that need neither CSS nor `style`
    style        the colours of a standalone chart
    fix_chart    `GET /charts/fix.svg`, and the same drawing for a page
    status_bars  a bar a day: how well the data were verified

Inline there is no `style` and no script: classes and presentation attributes, which draw in the
text's colour; a page's CSS colours by class. The text is drawn twice, for wide and for narrow
charts; a page shows `chart-narrow` and hides `chart-wide` below some 560 px (`display`).

    chart                    the root; `data-plot` (x, y, width, height of the plot, in units of the
                             `viewBox`), `data-domain` (the rates at its bottom and top),
                             `data-first` and `data-last` (the days at its left and right)
    chart-grid, chart-axis   the hairlines of round rates; the line and ticks of the days
    chart-line-fix           the FIX, from determination day to determination day: thin, above it
    chart-line-in-force      the rate in force on each calendar day, in steps: a broad band
    chart-mark               where the FIX was lowest and highest
    chart-heading, chart-label, chart-tick, chart-note
                             texts; `chart-muted` where they are secondary, `chart-fix` and
                             `chart-in-force` where they name a line, `chart-simulated` where
                             values are not Banco de México's
    status-bars              the root of the bars of data status
    status-verified, status-unverified
                             a bar's solid part and its hatched part
    status-unrecorded, status-closed
                             an outline in place of both, of a banking day and of another one
    status-breaker, status-no-fix
                             the marks above and below a bar
    status-key               the list that explains them

A standalone chart has the same classes and attributes: a page that fetches one and leaves out its
`style` colours it like its own. The inline chart of 90 days has `data-points` too: for each
calendar day from `data-first` on `FIX,in force`, exactly as published, empty without a value;
entries end with `;`. The x of the n-th of m days, from 0, is n / (m - 1) of the plot's width.
"""
