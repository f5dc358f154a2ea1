"""Two locks that a process puts on itself and cannot take off again: Landlock and seccomp, by the kernel's own calls.

    Landlock (Linux 5.13)   of files it opens only those that are allowed, for reading, or writing too; no TCP (6.7);
                            no signals and no abstract sockets to processes beyond it (6.12)
    seccomp                 system calls named below end with EPERM: no other program, no socket, no look into another
                            process, no mount, no namespace, nothing of the kernel that a parser has no business with

Both hold for all threads that are begun afterwards, and for children. What is missing on a machine is left out, and
said (`confine` tells what holds). Nothing here needs root, or a library: a filter is 8 bytes an instruction
(linux/filter.h), and its numbers of calls differ by processor, so that only processors in `_CALLS` have one.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILES, CALLS = "Landlock", "seccomp"

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2  # linux/prctl.h, linux/seccomp.h

# linux/landlock.h. These three numbers are the same on all processors.
_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_VERSION, _BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE, _MAKE_DIR, _MAKE_REG = 0b11 << 4, 1 << 7, 1 << 8
_REFER, _TRUNCATE, _DEVICE = 1 << 13, 1 << 14, 1 << 15
_READ = _READ_FILE | _READ_DIR
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE
_WRITE = _READ | _WRITE_FILE | _TRUNCATE | _REMOVE | _MAKE_DIR | _MAKE_REG | _REFER
_BY_VERSION = ((1, (1 << 13) - 1), (2, _REFER), (3, _TRUNCATE), (5, _DEVICE))
_TCP, _SCOPES = 0b11, 0b11  # bind and connect, since 4; abstract sockets and signals, since 6

# asm/unistd.h, by `platform.machine`: the number that the kernel calls the processor, and of each call that is refused.
_CALLS: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (0xC000003E, {
        "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "bind": 49, "listen": 50, "socketpair": 53,
        "accept4": 288,
        "fork": 57, "vfork": 58, "execve": 59, "execveat": 322,
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "tkill": 200,
        "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297, "setpgid": 109, "setsid": 112,
        "setuid": 105, "setgid": 106, "setreuid": 113, "setregid": 114, "setgroups": 116, "setresuid": 117,
        "setresgid": 119, "setfsuid": 122, "setfsgid": 123, "capset": 126, "personality": 135,
        "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308,
        "open_by_handle_at": 304, "fanotify_init": 300, "acct": 163, "swapon": 167, "quotactl": 179,
        "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "lchown": 94, "fchownat": 260, "fchmodat": 268,
        "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197, "lremovexattr": 198,
        "fremovexattr": 199, "utime": 132, "utimes": 235, "futimesat": 261, "utimensat": 280,
        "mknod": 133, "mknodat": 259, "link": 86, "linkat": 265, "symlink": 88, "symlinkat": 266,
        "syslog": 103, "reboot": 169, "sethostname": 170, "setdomainname": 171, "settimeofday": 164,
        "clock_settime": 227,
        "adjtimex": 159, "clock_adjtime": 305, "iopl": 172, "ioperm": 173, "init_module": 175, "finit_module": 313,
        "delete_module": 176, "kexec_load": 246, "kexec_file_load": 320, "add_key": 248, "request_key": 249,
        "keyctl": 250, "perf_event_open": 298, "bpf": 321, "userfaultfd": 323, "io_setup": 206, "ioprio_set": 251,
    }),
    "aarch64": (0xC00000B7, {
        "socket": 198, "connect": 203, "accept": 202, "sendto": 206, "bind": 200, "listen": 201, "socketpair": 199,
        "accept4": 242,
        "execve": 221, "execveat": 281,
        "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "tkill": 130,
        "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240, "setpgid": 154, "setsid": 157,
        "setuid": 146, "setgid": 144, "setreuid": 145, "setregid": 143, "setgroups": 159, "setresuid": 147,
        "setresgid": 149, "setfsuid": 151, "setfsgid": 152, "capset": 91, "personality": 92,
        "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268,
        "open_by_handle_at": 265, "fanotify_init": 262, "acct": 89, "swapon": 224, "quotactl": 60,
        "fchmod": 52, "fchmodat": 53, "fchownat": 54, "fchown": 55,
        "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "removexattr": 14, "lremovexattr": 15, "fremovexattr": 16,
        "utimensat": 88, "mknodat": 33, "linkat": 37, "symlinkat": 36,
        "syslog": 116, "reboot": 142, "sethostname": 161, "setdomainname": 162, "settimeofday": 170,
        "clock_settime": 112, "adjtimex": 171, "clock_adjtime": 266, "init_module": 105, "finit_module": 273,
        "delete_module": 106, "kexec_load": 104, "kexec_file_load": 294, "add_key": 217, "request_key": 218,
        "keyctl": 219, "perf_event_open": 241, "bpf": 280, "userfaultfd": 282, "io_setup": 0, "ioprio_set": 30,
    }),
}  # fmt: skip
_SAME = {"pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
         "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
         "pidfd_open": 434, "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "fchmodat2": 452,
         "setxattrat": 463, "removexattrat": 466}  # fmt: skip
"""numbers since Linux 5.1, which are the same on all"""
_NETWORK = ("socket", "connect", "accept", "accept4", "sendto", "bind", "listen", "socketpair")
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_SIGNALS = {"x86_64": (62, 234), "aarch64": (129, 131)}  # kill and tgkill
_THREAD = 0x10000  # CLONE_THREAD
_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_X32 = 0x40000000  # calls of the other table of x86-64
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38


def confine(readable: Iterable[Path], writable: Iterable[Path], *, network: bool = False) -> list[str]:
    """Lock this process; which of `FILES` and `CALLS` hold from now on.

    What lies below the folders of `readable` can be read, and what lies below those of `writable` written and removed,
    too; all else cannot be opened, though it stays open where it is. With `network`, sockets are left.
    """
    if sys.platform != "linux":
        return []
    libc = ctypes.CDLL(None, use_errno=True)
    # Without it neither lock is for the unprivileged: a program with the s-bit would run locked, and with its rights.
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return []
    held = []
    if _lock_files(libc, readable, writable, network=network):
        held.append(FILES)
    if _lock_calls(libc, network=network):
        held.append(CALLS)
    return held


def _lock_files(libc: ctypes.CDLL, readable: Iterable[Path], writable: Iterable[Path], *, network: bool) -> bool:
    version = libc.syscall(_CREATE, None, 0, _VERSION)
    if version < 1:
        return False
    handled = sum(rights for since, rights in _BY_VERSION if version >= since)
    asked = [handled]
    if version >= 4:
        asked.append(0 if network else _TCP)
    if version >= 6:
        asked.append(_SCOPES)
    attributes = struct.pack(f"={len(asked)}Q", *asked)
    rules = libc.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return False
    try:
        for paths, rights in ((readable, _READ), (writable, _WRITE)):
            for path in paths:
                _allow(libc, rules, path, rights & handled)
        return bool(libc.syscall(_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no right
    try:
        # Of a file, rights that only folders have are refused.
        rule = struct.pack("=Qi", rights if path.is_dir() else rights & _OF_A_FILE, folder)
        libc.syscall(_ADD_RULE, rules, _BENEATH, rule, 0)
    finally:
        os.close(folder)


def _lock_calls(libc: ctypes.CDLL, *, network: bool) -> bool:
    code = program(platform.machine(), os.getpid(), network=network)
    if not code or struct.calcsize("P") != 8:
        return False
    held = ctypes.create_string_buffer(code, len(code))
    # struct sock_fprog: how many instructions, and where they are.
    asked = struct.pack("=H6xQ", len(code) // 8, ctypes.addressof(held))
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, asked, 0, 0) == 0)


def program(machine: str, own: int, *, network: bool = False) -> bytes:
    """The filter for a processor and the process `own`, as the kernel takes it; empty where its numbers are not known.

    Calls of another processor's table end the process: who makes them means to get around this one. Threads can be
    begun, processes cannot, so that whoever ends this one has ended all of it; clone3, whose arguments no filter can
    see, is answered as unknown, and the C library falls back to clone. Signals go to the process itself only.
    """
    if machine not in _CALLS:
        return b""
    processor, calls = _CALLS[machine]
    refused = {number for name, number in (calls | _SAME).items() if not (network and name in _NETWORK)}
    no = _return(_REFUSE | _EPERM)
    # struct seccomp_data: the number of the call, the processor, its place, six arguments of eight bytes.
    steps = [_load(4), _step(_EQUAL, processor, if_true=1), _return(_KILL), _load(0)]
    if machine == "x86_64":
        steps += _when(_AT_LEAST, _X32, _return(_KILL))
    steps += _when(_EQUAL, _CLONE3, _return(_REFUSE | _ENOSYS))
    begin = [_load(16), *_when(_ANY, _NAMESPACES, no), *_when(_ANY, _THREAD, _return(_ALLOW)), no]
    steps += _when(_EQUAL, _CLONE[machine], *begin)
    for number in _SIGNALS[machine]:
        steps += _when(_EQUAL, number, _load(16), *_when(_EQUAL, own, _return(_ALLOW)), no)
    for number in sorted(refused):
        steps += _when(_EQUAL, number, no)
    return b"".join([*steps, _return(_ALLOW)])


# linux/bpf_common.h: load a word, compare the word that was loaded and jump, return.
_LOAD, _EQUAL, _AT_LEAST, _ANY, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06


def _step(code: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _load(place: int) -> bytes:
    return _step(_LOAD, place)


def _return(value: int) -> bytes:
    return _step(_RETURN, value)


def _when(comparison: int, value: int, *then: bytes) -> list[bytes]:
    """What is done where it holds, and jumped over where not."""
    return [_step(comparison, value, if_false=len(then)), *then]
