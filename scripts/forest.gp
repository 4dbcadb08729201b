# Ratios with intervals: data, out, rows.
set terminal svg size 960,(120 + 18 * rows) font 'sans,11'
set output out
set title 'B / A, 95 % interval; the band is the margin of p50'
set logscale x 2
set xlabel 'ratio'
set yrange [-1:rows]
set lmargin 60
set object 1 rectangle from 0.97, graph 0 to 1.03, graph 1 fillcolor rgb '#e0e0e0' behind
set grid x
unset key
set ytics noenhanced font ',8'
plot data using 2:1:3:4:ytic(5) with xerrorbars pointtype 7 linecolor rgb '#205080'
