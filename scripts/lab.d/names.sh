# shellcheck shell=bash
# The kernels of a list, one a line. A path may have commas: what is there as it is named is one kernel.
kernel_names() {
    local modules=''
    [[ $1 != *:* ]] || modules=${1#*:}
    if [[ -e ${1%%:*} && (-z $modules || -e $modules) ]]; then echo "$1"; else tr ',' '\n' <<<"$1"; fi
}

is_version() { [[ $1 =~ ^[5-9](\.[0-9]+){0,2}$ && ! -d $1 ]]; }

# The same from another folder: versions, and names of nothing, as they are.
absolute_kernel() {
    local image=${1%%:*} modules=''
    [[ $1 != *:* ]] || modules=${1#*:}
    if is_version "$1" || [[ ! -e $image ]]; then echo "$1"; else echo "$(realpath "$image")${modules:+:$(realpath -m "$modules")}"; fi
}
