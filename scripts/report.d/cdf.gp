# A block a kernel: time or ticks, share of samples that are not slower. Times are in ns.
stats data using 1 nooutput
set logscale x
set format x is_time ? '%.0s %cs' : '%.0s%c'
scale = is_time ? 1e-9 : 1
set xlabel is_time ? 'time, logarithmic' : unit.', logarithmic'
set ylabel 'share of samples, not slower'
set yrange [0:1]
set key bottom right Right noreverse
plot for [i = 0:STATS_blocks - 1] data index i using ($1 * scale):2 with steps lt 1 + i title columnheader(1)
