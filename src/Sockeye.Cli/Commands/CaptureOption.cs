using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace Sockeye.Cli;

/// <summary><c>--capture FILE</c> of both commands.</summary>
internal static class CaptureOption
{
    public static Option<string?> Create() => new("--capture")
    {
        Description = "Record what connections carry, after TLS is removed, for Wireshark: a new pcapng file, at most 100 MiB. "
            + "Danger: passwords and all else are in it, in clear.",
        HelpName = "file",
    };

    /// <summary>Null where none was asked for.</summary>
    public static WireCapture? Open(string? file, ErrorLines errors)
    {
        try
        {
            // Its warnings are for those who did not ask for it on this very command line.
            return file is null ? null : new(file, new() { LoggerFactory = new ErrorLog(errors, LogLevel.Error) });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException(ExitCodes.Failed, $"--capture {file}: {e.Message}", e);
        }
    }

    /// <summary>Ends it, and tells what it holds.</summary>
    public static async Task CloseAsync(WireCapture? capture, ErrorLines errors)
    {
        if (capture is null)
            return;
        await capture.DisposeAsync();
        var lost = capture.DroppedFrames == 0 ? "" : $", {capture.DroppedFrames:N0} dropped since the disk is slow";
        errors.WriteLine(FormattableString.Invariant($"captured: {capture.WrittenFrames:N0} frames in {capture}{lost}"));
    }
}
