// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/option_internal.h"
#include "core/need/need.h"

/* "[DDDD:]BB:DD.F" as sysfs writes it. False when it is none. */
static bool pci_address(const char *text, char *address, size_t size)
{
	unsigned domain = 0, bus, device, function;
	int colons = 0, n = 0;

	for (const char *c = text; *c; c++) {
		if (!isxdigit((unsigned char)*c) && *c != ':' && *c != '.')
			return false;
		colons += *c == ':';
	}
	if (colons == 2)
		sscanf(text, "%4x:%2x:%2x.%1x%n", &domain, &bus, &device, &function, &n);
	else
		sscanf(text, "%2x:%2x.%1x%n", &bus, &device, &function, &n);
	if (!n || text[n] || device > 0x1f || function > 7)
		return false;
	snprintf(address, size, "%04x:%02x:%02x.%x", domain, bus, device, function);
	return true;
}

/* Adds an entry of a device to a list with commas. */
static void add(char *list, size_t size, const char *option, const char *address, const char *entry)
{
	size_t n = strlen(list);

	if (strstr(list, address))
		exit(cli_fail(EXIT_USAGE, "%s: %s is named twice", option, address));
	if ((size_t)snprintf(list + n, size - n, "%s%s", n ? "," : "", entry) >= size - n)
		exit(cli_fail(EXIT_USAGE, "%s: too many devices", option));
}

void option_vfio(const char *text)
{
	char list[sizeof(host_options.vfio)], address[16];
	char *rest = list, *word, *to = host_options.vfio;

	if (strlen(text) >= sizeof(list))
		exit(cli_fail(EXIT_USAGE, "--vfio: too many devices"));
	strcpy(list, text);
	*to = '\0';
	while ((word = strsep(&rest, ","))) {
		if (!pci_address(word, address, sizeof(address)))
			exit(cli_fail(EXIT_USAGE,
				      "--vfio: expected a PCI address like "
				      "0000:03:00.0, got '%s'",
				      word));
		add(to, sizeof(host_options.vfio), "--vfio", address, address);
	}
}

/* "ADDRESS/NSID,..." as --vfio writes addresses. */
void option_nvme_scratch(const char *text)
{
	char list[sizeof(host_options.nvme_scratch)], address[16], entry[40];
	char *rest = list, *word, *to = host_options.nvme_scratch;

	if (strlen(text) >= sizeof(list))
		exit(cli_fail(EXIT_USAGE, "--nvme-scratch: too many devices"));
	strcpy(list, text);
	*to = '\0';
	while ((word = strsep(&rest, ","))) {
		char *slash = strchr(word, '/'), *end = NULL;
		unsigned long nsid = slash ? strtoul(slash + 1, &end, 10) : 0;

		if (slash)
			*slash = '\0';
		if (!slash || !isdigit((unsigned char)slash[1]) || *end || !nsid ||
		    nsid > 1u << 30 || !pci_address(word, address, sizeof(address)))
			exit(cli_fail(EXIT_USAGE,
				      "--nvme-scratch: expected a PCI address and the number of a "
				      "namespace like 0000:03:00.0/1, got '%s'",
				      text));
		snprintf(entry, sizeof(entry), "%s/%lu", address, nsid);
		add(to, sizeof(host_options.nvme_scratch), "--nvme-scratch", address, entry);
	}
}

/* What may be overwritten must also be what may be used. */
void option_check_nvme_scratch(void)
{
	char list[sizeof(host_options.nvme_scratch)], *rest = list, *word;

	snprintf(list, sizeof(list), "%s", host_options.nvme_scratch);
	while (*list && (word = strsep(&rest, ","))) {
		*strchr(word, '/') = '\0';
		if (!strstr(host_options.vfio, word))
			exit(cli_fail(EXIT_USAGE, "--nvme-scratch: %s is not named by --vfio",
				      word));
	}
}

void option_rdma_peer(const char *text)
{
	if (!*text || strlen(text) >= sizeof(host_options.rdma_peer))
		exit(cli_fail(EXIT_USAGE, "--rdma-peer: expected an address, got '%s'", text));
	strcpy(host_options.rdma_peer, text);
}

void option_rdma(const char *text)
{
	if (!*text || strlen(text) >= sizeof(host_options.rdma))
		exit(cli_fail(EXIT_USAGE, "--rdma: expected the name of a device, got '%s'", text));
	strcpy(host_options.rdma, text);
}
