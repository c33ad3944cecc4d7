"""What a process may still do once it runs what somebody else wrote: asked of the Linux kernel directly, no package.

Landlock closes files, seccomp closes system calls, rlimits bound the rest. A process closes its doors itself and cannot
reopen them; what it had opened before stays open."""
