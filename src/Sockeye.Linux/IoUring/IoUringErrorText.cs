namespace Sockeye.Linux;

/// <summary>Describes in a sentence what refuses io_uring, and the remedy.</summary>
internal static class IoUringErrorText
{
    private const string SwitchFile = "/proc/sys/kernel/io_uring_disabled";

    /// <summary>The version of the system, such as 6.1.0.</summary>
    public static string KernelVersion => Environment.OSVersion.Version.ToString(3);

    /// <summary>Creates the exception for a refused call.</summary>
    public static EngineException ToException(string call, int error) => new(call, error, Describe(call, error));

    public static string Describe(string call, int error) => Describe(call, error, ReadSwitch());

    /// <param name="call">The name of the call, such as <c>io_uring_setup</c>.</param>
    /// <param name="error">The errno.</param>
    /// <param name="disabled">The value of the sysctl kernel.io_uring_disabled (Linux 6.6), or null if it does not exist.</param>
    public static string Describe(string call, int error, string? disabled) => (call, error, disabled) switch
    {
        ("io_uring_setup", IoUringError.NotPermitted, "2") =>
            "The sysctl kernel.io_uring_disabled is 2: io_uring is switched off for the whole system (0 allows it).",
        ("io_uring_setup", IoUringError.NotPermitted, "1") =>
            "The sysctl kernel.io_uring_disabled is 1: io_uring is for processes with CAP_SYS_ADMIN or in the group of " +
            "kernel.io_uring_group (0 allows it for all).",
        (_, IoUringError.NotPermitted, _) =>
            $"A seccomp filter (container profile) refuses {call} (EPERM): allow io_uring_setup, io_uring_enter and " +
            "io_uring_register in it.",
        (_, IoUringError.AccessDenied, _) => $"A security module (SELinux, AppArmor) refuses {call} (EACCES).",
        ("io_uring_setup", IoUringError.NoSuchCall, _) =>
            $"There is no io_uring_setup (ENOSYS): Linux {KernelVersion} is built without it, or a seccomp filter or sandbox " +
            "hides it.",
        (_, IoUringError.NoSuchCall, _) =>
            $"A seccomp filter or a sandbox hides {call} (ENOSYS), although io_uring_setup exists.",
        (_, IoUringError.NoMemory, _) => $"The kernel has no memory for {call} (ENOMEM) within {LockedMemory.Describe()}.",
        ("io_uring_setup", IoUringError.Invalid, _) =>
            $"io_uring needs Linux 6.1 (IORING_SETUP_DEFER_TASKRUN), and this is {KernelVersion}.",
        (_, IoUringError.OutOfDescriptors, _) =>
            $"No descriptor is left for {call} (EMFILE): raise RLIMIT_NOFILE by 'ulimit -n' or LimitNOFILE=.",
        (_, IoUringError.SystemOutOfDescriptors, _) =>
            $"The system has no descriptor left for {call} (ENFILE): raise the sysctl fs.file-max.",
        ("io_uring_enter", IoUringError.Exists, _) => "A ring was entered by a thread that does not own it (EEXIST).",
        ("io_uring_enter", IoUringError.CompletionDropped, _) =>
            "The kernel ran out of memory and lost completions of a ring (EBADR), whose operations can no longer be matched.",
        _ => $"{call} failed with errno {error} on Linux {KernelVersion}.",
    };

    private static string? ReadSwitch()
    {
        try
        {
            return File.ReadAllText(SwitchFile).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // Linux is older than 6.6, or a sandbox hides the file.
        }
    }
}
