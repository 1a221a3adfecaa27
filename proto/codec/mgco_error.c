/* SPDX-License-Identifier: BSD-2-Clause */
#include "proto/codec/mgco.h"

static const struct {
	uint32_t code;
	const char *text;
} codes[] = {
#define MGCO_CODE(code, text) { (code), (text) },
#include "proto/codec/mgco_code.def"
#undef MGCO_CODE
};

const char *
mgco_error_text(uint32_t code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].text;
	return "Error";
}
