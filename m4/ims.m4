# IMS_WARNINGS: the project's warning set in WARN_CFLAGS; --enable-werror makes them errors.
AC_DEFUN([IMS_WARNINGS], [
	WARN_CFLAGS="-Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith"
	WARN_CFLAGS="$WARN_CFLAGS -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wcast-qual -Wswitch-enum"
	AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors])],
		[AS_IF([test "x$enableval" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])])
	AC_SUBST([WARN_CFLAGS])
])

# IMS_SANITIZERS: --with-sanitizer=address,undefined (or thread) in SAN_CFLAGS, used to compile and link.
AC_DEFUN([IMS_SANITIZERS], [
	AC_ARG_WITH([sanitizer], [AS_HELP_STRING([--with-sanitizer=LIST], [compiler sanitizers, e.g. address,undefined])],
		[], [with_sanitizer=no])
	AS_IF([test "x$with_sanitizer" != xno], [
		SAN_CFLAGS="-fsanitize=$with_sanitizer -fno-sanitize-recover=all -fno-omit-frame-pointer"
		HARDEN_CFLAGS=""
	], [
		HARDEN_CFLAGS="-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE"
		HARDEN_LDFLAGS="-pie -Wl,-z,relro,-z,now"
	])
	AC_SUBST([SAN_CFLAGS])
	AC_SUBST([HARDEN_CFLAGS])
	AC_SUBST([HARDEN_LDFLAGS])
])

# IMS_FUZZER: --with-fuzzer builds the fuzz targets against libFuzzer (clang) and leaves the other tests out; without
# it they replay their corpora. Call after IMS_SANITIZERS.
AC_DEFUN([IMS_FUZZER], [
	AC_ARG_WITH([fuzzer], [AS_HELP_STRING([--with-fuzzer], [libFuzzer targets (clang only)])], [], [with_fuzzer=no])
	AS_IF([test "x$with_fuzzer" != xno], [
		FUZZ_LDFLAGS="-fsanitize=fuzzer"
		ims_saved_cflags="$CFLAGS"
		CFLAGS="$CFLAGS $SAN_CFLAGS $FUZZ_LDFLAGS"
		AC_MSG_CHECKING([whether $CC has libFuzzer])
		AC_LINK_IFELSE([AC_LANG_SOURCE([[
			#include <stddef.h>
			#include <stdint.h>
			int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);
			int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len) { (void)p; (void)len; return 0; }
		]])], [AC_MSG_RESULT([yes])], [
			AC_MSG_RESULT([no])
			AC_MSG_ERROR([--with-fuzzer needs clang and its compiler-rt (try CC=clang)])
		])
		CFLAGS="$ims_saved_cflags"
		SAN_CFLAGS="$SAN_CFLAGS -fsanitize=fuzzer-no-link"
		AC_DEFINE([HAVE_LIBFUZZER], [1], [libFuzzer brings the main() of the fuzz targets])
	])
	AC_SUBST([FUZZ_LDFLAGS])
	AM_CONDITIONAL([FUZZER], [test "x$with_fuzzer" != xno])
])
