# shellcheck shell=bash disable=SC2034,SC2154,SC2153 # scripts/boots sets these variables
# How a kernel is booted once, and the unit that goes on afterwards.

GRUB_CFG=/boot/grub/grub.cfg

# The path of ids to the entry of a release that is not the recovery one: "submenu>entry", or "entry".
grub_entry() {
    awk -v release="$1" '
        function id(line,    words) { return match(line, /menuentry_id_option .[^'\'']*/) ? substr(line, RSTART + 21, RLENGTH - 21) : "" }
        $1 == "submenu" { submenu = id($0); depth = 1; next }
        $1 == "menuentry" { entry = id($0); next }
        $1 == "linux" && index($2, "vmlinuz-" release) && substr($2, length($2) - length(release) + 1) == release \
            && entry !~ /recovery/ { print submenu == "" || entry ~ /-simple-/ ? entry : submenu ">" entry; exit }' "$GRUB_CFG"
}

systemd_boot_entry() { bootctl list --no-pager 2>/dev/null | awk -v r="$1" '$1 == "id:" { id = $2 } $1 == "linux:" && index($0, r) { print id; exit }'; }

can_grub() { type -P grub-reboot >/dev/null && [[ -r $GRUB_CFG && -n $(grub_entry "$1") && -n $(grub_entry "$2") ]]; }
can_systemd_boot() { type -P bootctl >/dev/null && [[ -n $(systemd_boot_entry "$1") && -n $(systemd_boot_entry "$2") ]]; }
can_kexec() { type -P kexec >/dev/null && [[ -r $BOOT_DIR/vmlinuz-$1 && -r $BOOT_DIR/vmlinuz-$2 ]]; }

choose_method() {
    local method
    [[ $METHOD != lab ]] || return 0
    ((!EUID)) || fail 3 "not root"
    [[ -d /run/systemd/system ]] || fail 3 "systemd is not running here, nothing would go on after a reboot"
    [[ $(stat -f -c %T "${STATE%/*}" 2>/dev/null) != tmpfs ]] || fail 3 "${STATE%/*} does not outlive a reboot"
    for method in ${METHOD:-grub systemd-boot kexec}; do
        [[ $method =~ ^(grub|systemd-boot|kexec)$ ]] || fail 2 "--method: expected grub, systemd-boot, kexec or lab, got '$method'"
        if "can_${method//-/_}" "$@"; then
            METHOD=$method
            [[ $METHOD == kexec || $(cat /proc/cmdline) == *panic=* ]] \
                || say "a panic before the unit runs stays there: boot with panic=$PANIC"
            return 0
        fi
    done
    fail 3 "$* can't be booted once: no entries for grub-reboot or systemd-boot, and no kexec with $BOOT_DIR/vmlinuz-*"
}

# systemctl kexec falls back to a plain reboot in silence. This is its unit, with the one call that does it.
kexec_at_the_end() {
    cat >/run/systemd/system/pinfold-kexec.service <<TEXT
[Unit]
Description=the next boot of pinfold, by kexec
DefaultDependencies=no
Requires=shutdown.target umount.target final.target
After=shutdown.target umount.target final.target

[Service]
Type=oneshot
ExecStartPre=sync
ExecStartPre=-mount -o remount,ro /
ExecStart=kexec -e
TEXT
    systemctl daemon-reload && systemctl start --no-block --job-mode=replace-irreversibly pinfold-kexec.service
}

# Whether this is the boot that was asked for. By a boot loader, any later boot of the kernel is as good.
is_boot() {
    [[ $(uname -r) == "$1" && $3 != "$(cat /proc/sys/kernel/random/boot_id)" ]] || return 1
    [[ $METHOD != kexec || " $(cat /proc/cmdline) " == *" pinfold.boot=$2 "* ]]
}

# GRUB reads the file system by itself and replays no journal: what was written a moment ago is only in the journal, unless
# the file system is unmounted before the reboot, which fails where it is in use. A freeze writes all of it to its place.
# Signals are ignored meanwhile: nobody else would thaw.
settle_grub() {
    local dir=${GRUB_CFG%/*} i rc=0
    (
        trap '' HUP INT QUIT TERM TSTP
        sync
        fsfreeze -f "$dir" || exit 1
        for ((i = 0; i < 30; i++)); do
            fsfreeze -u "$dir" && exit 0
            sleep 1
        done
        exit 2
    ) 2>/dev/null || rc=$?
    case $rc in
        1) say "$dir can't be frozen: if it has a journal, GRUB may see what was chosen one boot late" ;;
        2) say "$dir is frozen and can't be thawed: fsfreeze -u $dir" ;;
    esac
}

load_once() {
    local kernel=$1 number=$2 initrd=$BOOT_DIR/initrd.img-$1 line options=()
    case $METHOD in
        grub) grub-reboot "$(grub_entry "$kernel")" && settle_grub ;;
        systemd-boot) bootctl set-oneshot "$(systemd_boot_entry "$kernel")" ;;
        kexec)
            # The options of a former kexec are in the command line already.
            line=$(sed -E 's/ (panic|pinfold\.boot)=[^ ]*//g' /proc/cmdline)
            [[ -z $APPEND || " $line " == *" $APPEND "* ]] || line+=" $APPEND"
            [[ ! -r $initrd ]] || options+=("--initrd=$initrd")
            kexec -l "$BOOT_DIR/vmlinuz-$kernel" --command-line="$line panic=$PANIC pinfold.boot=$number" "${options[@]}"
            ;;
    esac
}

# True when the system is on its way down; the unit that called this ends with it.
boot_once() {
    load_once "$@" || return 1
    still_planned
    if [[ $METHOD == kexec ]]; then kexec_at_the_end; else systemctl reboot --no-block; fi
}

boot_once_cancel() {
    case $METHOD in
        grub)
            grub-editenv - unset next_entry >/dev/null 2>&1 || say "next_entry can't be cleared"
            settle_grub
            ;;
        systemd-boot) bootctl set-oneshot '' >/dev/null 2>&1 || true ;;
        kexec)
            kexec -u >/dev/null 2>&1 || true
            rm -f /run/systemd/system/pinfold-kexec.service
            ;;
    esac
}

boot_default() {
    boot_once_cancel
    systemctl reboot --no-block
}

unit_install() {
    cat >"$UNIT_FILE" <<TEXT
[Unit]
Description=pinfold boots two kernels in turn (stop it: $REPO/scripts/boots abort)
After=multi-user.target

[Service]
Type=exec
Environment=PINFOLD_STATE_DIR=${STATE%/boots}
ExecStart=$REPO/scripts/boots resume
WorkingDirectory=$REPO
StandardOutput=journal+console
StandardError=journal+console

[Install]
WantedBy=multi-user.target
TEXT
    if ! systemctl daemon-reload || ! systemctl enable --quiet "$UNIT"; then
        fail 3 "the unit $UNIT could not be installed"
    fi
    journal "unit $UNIT_FILE installed"
}

unit_remove() {
    systemctl disable --quiet "$UNIT" 2>/dev/null || true
    rm -f "$UNIT_FILE"
    systemctl daemon-reload 2>/dev/null || true
}
