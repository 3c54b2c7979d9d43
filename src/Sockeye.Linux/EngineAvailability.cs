using System.Runtime.InteropServices;

namespace Sockeye.Linux;

/// <summary>The engines that the system offers.</summary>
/// <param name="NotLinux">A clause with the name of the system if it is not Linux; otherwise null.</param>
/// <param name="GetIoUring">A function that returns whether io_uring is usable. Called only if the result matters, because the
/// self-test takes time.</param>
internal sealed record EngineAvailability(string? NotLinux, Func<IoUringSupport> GetIoUring)
{
    public static EngineAvailability Current { get; } = new(
        OperatingSystem.IsLinux() ? null : $"this is not Linux ({RuntimeInformation.OSDescription.Trim()})",
        static () => IoUringProbe.Result);
}
