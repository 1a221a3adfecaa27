/* SPDX-License-Identifier: BSD-2-Clause */
/* H.248 text for tests of the parser: a whole message around the part that a test is about. */
#pragma once

#define HEAD "MEGACO/2 [192.0.2.1]:2944\n"
/* A command inside a transaction, inside a reply, and what stands in a Media descriptor. */
#define REQ(cmd) HEAD "Transaction=7{Context=1{" cmd "}}"
#define REP(cmd) HEAD "Reply=7{Context=1{" cmd "}}"
#define MEDIA(x) REQ("Modify=t{Media{" x "}}")
#define LC(x) MEDIA("LocalControl{" x "}")
#define EVENT(x) REQ("Modify=t{Events=1{" x "}}")
#define SIGNAL(x) REQ("Modify=t{Signals{" x "}}")
#define SERVICES(x) REQ("ServiceChange=ROOT{Services{" x "}}")
