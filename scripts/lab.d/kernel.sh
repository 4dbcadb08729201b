# shellcheck shell=bash disable=SC2034,SC2153 # the other parts of lab set and read these variables
# Kernels: find, download, unpack; or take the user's own bzImage.
# Sets K_LABEL K_IMAGE K_RELEASE K_MODULES, K_CONFIG (both may be empty) and K_NAME (exact package and version).

LAB_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pinfold/lab

kernel_suites() {
    case $1 in
        5.*) echo bullseye-security ;;
        6.1 | 6.1.* | 6.12 | 6.12.*) echo bookworm-security bookworm ;;
        *) echo trixie-backports ;;
    esac
}

mirror_base() {
    local suite=$1 targets main security
    # shellcheck disable=SC2016 # apt expands these
    targets=$(apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(SITE)' 2>/dev/null | grep '^Debian ' || true)
    main=${PINFOLD_MIRROR:-$(awk '$2 !~ /-security/ { print $3; exit }' <<<"$targets")}
    security=${PINFOLD_SECURITY_MIRROR:-$(awk '$2 ~ /-security/ { print $3; exit }' <<<"$targets")}
    case $suite in
        *-security) echo "${security:-${main:+$main-security}}" ;;
        *) echo "$main" ;;
    esac
}

suite_options() {
    local dir=$LAB_CACHE/apt/$1
    APT=(-qq -o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=-
        -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
        -o "Dir::State=$dir" -o "Dir::State::status=$dir/status" -o "Dir::State::lists=$dir/lists"
        -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User= -o Acquire::Retries=2
        -o Acquire::http::Timeout=60)
}

suite_update() {
    local suite=$1 dir=$LAB_CACHE/apt/$1 base ring trust
    base=$(mirror_base "$suite")
    [[ -n $base ]] || fail 3 "no Debian mirror in apt's configuration; set PINFOLD_MIRROR to one"
    ring=$(dpkg -L debian-archive-keyring 2>/dev/null | grep '/debian-archive-keyring\.gpg$' | head -n 1 || true)
    if ((INSECURE)); then
        trust=trusted=yes
    elif [[ -n $ring ]]; then
        trust=signed-by=$ring
    else
        fail 3 "cannot verify $suite: package debian-archive-keyring is missing (or use --insecure)"
    fi
    mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    : >>"$dir/status"
    echo "deb [arch=amd64 $trust] $base $suite main" >"$dir/sources.list"
    suite_options "$suite"
    if ! timeout 300 apt-get "${APT[@]}" --error-on=any update 2>"$LAB_TMP/apt.err"; then
        if grep -q -e NO_PUBKEY -e 'not signed' "$LAB_TMP/apt.err"; then
            fail 3 "cannot verify $suite: its key is not in the installed keyring (or use --insecure)"
        fi
        fail 3 "cannot read $suite: $(head -n 1 "$LAB_TMP/apt.err")"
    fi
}

# Names that are only mentioned in another package's dependencies have no line in madison.
package_version() { apt-cache "${APT[@]}" madison "$1" | awk -F'|' '{ gsub(/ /, "", $2); print $2; exit }'; }

newest_release() {
    local version=${1//./\\.} name
    while read -r name; do
        [[ -z $(package_version "$name") ]] || { echo "${name#linux-image-}"; return; }
    done < <(apt-cache "${APT[@]}" pkgnames linux-image- \
        | grep -E "^linux-image-$version(\.[0-9][^-]*)?(-[0-9]+)?-amd64$" | grep -E '[0-9]+\.[0-9]+\.[0-9]' | sort -Vr)
}

download_release() {
    local label=$1 release=$2 suite=$3 work part version names=''
    work=$(mktemp -d "$LAB_CACHE/unpack.XXXXXX")
    LAB_TEMPS+=("$work")
    mkdir "$work/debs"
    for part in linux-image linux-binary linux-modules; do
        version=$(package_version "$part-$release")
        [[ -n $version ]] || continue
        say "$label: downloading $part-$release $version ($suite)"
        (cd "$work/debs" && timeout 1200 apt-get "${APT[@]}" download "$part-$release=$version") 2>"$LAB_TMP/apt.err" \
            || fail 3 "download of $part-$release failed: $(head -n 1 "$LAB_TMP/apt.err")"
        names+="${names:+, }$part-$release $version"
    done
    unpack_release "$work" "$release" "$names"
    rm -rf "$LAB_CACHE/kernels/$release"
    mv -T "$work" "$LAB_CACHE/kernels/$release"
    ln -sfn "$release" "$LAB_CACHE/kernels/by-label.$label.new"
    mv -T "$LAB_CACHE/kernels/by-label.$label.new" "$LAB_CACHE/kernels/by-label.$label"
}

unpack_release() {
    local work=$1 release=$2 names=$3 deb dir image
    for deb in "$work"/debs/*.deb; do
        dpkg -x "$deb" "$work/root" || fail 3 "cannot unpack ${deb##*/}"
    done
    mkdir -p "$work/modroot/lib/modules"
    for dir in "$work/root/usr/lib/modules/$release" "$work/root/lib/modules/$release"; do
        [[ ! -d $dir ]] || cp -al "$dir" "$work/modroot/lib/modules/"
    done
    image=$(find "$work/root" -name "vmlinuz-$release" -o -path "*/$release/vmlinuz" | head -n 1)
    [[ -n $image ]] || fail 3 "no kernel image in $names"
    cp -l "$image" "$work/vmlinuz"
    find "$work/root" -name "config-$release" -exec cp {} "$work/config" \;
    rm -rf "$work/root" "$work/debs"
    depmod -b "$work/modroot" "$release" 2>"$LAB_TMP/depmod.err" \
        || fail 3 "depmod for $release failed: $(head -n 1 "$LAB_TMP/depmod.err")"
    grep -q 'virtio' "$work/modroot/lib/modules/$release/modules.dep" \
        || fail 3 "depmod read no module of $release (is this kmod built without xz?)"
    echo "$names" >"$work/name"
}

