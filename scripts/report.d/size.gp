# A block a kernel: bytes, time or ticks. Times are in ns.
stats data using 1 nooutput
set logscale x 2
set logscale y
set xtics ("4 KiB" 4096, "16 KiB" 16384, "64 KiB" 65536, "256 KiB" 262144, "1 MiB" 1048576, "4 MiB" 4194304, \
    "16 MiB" 16777216, "64 MiB" 67108864, "256 MiB" 268435456)
set format y is_time ? '%.0s %cs' : '%.0s%c'
scale = is_time ? 1e-9 : 1
set xlabel 'size of the place'
set ylabel is_time ? 'time, logarithmic' : unit.', logarithmic'
set key above left horizontal
set tmargin 2.5
plot for [i = 0:STATS_blocks - 1] data index i using 1:($2 * scale) with linespoints lt 1 + i ps 0.8 title columnheader(1)
