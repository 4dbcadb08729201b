# A block a kernel: bytes, time or ticks. Times are in ns.
stats data using 1 nooutput
set logscale xy
set format x '%.0b %BB'
set format y is_time ? '%.0s %cs' : '%.0s%c'
scale = is_time ? 1e-9 : 1
set xlabel 'size of the place'
set ylabel is_time ? 'time' : unit
plot for [i = 0:STATS_blocks - 1] data index i using 1:($2 * scale) with linespoints lt 1 + i ps 0.8 title columnheader(1)
