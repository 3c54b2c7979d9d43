using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace Sockeye.Cli;

/// <summary><c>--capture FILE</c> of both commands.</summary>
internal static class CaptureOption
{
    public static Option<string?> Create() => CommonOptions.Text(
        "--capture", "file",
        "Record what connections carry, after TLS is removed, for Wireshark: a new pcapng file, at most 100 MiB. "
            + "Danger: passwords and all else are in it, in clear.");

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

    /// <summary>Ends it, and says what it holds. What went wrong is the answer, as a sentence without a full stop.</summary>
    public static async Task<string?> CloseAsync(WireCapture? capture, ErrorLines errors)
    {
        if (capture is null)
            return null;
        var isWhole = capture.IsRecording;
        await capture.DisposeAsync();
        errors.WriteLine($"captured: {QuantityText.FormatCount(capture.WrittenFrames, "frame")} in {capture}");
        return capture.Error is { } error ? $"--capture {capture}: what came later is not recorded: {error.Message}"
            : capture.DroppedFrames > 0
                ? $"--capture {capture}: {QuantityText.FormatCount(capture.DroppedFrames, "frame")} are missing, because "
                    + "the disk is slow"
            : isWhole ? null
            : $"--capture {capture}: what came later is not recorded: the file has its full size";
    }
}