kernel_packaged() {
    local label=$1 link=$LAB_CACHE/kernels/by-label.$1 suite release='' tool
    K_LABEL=$label
    if ((REFRESH)) || [[ ! -f $link/name ]]; then
        for tool in apt-get dpkg depmod; do need "$tool"; done
        mkdir -p "$LAB_CACHE/kernels"
        exec 9>"$LAB_CACHE/lock"
        flock -w 1800 9 || fail 3 "another lab holds the cache's lock"
        rm -rf "$LAB_CACHE"/unpack.*
        for suite in $(kernel_suites "$label"); do
            suite_update "$suite"
            release=$(newest_release "$label")
            [[ -z $release ]] || break
        done
        [[ -n $release ]] || fail 3 "no package for kernel $label in $(kernel_suites "$label")"
        [[ -f $link/name && $(readlink "$link") == "$release" ]] || download_release "$label" "$release" "$suite"
        exec 9>&-
    fi
    K_RELEASE=$(readlink "$link")
    K_IMAGE=$LAB_CACHE/kernels/$K_RELEASE/vmlinuz
    K_MODULES=$LAB_CACHE/kernels/$K_RELEASE/modroot/lib/modules/$K_RELEASE
    K_CONFIG=$LAB_CACHE/kernels/$K_RELEASE/config
    K_NAME=$(cat "$link/name")
}

# The boot protocol's header keeps the version string's offset, less 0x200, at 0x20e.
image_release() {
    local magic offset
    magic=$(od -An -c -j 514 -N 4 "$1" | tr -d ' \n')
    [[ $magic == HdrS ]] || return 0
    offset=$(od -An -tu2 -j 526 -N 2 "$1" | tr -d ' ')
    dd if="$1" bs=1 skip=$((offset + 512)) count=128 status=none | tr '\0' '\n' | head -n 1 | cut -d ' ' -f 1
}

kernel_own() {
    local image=${1%%:*} modules=''
    [[ $1 != *:* ]] || modules=${1#*:}
    [[ -r $image ]] || fail 2 "cannot read kernel image $image"
    K_IMAGE=$(realpath "$image")
    K_RELEASE=$(image_release "$image")
    [[ -n $K_RELEASE ]] || fail 2 "$image is not an x86 bzImage"
    K_LABEL=${image##*/}-$K_RELEASE
    K_NAME="$K_IMAGE $K_RELEASE $(sha256sum "$image" | cut -c 1-16)"
    K_MODULES='' K_CONFIG=${K_IMAGE%/*}/config
    [[ -n $modules ]] || return 0
    for K_MODULES in "$modules/lib/modules/$K_RELEASE" "$modules/$K_RELEASE" "$modules"; do
        [[ ! -f $K_MODULES/modules.dep ]] || break
    done
    [[ -f $K_MODULES/modules.dep && ${K_MODULES##*/} == "$K_RELEASE" ]] \
        || fail 2 "no modules of $K_RELEASE in $modules (make modules_install INSTALL_MOD_PATH=DIR)"
    K_MODULES=$(realpath "$K_MODULES")
}

# A build tree, as the source or by O=: its modules are installed into a folder of ours.
kernel_tree() {
    local tree modules=''
    tree=$(realpath "$1")
    [[ -f $tree/arch/x86/boot/bzImage ]] || fail 2 "$1 holds no arch/x86/boot/bzImage (build it: make bzImage modules)"
    if [[ -s $tree/modules.order ]]; then
        need make
        modules=${TREES[$tree]:-}
    fi
    if [[ -s $tree/modules.order && -z $modules ]]; then
        modules=$LAB_TMP/tree-${#TREES[@]}
        # shellcheck disable=SC2004 # an associative array
        TREES[$tree]=$modules
        make -s -C "$tree" modules_install INSTALL_MOD_PATH="$modules" INSTALL_MOD_STRIP=1 >"$LAB_TMP/make.log" 2>&1 \
            || fail 3 "modules_install in $tree failed: $(tail -n 1 "$LAB_TMP/make.log")"
    fi
    kernel_own "$tree/arch/x86/boot/bzImage${modules:+:$modules}"
    K_LABEL=${tree##*/}-$K_RELEASE K_CONFIG=$tree/.config
}

kernel_list() {
    local label link
    for label in 5.10 6.1 6.12 6.18 7; do
        link=$LAB_CACHE/kernels/by-label.$label
        if [[ -f $link/name ]]; then
            echo "$label: $(cat "$link/name")"
        else
            echo "$label: not here (scripts/lab --fetch $label, from $(kernel_suites "$label"))"
        fi
    done
    for link in "$LAB_CACHE"/kernels/by-label.*; do
        label=${link##*/by-label.}
        [[ ! -f $link/name || $label =~ ^(5\.10|6\.1|6\.12|6\.18|7)$ ]] || echo "$label: $(cat "$link/name")"
    done
}

kernel_select() {
    if [[ -d $1 ]]; then
        kernel_tree "$1"
    elif is_version "$1"; then
        kernel_packaged "$1"
    else
        kernel_own "$1"
    fi
}
