# shellcheck shell=bash disable=SC2034,SC2153 # the other parts of lab set and read these variables
# One boot: QEMU's command line, its time limit, the guest's output as it comes, and what became of it.

EDU_SLOTS=(10 11 12 13) NVME_SLOT=14

# The devices of the guest that pinfold may use, and the options that say so.
dma_options() {
    local devices=''
    [[ $DMA == nvme ]] || devices=$(printf '0000:00:%s.0\n' "${EDU_SLOTS[@]}" | paste -sd , -)
    [[ $DMA == edu ]] || devices+=${devices:+,}0000:00:$NVME_SLOT.0
    printf '%s\n' --vfio "$devices"
    [[ $DMA == edu ]] || printf '%s\n' --nvme-scratch "0000:00:$NVME_SLOT.0/1"
}

qemu_accel() {
    case $1 in
        kvm) QEMU=(-machine "q35,kernel-irqchip=split,mem-merge=off" -accel kvm -cpu host) ;;
        icount) QEMU=(-machine "q35,mem-merge=off" -accel "tcg,thread=single" -icount "shift=0,sleep=off" -cpu max) ;;
        # With fast string instructions kernels move single bytes, which emulation does one by one.
        *) QEMU=(-machine "q35,mem-merge=off" -accel "tcg,thread=multi" -cpu "max,-erms,-fsrm") ;;
    esac
}

share() {
    local tag=$1 path=$2 options=$3
    # QEMU reads a comma as the next option unless it is doubled.
    QEMU+=(-fsdev "local,id=$tag,security_model=none,multidevs=remap,path=${path//,/,,}$options"
        -device "virtio-9p-pci,fsdev=$tag,mount_tag=$tag")
}

mem_mb() { if [[ $MEM == *G ]]; then echo $((${MEM%G} * 1024)); else echo "${MEM%M}"; fi; }

# Nodes, so that pages can migrate; all CPUs are on the first.
qemu_memory() {
    local each node
    each=$(($(mem_mb) / NODES))
    QEMU+=(-m "$((each * NODES))M" -smp "$SMP")
    for ((node = 0; node < NODES; node++)); do
        QEMU+=(-object "memory-backend-ram,id=mem$node,size=${each}M"
            -numa "node,nodeid=$node,memdev=mem$node$( ((node)) || echo ",cpus=0-$((SMP - 1))")")
    done
}

