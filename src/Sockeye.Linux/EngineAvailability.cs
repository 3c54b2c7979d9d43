using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>The engines that the system offers.</summary>
/// <param name="NotLinux">The name of the system in a clause, where it is not Linux; otherwise null.</param>
/// <param name="GetIoUring">Whether io_uring is usable. Called only if the answer matters, because finding out takes a
/// while.</param>
internal sealed record EngineAvailability(string? NotLinux, Func<IoUringSupport> GetIoUring)
{
    public static EngineAvailability Current { get; } = new(
        OperatingSystem.IsLinux() ? null : $"this is not Linux ({RuntimeInformation.OSDescription.Trim()})",
        static () => IoUringProbe.Result);
}
