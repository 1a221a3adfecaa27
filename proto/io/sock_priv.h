/* SPDX-License-Identifier: BSD-2-Clause */
/* What sock.c, sock_alive.c and sock_sctp.c share. */
#pragma once

/* Closes fd (if any) and returns the code of the errno that made the caller give up. */
int sock_fail(int fd);
/* setsockopt(2) of an int. */
int sock_set_int(int fd, int level, int name, int value);
