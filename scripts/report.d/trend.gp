# A block a group: date, change in percent.
stats data using 2 nooutput
set xdata time
set timefmt '%Y-%m-%d'
set format x '%b %d'
set xtics rotate by -30
set format y '%+g %%'
set ylabel 'change of p50'
set rmargin 6
set key above left horizontal
set tmargin 4
set autoscale xfix
plot for [i = 0:STATS_blocks - 1] data index i using 1:2 with lines lt 1 + i title columnheader(1)
