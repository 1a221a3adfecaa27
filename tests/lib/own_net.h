/* SPDX-License-Identifier: BSD-2-Clause */
/* A network of this process alone: its ports, the kernel's ephemeral range, and the SYN gate of a gateway under test meet
 * no other program's. Tests must be right without it, too: for an ordinary user there is none. */
#pragma once

/* Puts the process, before it has threads, into a new network namespace with lo up, when it may; else nothing changes. */
void own_net_try(void);
