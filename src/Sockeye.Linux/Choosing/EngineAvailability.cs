using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>What the system offers to engines.</summary>
/// <param name="NotLinux">Says which system it is, where it is not Linux; otherwise null.</param>
/// <param name="IoUring">Whether io_uring is of use. Asked only if the answer matters, since finding out takes a while.</param>
internal sealed record EngineAvailability(string? NotLinux, Func<IoUringSupport> IoUring)
{
    public static EngineAvailability Current { get; } = new(
        OperatingSystem.IsLinux() ? null : $"this is not Linux ({RuntimeInformation.OSDescription.Trim()})",
        static () => IoUringProbe.Result);
}
