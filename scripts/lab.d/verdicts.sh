# shellcheck shell=bash
# A record as lines "VERDICT<TAB>CLASS<TAB>CELL", each cell once: its last line counts.
record_verdicts() {
    sed -nE '/"type":"cell"/s/.*"cell":"([^"]*)","verdict":"([a-z]*)"(,"class":"([^"]*)")?.*/\2\t\4\t\1/p' "$1" \
        | awk -F '\t' '{ last[$3] = $0 } END { for (c in last) print last[c] }' | sort -t $'\t' -k 3
}
