# Before each plot of the report: width, height. Colours of Okabe and Ito, and a dash for each.
set terminal svg size width,height dynamic enhanced font 'Liberation Sans,Arial,sans-serif,13'
set encoding utf8
set micro
set output out
set linetype 1 lc rgb '#0072B2' lw 2 dt 1 pt 7
set linetype 2 lc rgb '#D55E00' lw 2 dt '-' pt 9
set linetype 3 lc rgb '#009E73' lw 2 dt '.' pt 5
set linetype 4 lc rgb '#CC79A7' lw 2 dt '-.' pt 11
set linetype 5 lc rgb '#56B4E9' lw 2 dt '_' pt 13
set linetype 6 lc rgb '#E69F00' lw 2 dt '-..' pt 4
set linetype 7 lc rgb '#000000' lw 2 dt '. ' pt 6
set linetype cycle 7
set border 3 lc rgb '#5b6675'
set tics nomirror
set grid lc rgb '#d9dee5' lt 1 lw 1
set key top left reverse Left noenhanced samplen 3 opaque
set tmargin 1.5
