# shellcheck shell=bash disable=SC2034,SC2153 # the other parts of lab set and read these variables
# Kernels side by side: a subshell for each, with temporary files of its own; what a guest prints is shown when it ended.

limit_jobs() {
    local each available fit
    each=$(($(mem_mb) + 512))
    available=$(($(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo) / 1024))
    fit=$((available / each))
    ((fit > 0)) || fit=1
    ((JOBS <= fit)) || say "memory for $fit guests of $MEM side by side, not $JOBS"
    JOBS=$((JOBS < fit ? JOBS : fit))
    ((${#KERNELS[@]} > 1)) || JOBS=1
}

job() {
    LAB_TEMPS=() JOB_OF=() FOLLOW=0 LAB_QEMU=''
    trap_signals
    temporary
    run_kernel
    exit "$RESULT"
}

job_start() {
    (job) &
    JOB_OF[$!]=$K_LABEL
}

job_wait() {
    local pid rc=0 out
    wait -n -p pid "${!JOB_OF[@]}" || rc=$?
    out=$OUT/${JOB_OF[$pid]}
    echo "# kernel ${JOB_OF[$pid]}"
    [[ ! -f $out/stdout ]] || cat "$out/stdout"
    [[ ! -f $out/stderr ]] || cat "$out/stderr" >&2
    unset "JOB_OF[$pid]"
    results+=("$rc")
}
