# Median cost of a call against its bytes: data, out.
stats data using 1 nooutput
set terminal svg size 960,600 font 'sans,12'
set output out
set title 'median of a call by size'
set logscale xy
set format x '%.0b %BB'
set xlabel 'bytes'
set ylabel 'ns'
set grid
set key left top noenhanced font ',9'
plot for [i = 0:STATS_blocks - 1] data index i using 1:2 with linespoints title columnheader(1)
