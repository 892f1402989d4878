/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sandbox: from a copy of the daemon to a process that can compute, and read and
 * write what it has open.
 *
 * In: the process. Out: which walls stand. Each is raised by itself and may fail;
 * they are in an order in which none takes away what the next one needs.
 *
 * The filter of calls is a program of the kernel's classic BPF: the architecture
 * has to be this one, then the number is looked for among those that the C library
 * needs for memory, time, chance and an orderly end. Memory that can be executed cannot be
 * had, nor a mapping of a file; a signal can be sent to this process alone, which
 * is how abort() ends it.
 */
#include "inspect/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/cleanup.h"

#define NOBODY 65534
#define NO_FILES "/proc/self/fdinfo"	/* numbers of descriptors, no more */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define OTHER_ABI 0x40000000u	/* x32: numbers from here on */
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

static const char *const names[] = {
	[FW_SANDBOX_MEMORY] = "memory",
	[FW_SANDBOX_NETWORK] = "network",
	[FW_SANDBOX_FILES] = "files",
	[FW_SANDBOX_USER] = "user",
	[FW_SANDBOX_CAPABILITIES] = "capabilities",
	[FW_SANDBOX_CALLS] = "calls",
};
_Static_assert(FW_ARRAY_SIZE(names) == FW_SANDBOX_WALLS_, "names");

const char *fw_sandbox_wall_name(enum fw_sandbox_wall wall)
{
	return names[wall];
}

/* --- descriptors, limits -------------------------------------------------- */
static void close_all_but(int keep)
{
	if (keep != 0 && dup2(keep, 0) < 0)
		_exit(1);
	if (close_range(1, ~0u, 0))
		_exit(1);
}

static void limit(void)
{
	static const __rlimit_resource_t none[] = { RLIMIT_CORE, RLIMIT_FSIZE,
						    RLIMIT_NPROC };
	const struct rlimit zero = { 0, 0 };

	for (size_t i = 0; i < FW_ARRAY_SIZE(none); i++)
		(void)setrlimit(none[i], &zero);
}

/* --- walls ---------------------------------------------------------------- */
static bool leave_network(void)
{
	return unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) == 0;
}

static bool leave_files(void)
{
	return unshare(CLONE_NEWNS) == 0 && chroot(NO_FILES) == 0 &&
	       chdir("/") == 0;
}

static bool become_nobody(void)
{
	return setgroups(0, NULL) == 0 &&
	       setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	       setresuid(NOBODY, NOBODY, NOBODY) == 0;
}

/* What no later program can have. A capability that the kernel does not know ends
 * the list. */
static bool lower_bounds(void)
{
	bool all = true;

	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0;
	     cap++)
		all = prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0 && all;
	return all;
}

static bool drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &head, none) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

#define LOAD(member) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define END(action) BPF_STMT(BPF_RET | BPF_K, action)
#define ALLOW(call) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), \
		END(SECCOMP_RET_ALLOW)
#define FORBID_UNLESS(test, value) \
	BPF_JUMP(BPF_JMP | (test) | BPF_K, value, 1, 0), \
		END(SECCOMP_RET_KILL_PROCESS)
#define FORBID_IF(test, value) \
	BPF_JUMP(BPF_JMP | (test) | BPF_K, value, 0, 1), \
		END(SECCOMP_RET_KILL_PROCESS)
/* Allowed where what follows, of n instructions, does not forbid it. */
#define ALLOW_WHERE(call, n) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, (n) + 1)

/* Arguments that are tested are smaller than 32 bits, and the low half comes first
 * on all of these machines. */
static bool filter_calls(void)
{
#ifdef ARCH
	struct sock_filter filter[] = {
		LOAD(arch),
		FORBID_UNLESS(BPF_JEQ, ARCH),
		LOAD(nr),
#ifdef OTHER_ABI
		FORBID_IF(BPF_JGE, OTHER_ABI),
#endif
		ALLOW(read),
		ALLOW(write),
		ALLOW(clock_gettime),
		ALLOW(getrandom),
		ALLOW(brk),
		ALLOW(munmap),
		ALLOW(mremap),
		ALLOW(madvise),
		ALLOW(futex),
		ALLOW(restart_syscall),
		ALLOW(exit_group),
		/* abort() */
		ALLOW(getpid),
		ALLOW(gettid),
		ALLOW(rt_sigprocmask),
		ALLOW(rt_sigaction),
		ALLOW(writev),
		ALLOW_WHERE(tgkill, 3),
		LOAD(args[0]),
		FORBID_UNLESS(BPF_JEQ, (uint32_t)getpid()),
		END(SECCOMP_RET_ALLOW),
		ALLOW_WHERE(mprotect, 3),
		LOAD(args[2]),
		FORBID_IF(BPF_JSET, PROT_EXEC),
		END(SECCOMP_RET_ALLOW),
		ALLOW_WHERE(mmap, 6),
		LOAD(args[2]),
		FORBID_IF(BPF_JSET, PROT_EXEC),
		LOAD(args[3]),
		FORBID_UNLESS(BPF_JSET, MAP_ANONYMOUS),
		END(SECCOMP_RET_ALLOW),
		END(SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_fprog program = {
		.len = FW_ARRAY_SIZE(filter),
		.filter = filter,
	};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
#else
	return false;
#endif
}

/* After a change of user, which takes the kernel's promise back. */
static void follow(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

uint32_t fw_sandbox_enter(pid_t parent, int keep)
{
	uint32_t standing = 0;
	bool bounds;

	close_all_but(keep);
	limit();
	standing |= (uint32_t)leave_network() << FW_SANDBOX_NETWORK;
	standing |= (uint32_t)leave_files() << FW_SANDBOX_FILES;
	bounds = lower_bounds();	/* nobody may not */
	standing |= (uint32_t)become_nobody() << FW_SANDBOX_USER;
	standing |= (uint32_t)(drop_capabilities() && bounds)
		    << FW_SANDBOX_CAPABILITIES;
	follow(parent);
	standing |= (uint32_t)filter_calls() << FW_SANDBOX_CALLS;
	return standing;
}
