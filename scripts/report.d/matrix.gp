# Programs by kernels: data (matrix.dat of pinfold matrix), out. Each state has a sign and a shade or
# hatching of its own beside its colour, so that it reads in print and without colours.
stats data index 0 using 1 nooutput
kernels = STATS_records
stats data index 3 using 2 nooutput
rows = STATS_max + 1
per = 80                                  # rows of one column of the page
columns = ceil(rows / per)
side(row) = int(row) / per
x(row, k) = side(row) * wide + name + k
y(row) = int(row) % per
head(row) = side(row) * wide

array label[kernels]
do for [k = 1:kernels] { stats data index 0 every ::k - 1::k - 1 using (label[k] = strcol(2), 0) nooutput }

longest = 0
do for [k = 1:kernels] { if (strlen(label[k]) > longest) { longest = strlen(label[k]) } }
px = longest * 6.4 + 8 > 66 ? longest * 6.4 + 8 : 66        # of a square
name = 297.0 / px                         # width of the names, in squares
wide = name + kernels + 0.4
total = columns * wide * px > 760 ? columns * wide * px : 760

set terminal svg dynamic size (40 + total),(96 + (rows < per ? rows : per) * 15) font 'sans,10' background rgb 'white'
set output out
set lmargin at screen 0.01
set rmargin at screen 0.99
set tmargin 1
set bmargin 1
set xrange [-0.1:total / px]
set yrange [(rows < per ? rows : per) + 0.6:-2.2]
unset border
unset tics
unset key
unset grid
unset xlabel
unset ylabel
set style fill solid 1 border rgb '#808080'

# State: 1 skip, 2 unreached, 3 ok, 4 ok with skips, 5 known, 6 broken, 7 new
shade(s) = s == 7 ? 0x000000 : s == 6 ? 0xcc79a7 : s == 5 ? 0xf5c04a : s == 4 ? 0xe2eef6 : s == 3 ? 0xbcd9ea : 0xffffff
sign(s, n) = s == 1 ? "\342\200\223" : s == 2 ? '?' : s == 3 ? sprintf('%d', n) : s == 4 ? sprintf('%d*', n) : s == 5 ? sprintf('k %d', n) \
    : s == 6 ? sprintf('broken %d', n) : s == 7 ? sprintf('NEW %d', n) : ''
ink(s) = s == 7 ? 0xffffff : 0x000000
do for [c = 0:columns - 1] {
    do for [k = 1:kernels] { set label label[k] at c * wide + name + k - 1, -0.9 center font ',10' noenhanced }
}
set label "number: cells that passed;  *: others were skipped or unreached;  k: known failures;  NEW: unexplained;  \342\200\223: skipped;  ?: unreached;  (empty): not in this run" \
    at 0, -1.9 left font ',9' noenhanced
plot data index 3 using (x($2, $1)):(y($2)):(0.48):($3 == 0 ? NaN : 0.46):(shade($3)) with boxxyerror linecolor rgb variable, \
    '' index 3 using (x($2, $1)):(y($2)):(0.48):($3 == 5 ? 0.46 : NaN) with boxxyerror fillstyle pattern 4 transparent border linecolor rgb '#c98500', \
    '' index 3 using (x($2, $1)):(y($2)):(0.48):($3 == 6 ? 0.46 : NaN) with boxxyerror fillstyle pattern 2 transparent border linecolor rgb '#602040', \
    '' index 3 using (x($2, $1)):(y($2)):(sign($3, $4)):(ink($3)) with labels font ',9' textcolor rgb variable, \
    '' index 2 using (head($1) + 0.1):(y($1)):2 with labels left font ',9' noenhanced, \
    '' index 1 using (head($1)):(y($1)):2 with labels left font ',10' noenhanced textcolor rgb '#303030'
