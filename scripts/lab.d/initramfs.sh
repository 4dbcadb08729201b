# shellcheck shell=bash disable=SC2034,SC2153 # the other parts of lab set and read these variables
# The initramfs: busybox, the modules that reach the 9p root, the guest's two init scripts, and this run's command.

BOOT_MODULES=(virtio_pci 9pnet_virtio 9p)

copy_module() {
    local from=$1 to=$2
    case $from in
        *.xz) xz -dc "$from" >"$to" ;;
        *.zst) zstd -qdc "$from" >"$to" ;;
        *.gz) gzip -dc "$from" >"$to" ;;
        *) cp "$from" "$to" ;;
    esac
}

# modprobe looks for lib/modules below one root; the user's own modules folder may lie elsewhere.
boot_module_paths() {
    local modroot=$LAB_TMP/modroot
    rm -rf "$modroot"
    mkdir -p "$modroot/lib/modules"
    ln -s "$K_MODULES" "$modroot/lib/modules/$K_RELEASE"
    modprobe -d "$modroot" -S "$K_RELEASE" --show-depends --all "${BOOT_MODULES[@]}" 2>/dev/null \
        | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

initramfs_build() {
    local tree=$LAB_TMP/initramfs number=100 path busybox
    busybox=$(type -P busybox)
    rm -rf "$tree"
    mkdir -p "$tree"/{bin,lab,modules,proc,sys,dev,newroot}
    cp "$busybox" "$tree/bin/busybox"
    ln -s busybox "$tree/bin/sh"
    cp "$LAB_LIB/guest-init" "$tree/init"
    cp "$LAB_LIB/guest-main" "$tree/lab/main"
    chmod 755 "$tree/init" "$tree/lab/main"
    if [[ -n $K_MODULES ]]; then
        while read -r path; do
            copy_module "$path" "$tree/modules/$number.ko"
            number=$((number + 1))
        done < <(boot_module_paths)
    fi
    guest_settings >"$tree/lab/settings"
    [[ ! -f $K_CONFIG ]] || cp "$K_CONFIG" "$tree/lab/config"
    [[ -z $PINFOLD_COPY ]] || cp "$PINFOLD_COPY" "$tree/lab/pinfold"
    (cd "$tree" && find . | cpio --quiet -o -H newc -R 0:0) >"$LAB_TMP/initrd"
}

guest_settings() {
    printf 'LAB_RELEASE=%q\nLAB_CWD=%q\nLAB_MODE=%q\nLAB_RDMA=%q\nLAB_MODULES=%q\nLAB_CABLE=%q\n' \
        "$K_RELEASE" "$LAB_CWD" "$MODE" "$RDMA" "${K_MODULES:+1}" "${CABLE##*:}"
    [[ $MODE != shell ]] || printf 'LAB_TERM=%q\nLAB_SIZE=(%s)\n' "${TERM:-linux}" "$(stty size)"
    printf 'LAB_COMMAND=('
    printf '%q ' "${GUEST_COMMAND[@]}"
    printf ')\n'
}
