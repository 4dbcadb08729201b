# A block a kernel and sort of workers: workers, samples a second of all together.
stats data using 1 nooutput
most = STATS_max
set xrange [0.7:most + 0.3]
set xtics 1
if (most > 16) { set xtics autofreq }
set yrange [0:*]
set format y '%.1s%c'
set xlabel 'workers, each on a CPU of its own'
set ylabel what.' a second, of all workers'
set key above left horizontal maxcols 3
set tmargin 3.5
plot for [i = 0:STATS_blocks - 1] data index i using 1:2 with linespoints lt 1 + i ps 0.8 title columnheader(1)
