# Latency CDF: data, out, name.
stats data using 1 nooutput
set terminal svg size 1280,600 font 'sans,12'
set output out
set title name." (time of a fault or a call)" noenhanced
set logscale x
set xlabel 'ns'
set ylabel 'share of samples not slower'
set yrange [0:1]
set grid
set key outside right top noenhanced font ',9'
plot for [i = 0:STATS_blocks - 1] data index i using 1:2 with steps dashtype 1 + i / 8 title columnheader(1)
