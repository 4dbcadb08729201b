# Two blocks, each day and the medians before and after: date, time (ns) or ticks.
set xdata time
set timefmt '%Y-%m-%d'
set format x '%b %d'
set xtics rotate by -30
set format y is_time ? '%.1s %cs' : '%.1s%c'
scale = is_time ? 1e-9 : 1
set ylabel is_time ? 'time' : unit
set rmargin 6
set key above left horizontal
set tmargin 4
set autoscale xfix
plot data index 0 using 1:($2 * scale) with points pt 7 ps 0.3 lc rgb '#5b6675' title columnheader(1), \
     data index 1 using 1:($2 * scale) with lines lt 2 lw 3 dt 1 title columnheader(1)
