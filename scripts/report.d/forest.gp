# Rows: y, log ratio, low, high, verdict, label. Regressed, improved, undecided, equivalent.
set xrange [low:high]
set yrange [-1:rows]
set xlabel 'change of B against A; the band is the margin of p50'.(within ? "\nONE BOOT A SIDE: another boot may lie elsewhere" : '')
set object 1 rectangle from -margin, graph 0 to margin, graph 1 fillcolor rgb '#e8ecf1' fillstyle solid noborder behind
set arrow 1 from 0, graph 0 to 0, graph 1 nohead lc rgb '#1c2430' lw 1
set border 1
unset ytics
set grid noytics xtics
set lmargin 2
set rmargin 2
set tmargin 3
set key outside top center horizontal maxrows 1
plot data using ($5 == 0 ? $2 : NaN):1:3:4 with xerrorbars lc rgb '#B23C00' lw 2 pt 9 ps 1.1 title 'regressed', \
     data using ($5 == 1 ? $2 : NaN):1:3:4 with xerrorbars lc rgb '#0072B2' lw 2 pt 11 ps 1.1 title 'improved', \
     data using ($5 == 2 ? $2 : NaN):1:3:4 with xerrorbars lc rgb '#5b6675' lw 1 pt 6 ps 0.9 title 'undecided', \
     data using ($5 == 3 ? $2 : NaN):1:3:4 with xerrorbars lc rgb '#009E73' lw 1 pt 7 ps 0.8 title 'equivalent', \
     data using (low):($1 + 0.42):6 with labels left offset 0.5,0 noenhanced font ',11' notitle