# Neither end waits for the other; what is sent before that is there is lost.
qemu_cable() {
    local dir=${1//,/,,}
    QEMU+=(-netdev "dgram,id=cable,local.type=unix,local.path=$dir/$2,remote.type=unix,remote.path=$dir/$((3 - $2))"
        -device "virtio-net-pci,netdev=cable,mac=52:54:00:98:00:0$2,addr=0x15,romfile=")
}

qemu_arguments() {
    local accel=$1 out=$2 log=$3 slot
    qemu_accel "$accel"
    qemu_memory
    QEMU+=(-nodefaults -no-user-config -display none -no-reboot -nic none
        -device "intel-iommu,intremap=on,caching-mode=on,aw-bits=48"
        -kernel "$K_IMAGE" -initrd "$LAB_TMP/initrd"
        -append "console=ttyS0 panic=-1 intel_iommu=on iommu=nopt no_timer_check log_buf_len=4M proc_mem.force_override=always $APPEND")
    for slot in "${EDU_SLOTS[@]}"; do
        QEMU+=(-device "edu,dma_mask=0xffffffffffff,addr=0x$slot")
    done
    QEMU+=(-drive "if=none,id=nvme,format=raw,cache=unsafe,file=$LAB_TMP/nvme"
        -device "nvme,serial=pinfold,drive=nvme,addr=0x$NVME_SLOT")
    [[ -z $CABLE ]] || qemu_cable "${CABLE%:?}" "${CABLE##*:}"
    share root / ,readonly=on
    share out "$out" ''
    share cwd "$LAB_CWD" ,readonly=on
    [[ -z $K_MODULES ]] || share modules "$K_MODULES" ,readonly=on
    QEMU+=(-drive "if=none,id=disk,format=raw,cache=unsafe,file=$LAB_TMP/disk" -device "virtio-blk-pci,drive=disk")
    if [[ $MODE == shell ]]; then
        QEMU+=(-chardev "stdio,id=console,mux=on,signal=off,logfile=$log,logappend=on" -mon chardev=console)
    else
        QEMU+=(-chardev "file,id=console,path=$log,append=on")
    fi
    QEMU+=(-serial chardev:console)
}

# Returns QEMU's exit code, 124 when its time was up.
qemu_boot() {
    local accel=$1 out=$2 seconds=$3 log=$4 rc=0
    rm -f "$LAB_TMP/disk" "$LAB_TMP/nvme" "$LAB_TMP/stalled"
    truncate -s 1G "$LAB_TMP/disk"
    truncate -s 64M "$LAB_TMP/nvme"
    qemu_arguments "$accel" "$out" "$log"
    if [[ $MODE == shell ]]; then
        timeout --foreground -k 5 "$seconds" qemu-system-x86_64 "${QEMU[@]}" 2>"$LAB_TMP/qemu.err" || rc=$?
        return "$rc"
    fi
    timeout -k 5 "$seconds" qemu-system-x86_64 "${QEMU[@]}" </dev/null >/dev/null 2>"$LAB_TMP/qemu.err" &
    LAB_QEMU=$!
    follow "$out/stdout" 1
    follow "$out/stderr" 2
    ((!RESUMABLE || !STALL)) || watch_progress "$out" "$log" &
    wait "$LAB_QEMU" 2>/dev/null || rc=$?
    LAB_QEMU=
    wait
    return "$rc"
}

follow() {
    local file=$1 fd=$2 size
    [[ $MODE != probe ]] && ((FOLLOW)) || return 0
    : >>"$file"
    size=$(stat -c %s "$file")
    tail -q -s 0.2 --pid="$LAB_QEMU" -c "+$((size + 1))" -f "$file" >&"$fd" &
}

# Ends a guest that neither records nor prints. Whatever is stopped is continued by timeout, to end.
watch_progress() {
    local out=$1 log=$2 pid=$LAB_QEMU sizes='' last='' since=$SECONDS
    while sleep 1 && kill -0 "$pid" 2>/dev/null; do
        sizes=$(stat -c %s "$out/run/records.jsonl" "$out/stdout" "$out/stderr" "$log" 2>/dev/null || true)
        if [[ $sizes != "$last" ]]; then
            last=$sizes since=$SECONDS
        elif ((SECONDS - since >= STALL)); then
            : >"$LAB_TMP/stalled"
            kill "$pid" 2>/dev/null || true
            return 0
        fi
    done
}

has_room() {
    head -c 65536 /dev/zero 2>/dev/null >"$1/room"
    local rc=$?
    rm -f "$1/room"
    return "$rc"
}

kvm_works() {
    local answer=$LAB_CACHE/kvm/$K_RELEASE out=$LAB_TMP/probe mode=$MODE
    [[ -r /dev/kvm && -w /dev/kvm ]] || return 1
    mkdir -p "$LAB_CACHE/kvm" "$out"
    if [[ ! -s $answer ]]; then
        rm -f "$out/rc"
        MODE=probe GUEST_COMMAND=(true)
        initramfs_build
        qemu_boot kvm "$out" 20 "$LAB_TMP/probe.log" || true
        MODE=$mode
        if [[ -f $out/rc ]]; then echo kvm; else echo tcg; fi >"$answer"
        say "$K_LABEL: $([[ -f $out/rc ]] && echo 'KVM works' || echo 'does not boot under KVM, using emulation')"
    fi
    [[ $(cat "$answer") == kvm ]]
}

how_it_ended() {
    local rc=$1 log=$2 offset=$3 line
    line=$(tail -c "+$((offset + 1))" "$log" | grep -a -m 1 'Kernel panic - ' | sed 's/.*Kernel panic - //' | tr -d '\r' || true)
    if [[ -n $line ]]; then
        echo "kernel panic ($line)"
    elif [[ -e $LAB_TMP/stalled ]]; then
        echo "hung, no result for $STALL s"
    elif ((rc == 124 || rc == 137)); then
        echo "still running at its time limit"
    elif ((rc != 0)); then
        echo "QEMU ended with $rc ($(grep -v '^$' "$LAB_TMP/qemu.err" | tail -n 1))"
    else
        line=$(tail -c "+$((offset + 1))" "$log" | grep -a '^lab-guest: ' | tail -n 1 | tr -d '\r' || true)
        echo "the guest ended without an exit code${line:+ (${line#lab-guest: })}"
    fi
}
